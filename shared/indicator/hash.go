package indicator

import (
	"fmt"
	"strings"
)

// hexDigits tells how long a hash of one of the three types is.
func hexDigits(typ string) int {
	switch typ {
	case TypeMD5:
		return 32
	case TypeSHA1:
		return 40
	}
	return 64 // TypeSHA256.
}

// parseHash checks length and digits before a request is spent: VirusTotal answers 404 to anything, as it does to a file
// it has never seen (seen by users with the value "None").
func parseHash(typ, v string) (string, error) {
	want := hexDigits(typ)
	switch {
	case !isHex(v):
		return "", refuse(BadHash, fmt.Sprintf("not hexadecimal: want %d hex digits for %s", want, typ))
	case len(v) != want:
		return "", refuse(BadHash, fmt.Sprintf("%d hex digits: want %d for %s", len(v), want, typ))
	}
	return strings.ToLower(v), nil
}

func isHex(v string) bool { return strings.Trim(v, "0123456789abcdefABCDEF") == "" }
