package place_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/credentials/place"
)

// fill writes files into a new directory, each with a body.
func fill(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// held are the files of a directory; a directory in it has no body.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		body, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil && !entry.IsDir() {
			t.Fatal(err)
		}
		files[entry.Name()] = string(body)
	}
	return files
}

func TestIn(t *testing.T) {
	type files = map[string]string
	cases := map[string]struct {
		dir, from          files
		wantDir, wantAside files
		success            bool
	}{
		"into nothing": {
			files{}, files{"a": "1", "b": "2", "c": "3"}, files{"a": "1", "b": "2", "c": "3"}, files{}, true,
		},
		"beside others": {
			files{"x": "0"}, files{"a": "1", "b": "2", "c": "3"}, files{"a": "1", "b": "2", "c": "3", "x": "0"}, files{}, true,
		},
		"over some": {
			files{"b": "old"}, files{"a": "1", "b": "2", "c": "3"}, files{"a": "1", "b": "2", "c": "3"}, files{"b": "old"}, true,
		},
		"the last fails": {
			files{"a": "old", "c": "old", "x": "0"}, files{"a": "1", "b": "2"}, files{"a": "old", "c": "old", "x": "0"}, files{}, false,
		},
		"the first fails": {files{"a": "old"}, files{"b": "2", "c": "3"}, files{"a": "old"}, files{}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, from, aside := fill(t, c.dir), fill(t, c.from), t.TempDir()
			err := place.In(dir, []string{"a", "b", "c"}, from, aside)
			if (err == nil) != c.success || errors.Is(err, place.ErrBroken) {
				t.Errorf("In = %v, want success %t", err, c.success)
			}
			if diff := cmp.Diff([]files{c.wantDir, c.wantAside}, []files{held(t, dir), held(t, aside)}); diff != "" {
				t.Errorf("the directory, and what was put aside (-want +got):\n%s", diff)
			}
			if !c.success && !cmp.Equal(c.from, held(t, from)) {
				t.Errorf("the new files are %v, want them back where they were", held(t, from))
			}
		})
	}
}
