package indicator

import "strings"

// cutScheme takes the scheme off a URL: "" when it has none. Since ThreatQ strips schemes, example.com:8080/x is a host
// with a port, so only a word with :// after it counts as a scheme.
func cutScheme(v string) (scheme, rest string, defanged bool, detail string) {
	word, after := schemeWord(v)
	rest, defanged, ok := cutSeparator(after)
	if !ok {
		if isWebScheme(word) && strings.HasPrefix(after, ":") {
			return "", "", false, "a scheme without slashes: want http:// or https:// before the host"
		}
		return "", strings.TrimPrefix(v, "//"), false, ""
	}
	if !isWebScheme(word) {
		return "", "", false, "a scheme that is not looked up: want http or https"
	}
	plain := strings.Replace(word, "hxxp", "http", 1)
	return plain, rest, defanged || plain != word, ""
}

// schemeWord splits off what may be a scheme by RFC 3986, in lower case.
func schemeWord(v string) (word, after string) {
	n := 0
	for n < len(v) && isSchemeByte(v[n]) {
		n++
	}
	return strings.ToLower(v[:n]), v[n:]
}

func isSchemeByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '+' || c == '-' || c == '.'
}

func isWebScheme(word string) bool {
	switch word {
	case "http", "https", "hxxp", "hxxps":
		return true
	}
	return false
}

// cutSeparator takes "://" off, also defanged as "[://]" or "[:]//".
func cutSeparator(s string) (rest string, defanged, ok bool) {
	if rest, ok := strings.CutPrefix(s, "://"); ok {
		return rest, false, true
	}
	switch plain, n := mark(s); plain {
	case "://":
		return s[n:], true, true
	case ":":
		rest, ok := strings.CutPrefix(s[n:], "//")
		return rest, true, ok
	}
	return "", false, false
}
