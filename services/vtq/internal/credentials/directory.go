package credentials

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"vtq.internal/services/vtq/internal/credentials/place"
	"vtq.internal/shared/grant"
)

// staging is a directory beside the files, where they are written before they are put into their places, and where those go that stood
// there. It is there after a crash alone; the next run takes it away, unless that would take the only copy of something.
const (
	staging = ".vtq-credentials"
	fresh   = "new"
	aside   = "old"
)

var (
	// ErrExist means that there are credentials already.
	ErrExist = errors.New("there are credentials already")
	// ErrBusy means that another process is writing into the directory.
	ErrBusy = errors.New("somebody else is making credentials")
)

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

// Write writes the files into a directory, which it makes if it is not there, for this user alone; what else is in it stays. Unless it is
// forced, it writes over none, nor takes away those that a crash has left aside: the error is ErrExist, and names them. With an error the directory is as it was, unless that
// says otherwise.
func (s Set) Write(dir string, force bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the directory of the credentials: %w", err)
	}
	release, err := hold(dir)
	if err != nil {
		return err
	}
	defer release()
	if err := vacant(dir, s.files(), force); err != nil {
		return err
	}
	return s.replace(dir, filepath.Join(dir, staging))
}

// replace puts the files into a directory by way of another within it.
func (s Set) replace(dir, within string) error {
	made, old := filepath.Join(within, fresh), filepath.Join(within, aside)
	var names []string
	for _, f := range s.files() {
		names = append(names, f.name)
	}
	err := errors.Join(os.RemoveAll(within), os.Mkdir(within, 0o700), os.Mkdir(old, 0o700), os.Mkdir(made, 0o700))
	if err == nil {
		err = stage(made, s.files())
	}
	if err == nil {
		err = place.In(dir, names, made, old)
	}
	if errors.Is(err, place.ErrBroken) {
		return fmt.Errorf("%w; the old files are in %s, or make all anew with --force", err, within)
	}
	return errors.Join(err, os.RemoveAll(within))
}

// hold keeps other processes from writing into a directory until it is released, or this one ends.
func hold(dir string) (release func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of the credentials: %w", err)
	}
	err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { _ = d.Close() }, nil
	}
	_ = d.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w in %s", ErrBusy, dir)
	}
	return nil, fmt.Errorf("locking the directory of the credentials: %w", err)
}

// unclaimed tells whether a crash has left files aside, which may be the only copy of keys that services log in with.
func unclaimed(dir string) error {
	old := filepath.Join(dir, staging, aside)
	left, err := os.ReadDir(old)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking at what is there: %w", err)
	case len(left) == 0:
		return nil
	}
	return fmt.Errorf("%w in %s, which a run that broke off has put aside; move them to their places or elsewhere, "+
		"or make all anew with --force, which deletes them", ErrExist, old)
}

// vacant tells which files are there, and what else is in the way, which force does not take away.
func vacant(dir string, files []file, force bool) error {
	if !force {
		if err := unclaimed(dir); err != nil {
			return err
		}
	}
	var there []string
	for _, f := range files {
		info, err := os.Lstat(filepath.Join(dir, f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking at what is there: %w", err)
		}
		if force && !info.Mode().IsRegular() {
			return fmt.Errorf("%s in %s is no ordinary file: move it away", f.name, dir)
		}
		there = append(there, f.name)
	}
	switch {
	case force || len(there) == 0:
		return nil
	case len(there) == len(files):
		return fmt.Errorf("%w in %s, and services may be logging in with them; name another directory, or make all anew with --force", ErrExist, dir)
	}
	return fmt.Errorf("%w in %s, but not all: %s; remove them, name another directory, or make all anew with --force",
		ErrExist, dir, strings.Join(there, ", "))
}

// stage writes the files, for this user alone, and to disk: what is renamed before that may be empty after a power failure.
func stage(dir string, files []file) error {
	for _, f := range files {
		to, err := os.OpenFile(filepath.Join(dir, f.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
		_, err = to.Write(f.body)
		if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	return nil
}
