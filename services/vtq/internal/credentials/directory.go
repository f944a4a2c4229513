package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vtq.internal/shared/grant"
)

// ErrExist means that there are credentials already.
var ErrExist = errors.New("there are credentials already")

// A file is one of the directory.
type file struct {
	name string
	body []byte
}

// files are those of the directory. The public keys, without which a server does not start, come last.
func (s Set) files() []file {
	all := []file{{"ca.pem", s.authority}, {"server.pem", s.certificate}, {"server-key.pem", s.key}}
	for _, role := range grant.Roles() {
		all = append(all, file{string(role) + ".nk", s.logins[role].seed})
	}
	return append(all, file{grant.KeysFile, s.keysConf()})
}

// Write writes the files into a directory, which it makes if it is not there, for this user alone. Unless it is forced, it writes over
// none: the error is ErrExist, and names those that are there.
func (s Set) Write(dir string, force bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the directory of the credentials: %w", err)
	}
	if err := vacant(dir, s.files()); err != nil && !force {
		return err
	}
	staged, err := stage(dir, s.files())
	defer func() {
		for temporary := range staged {
			_ = os.Remove(temporary) // What is in its place is there no more.
		}
	}()
	if err != nil {
		return err
	}
	for _, f := range s.files() {
		for temporary, name := range staged {
			if name != f.name {
				continue
			}
			if err := os.Rename(temporary, filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("putting %s into its place: %w", name, err)
			}
		}
	}
	return nil
}

// vacant tells which files are there.
func vacant(dir string, files []file) error {
	var there []string
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.name)); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, f.name)
		}
	}
	switch len(there) {
	case 0:
		return nil
	case len(files):
		return fmt.Errorf("%w in %s, and services may be logging in with them; name another directory, or make all anew with --force", ErrExist, dir)
	}
	return fmt.Errorf("%w in %s, but not all: %s; remove them, name another directory, or make all anew with --force",
		ErrExist, dir, strings.Join(there, ", "))
}

// stage writes the files under other names, for this user alone, and gives the name that each is for.
func stage(dir string, files []file) (map[string]string, error) {
	staged := map[string]string{}
	for _, f := range files {
		temporary, err := os.CreateTemp(dir, "."+f.name+".*")
		if err != nil {
			return staged, fmt.Errorf("writing %s: %w", f.name, err)
		}
		staged[temporary.Name()] = f.name
		_, err = temporary.Write(f.body)
		if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
			return staged, fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return staged, nil
}
