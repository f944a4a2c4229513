package verdict

import (
	"encoding/hex"
	"strings"
)

// A HashType is one of the three types of hash that name a file, as providers spell it.
type HashType string

// The three types.
const (
	MD5    HashType = "md5"
	SHA1   HashType = "sha1"
	SHA256 HashType = "sha256"
)

// HashTypeOf tells the type of a hash by its length; empty for what is not the lower-case hex of one.
func HashTypeOf(text string) HashType {
	if _, err := hex.DecodeString(text); err != nil || text != strings.ToLower(text) {
		return ""
	}
	switch hex.DecodedLen(len(text)) {
	case 16:
		return MD5
	case 20:
		return SHA1
	case 32:
		return SHA256
	}
	return ""
}

// Hash is a hash of this type in lower case; empty for anything else, as for the placeholders in a provider's examples.
func Hash(text string, typ HashType) string {
	if lower := strings.ToLower(text); typ != "" && HashTypeOf(lower) == typ {
		return lower
	}
	return ""
}
