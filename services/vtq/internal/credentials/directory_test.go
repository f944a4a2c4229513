package credentials_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/credentials"
	"vtq.internal/shared/grant"
)

// listing is everything below a directory, with its rights and what is in it.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var body []byte
		if info.Mode().IsRegular() {
			body, err = os.ReadFile(path)
		}
		all[path] = info.Mode().String() + " " + string(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestWriteLeavesNoHalf has something in the way of one file, and leaves the directory as it was.
func TestWriteLeavesNoHalf(t *testing.T) {
	cases := map[string]struct {
		obstruct func(file string) error
		force    bool
		want     string
	}{
		"a directory":           {func(file string) error { return os.MkdirAll(filepath.Join(file, "in", "the", "way"), 0o700) }, true, "no ordinary file"},
		"a directory, unforced": {func(file string) error { return os.Mkdir(file, 0o700) }, false, "not all: "},
		"a link":                {func(file string) error { return os.Symlink("elsewhere", file) }, true, "no ordinary file"},
		"a link, unforced":      {func(file string) error { return os.Symlink("elsewhere", file) }, false, "not all: "},
		"a file, unforced":      {func(file string) error { return os.WriteFile(file, []byte("mine"), 0o600) }, false, "not all: "},
	}
	for name, c := range cases {
		for _, file := range []string{"ca.pem", "writer.nk", grant.KeysFile} {
			t.Run(name+" at "+file, func(t *testing.T) {
				dir := t.TempDir()
				if err := errors.Join(os.WriteFile(filepath.Join(dir, "nats.conf"), []byte("mine"), 0o644), c.obstruct(filepath.Join(dir, file))); err != nil {
					t.Fatal(err)
				}
				before := listing(t, dir)
				if err := newSet(t, "localhost").Write(dir, c.force); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) {
					t.Errorf("Write = %v, want an error with %q and the file", err, c.want)
				}
				if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
					t.Errorf("the directory (-before +after):\n%s", diff)
				}
			})
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := newSet(t, "localhost").Write(file, false); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("Write into a file = %v, want an error", err)
	}
}

// TestWriteBesideOthers into a directory that somebody made before, with files of their own and what a crash has left.
func TestWriteBesideOthers(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".vtq-credentials", "old")
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "nats.conf"), []byte("mine"), 0o644),
		os.MkdirAll(left, 0o700), os.WriteFile(filepath.Join(left, "admin.nk"), []byte("a seed"), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	if err := newSet(t, "localhost").Write(dir, false); !errors.Is(err, credentials.ErrExist) || !strings.Contains(err.Error(), left) {
		t.Errorf("Write = %v, want ErrExist and %s", err, left)
	}
	if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
		t.Errorf("the directory (-before +after):\n%s", diff)
	}
	if err := os.Remove(filepath.Join(left, "admin.nk")); err != nil {
		t.Fatal(err)
	}
	for _, force := range []bool{false, true, true} {
		if force {
			err := errors.Join(os.MkdirAll(left, 0o700), os.WriteFile(filepath.Join(left, "admin.nk"), []byte("a seed"), 0o600))
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := newSet(t, "localhost").Write(dir, force); err != nil {
			t.Fatalf("Write, forced %t, = %v", force, err)
		}
		var names []string
		entries, err := os.ReadDir(dir)
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		want := []string{"admin.nk", "ca.pem", "keys.conf", "lookup.nk", "nats.conf", "producer.nk", "server-key.pem", "server.pem", "writer.nk"}
		if diff := cmp.Diff(want, names); err != nil || diff != "" {
			t.Errorf("the files (-want +got), %v:\n%s", err, diff)
		}
		if string(read(t, dir, "nats.conf")) != "mine" {
			t.Error("a file of others was changed")
		}
	}
}

// TestWritesAtOnce lets one of them win.
func TestWritesAtOnce(t *testing.T) {
	dir := t.TempDir()
	sets := []credentials.Set{newSet(t, "localhost"), newSet(t, "localhost"), newSet(t, "localhost")}
	failed := make([]error, len(sets))
	var all sync.WaitGroup
	for i, set := range sets {
		all.Go(func() { failed[i] = set.Write(dir, false) })
	}
	all.Wait()
	won := 0
	for i, err := range failed {
		switch {
		case err == nil:
			won++
			alone := write(t, sets[i])
			for _, name := range []string{"ca.pem", "admin.nk", "keys.conf"} {
				if diff := cmp.Diff(read(t, alone, name), read(t, dir, name)); diff != "" {
					t.Errorf("%s is not of who has won", name)
				}
			}
		case !errors.Is(err, credentials.ErrBusy) && !errors.Is(err, credentials.ErrExist):
			t.Errorf("Write = %v, want ErrBusy or ErrExist", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of three succeeded, want one", won)
	}
}

// TestWriteWaitsForNobody that holds the directory.
func TestWriteWaitsForNobody(t *testing.T) {
	dir := t.TempDir()
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := newSet(t, "localhost").Write(dir, true); !errors.Is(err, credentials.ErrBusy) || len(listing(t, dir)) != 1 {
		t.Errorf("Write = %v, want ErrBusy and nothing", err)
	}
}
