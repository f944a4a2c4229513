// Package place puts files into their places, all of them or none.
package place

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A move is one renaming, within a file system.
type move struct{ from, to string }

// In moves the files of these names into a directory, one after the other, and what stands in their places aside. Where it cannot it moves
// everything back; the error is ErrBroken, too, when it cannot do that either.
func In(dir string, names []string, from, aside string) error {
	var done []move
	for _, name := range names {
		at := filepath.Join(dir, name)
		for _, m := range []move{{at, filepath.Join(aside, name)}, {filepath.Join(from, name), at}} {
			err := os.Rename(m.from, m.to)
			if m.from == at && errors.Is(err, fs.ErrNotExist) {
				continue // Nothing stands there.
			}
			if err != nil {
				return errors.Join(fmt.Errorf("putting %s into its place: %w", name, err), undo(done))
			}
			done = append(done, m)
		}
	}
	if err := flush(dir); err != nil {
		return errors.Join(err, undo(done))
	}
	return nil
}

// ErrBroken means that a directory holds some of the new files and some of the old.
var ErrBroken = errors.New("what was there cannot be put back")

func undo(done []move) error {
	for _, m := range slices.Backward(done) {
		if err := os.Rename(m.to, m.from); err != nil {
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
	}
	return nil
}

// flush has the names in a directory outlast a power failure.
func flush(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("writing the directory to disk: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("writing the directory to disk: %w", err)
	}
	return nil
}
