package producer

// The file is read before anything can be seen of it outside, so its reading is tested from within.

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// FuzzReadSelection reads arbitrary files of ids and values: no line is blank, a comment, or made of more than one, nothing is kept that
// is not in the file, and an id is spelled as ThreatQ would.
func FuzzReadSelection(f *testing.F) {
	for _, seed := range []string{
		"", "\n\n", "# a comment\n4711\n  evil.example  \r\n", byteOrderMark + "4711\n", byteOrderMark + byteOrderMark + "x", "0x1f\n-1\n+2\n007\n",
		"9223372036854775808\n9223372036854775807", "a\x00b\xff\n", " #x\n\t#\n#", strings.Repeat("x", 70_000), "\r\r\n",
	} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "selection.txt")
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		lines, err := readSelection(path)
		if err != nil {
			if len(lines) > 0 || !strings.HasPrefix(err.Error(), "reading THREATQ_SELECTION_FILE: ") || len(err.Error()) > 200 {
				t.Errorf("readSelection(%q) = %q, %v", content, lines, err)
			}
			return
		}
		total := 0
		for _, line := range lines {
			total += len(line) + 1
			if line == "" || strings.TrimSpace(line) != line || strings.HasPrefix(line, "#") || strings.Contains(line, "\n") || !strings.Contains(content, line) {
				t.Errorf("readSelection(%q) has the line %q", content, line)
			}
			if id, ok := idOf(line); ok && (id < 1 || strconv.FormatInt(id, 10) != line) {
				t.Errorf("idOf(%q) = %d", line, id)
			}
		}
		if total > len(content)+1 {
			t.Errorf("readSelection(%q) keeps %d bytes: %q", content, total, lines)
		}
	})
}
