package screen

import (
	"strings"
	"unicode"
)

// width is how many columns a text takes: two for the letters of East Asia, none for accents that sit on the letter before them.
// Terminals differ about the rest of Unicode, and so do the libraries that guess.
func width(text string) int {
	n := 0
	for _, r := range text {
		n += columns(r)
	}
	return n
}

func columns(r rune) int {
	switch {
	case r < unicode.MaxLatin1:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
		return 2
	}
	return 1
}

// Cut makes a text fit so many columns; one that had to be cut ends with an ellipsis.
func Cut(text string, limit int) string {
	if width(text) <= limit {
		return text
	}
	taken := 0
	for i, r := range text {
		if taken+columns(r) > limit-1 {
			return text[:i] + "…"
		}
		taken += columns(r)
	}
	return text
}

// Wrap breaks a text between words into lines of at most so many columns. A word that is longer has a line of its own.
func Wrap(text string, limit int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= limit:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
