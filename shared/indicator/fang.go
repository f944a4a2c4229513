package indicator

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// refang undoes the marks with which people make links harmless: [.] (.) {.} [dot] [:] [://] and the like, once, from
// left to right. The scheme is the business of cutScheme.
func refang(s string) string {
	if !strings.ContainsAny(s, "[({") {
		return s
	}
	var b strings.Builder
	for s != "" {
		plain, n := mark(s)
		if n == 0 {
			plain, n = s[:1], 1
		}
		b.WriteString(plain)
		s = s[n:]
	}
	return b.String()
}

// refangTail undoes what [Defang] and tools like it do to the rest of a URL, whose query may hold URLs as well.
func refangTail(s string) string {
	return strings.NewReplacer("hxxp://", "http://", "hxxps://", "https://").Replace(refang(s))
}

// mark reads a mark at the start of s: what it stands for and how long it is, 0 when there is none.
func mark(s string) (plain string, n int) {
	if s == "" {
		return "", 0
	}
	open := strings.IndexByte("[({", s[0])
	if open < 0 {
		return "", 0
	}
	end := strings.IndexByte(s[:min(len(s), len("[://]"))], "])}"[open])
	if end < 0 {
		return "", 0
	}
	switch inner := strings.ToLower(s[1:end]); inner {
	case ".", "dot":
		return ".", end + 1
	case ":", "://":
		return inner, end + 1
	}
	return "", 0
}

// Defang spells a value for logs and tables so that no terminal, chat or mail program makes a link of it:
// hxxps://evil[.]example. Every dot is marked, in paths too, since programs also link bare names that they find there.
// What would not print, control characters and invisible ones, is written as an escape. The result is printable UTF-8, at
// most four times as long as the value, and stays itself when defanged again. [Parse] reads it back, unless the value had
// marks or escapes of its own.
func Defang(value string) string { return defangDots(defangSchemes(escape(value))) }

// escape writes what does not print as Go would in a string; a backslash stays, for Defang's sake of staying itself.
func escape(s string) string {
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1, r < utf8.RuneSelf && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

// defangSchemes writes http:// as hxxp://, and :// after any other word as [://], wherever they stand: links hide in the
// queries of links.
func defangSchemes(s string) string {
	const sep = "://"
	var b strings.Builder
	for {
		i := strings.Index(s, sep)
		if i < 0 {
			return b.String() + s
		}
		word, after := s[:i], s[i+len(sep):]
		lower := strings.ToLower(word)
		switch {
		case strings.HasSuffix(lower, "http"):
			b.WriteString(word[:i-4] + "hxxp" + sep)
		case strings.HasSuffix(lower, "https"):
			b.WriteString(word[:i-5] + "hxxps" + sep)
		case strings.HasSuffix(lower, "hxxp"), strings.HasSuffix(lower, "hxxps"),
			strings.HasSuffix(word, "[") && strings.HasPrefix(after, "]"):
			b.WriteString(word + sep)
		default:
			b.WriteString(word + "[" + sep + "]")
		}
		s = after
	}
}

// defangDots marks every dot that is not marked yet, the three that IDNA reads as dots included.
func defangDots(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch r {
		case '.', '。', '．', '｡':
			rest := s[i+utf8.RuneLen(r):]
			if r == '.' && strings.HasSuffix(s[:i], "[") && strings.HasPrefix(rest, "]") {
				b.WriteRune(r)
			} else {
				b.WriteString("[.]")
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
