package cli

// What comes in is read before a command can show it, so its reading is tested from within.

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"vtq.internal/shared/indicator"
)

// FuzzLinesOf reads arbitrary standard input: no value is blank, a comment, or made of more than one line, there is at most one more than
// may be asked for, and an error does not repeat what was read.
func FuzzLinesOf(f *testing.F) {
	for _, seed := range []string{
		"", "evil.example\n", byteOrderMark + "8.8.8.8\r\n#\n# x\n\n", "a\x00b\xff", strings.Repeat("x\n", maxValues+1), strings.Repeat("#\n", maxValues+2),
		strings.Repeat("x", indicator.MaxValueBytes), strings.Repeat("x", indicator.MaxValueBytes+3), "\r\r\n", " \u2028 ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		lines, err := linesOf(strings.NewReader(input))
		if err != nil {
			if lines != nil || len(err.Error()) > 100 || len(input) > 100 && strings.Contains(err.Error(), input[:100]) {
				t.Errorf("linesOf(%q) = %q, %v", input, lines, err)
			}
			return
		}
		if len(lines) > maxValues+1 {
			t.Errorf("linesOf gives %d values", len(lines))
		}
		for _, line := range lines {
			if line == "" || strings.TrimSpace(line) != line || strings.HasPrefix(line, "#") || strings.Contains(line, "\n") || len(line) > indicator.MaxValueBytes+2 {
				t.Errorf("linesOf(%q) has the line %q", input, line)
			}
		}
		values, err := valuesOf(nil, strings.NewReader(input))
		if (err == nil) != (len(lines) > 0 && len(lines) <= maxValues) || err == nil && !reflect.DeepEqual(values, lines) {
			t.Errorf("valuesOf(%q) = %q, %v", input, values, err)
		}
	})
}

// FuzzEscaped shows arbitrary JSON of a dead letter: it means what it meant, and nothing in it moves a terminal.
func FuzzEscaped(f *testing.F) {
	for _, seed := range []string{
		`{}`, `"\u001b"`, "\"\u202e\u200b\U0001f600\U000e0001\"", "[1,\r\n\t\"\x7f\"]", `"\ud800"`, "\"\xff\"", "\"\ufffd\"", ` {"a":1e400} `, "\"\u0085\u2028\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want, got any
		if json.Unmarshal(body, &want) != nil {
			return
		}
		shown := escaped(body)
		if err := json.Unmarshal(shown, &got); err != nil || !reflect.DeepEqual(want, got) {
			t.Errorf("escaped(%q) = %q, %v", body, shown, err)
		}
		odd := func(r rune) bool { return r != '\n' && r != '\r' && r != '\t' && !unicode.IsPrint(r) }
		if strings.ContainsFunc(string(shown), odd) || len(shown) > 6*len(body) {
			t.Errorf("escaped(%q) = %q, of %d bytes", body, shown, len(shown))
		}
	})
}
