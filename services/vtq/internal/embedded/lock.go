package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lockFile = "lock"

// lookTries and lookWait bound how long a start waits for those who only look whether a server has the lock: for some microseconds
// each, but a process can be held up while it looks.
const (
	lookTries = 100
	lookWait  = 10 * time.Millisecond
)

// acquire locks a directory for a server. The lock holds for as long as the file is open, so that a killed process leaves nothing
// locked.
func acquire(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data directory (VTQ_DATA_DIR): %w", err)
	}
	if err := exclusive(lock); err != nil {
		_ = lock.Close() // Never written.
		return nil, fmt.Errorf("%w: %s", err, dir)
	}
	return lock, nil
}

// exclusive takes the lock unless a server has it. Who only looks shares the lock for a moment: that is no server, and the next
// try gets it.
func exclusive(lock *os.File) error {
	for range lookTries {
		taken, err := flock(lock, syscall.LOCK_EX)
		if taken || err != nil {
			return err
		}
		shared, err := flock(lock, syscall.LOCK_SH)
		if err != nil {
			return err
		}
		if !shared {
			return ErrLocked
		}
		<-time.After(lookWait)
	}
	return ErrLocked
}

// running tells whether a server has the lock of a directory. It changes nothing there.
func running(dir string) (bool, error) {
	lock, err := os.Open(filepath.Join(dir, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a running vtq (VTQ_DATA_DIR): %w", err)
	}
	defer func() { _ = lock.Close() }() // Never written; unlocks.
	free, err := flock(lock, syscall.LOCK_SH)
	return !free && err == nil, err
}

// flock takes a lock without waiting, and tells whether it could.
func flock(file *os.File, how int) (bool, error) {
	err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, nil
	}
	return false, fmt.Errorf("locking the data directory (VTQ_DATA_DIR): %w", err)
}
