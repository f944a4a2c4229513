package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vtq.internal/services/vtq/internal/embedded"
)

func TestStartIsAlone(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir)
	if _, err := embedded.Start(dir); !errors.Is(err, embedded.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second Start = %v, want ErrLocked and the directory", err)
	}
	outside(t, dir) // The first one is as well as before.
	first.Stop()
	second := start(t, dir)
	first.Stop() // Late, and no business of the second.
	outside(t, dir)
	second.Stop()
}

// TestStartOnceOfMany has as many start at once as can: one wins.
func TestStartOnceOfMany(t *testing.T) {
	dir := t.TempDir()
	won := make(chan *embedded.Server, 4)
	var all sync.WaitGroup
	for range cap(won) {
		all.Go(func() {
			s, err := embedded.Start(dir)
			switch {
			case err == nil:
				won <- s
			case !errors.Is(err, embedded.ErrLocked):
				t.Errorf("Start beside others = %v, want ErrLocked", err)
			}
		})
	}
	all.Wait()
	close(won)
	if len(won) != 1 {
		t.Errorf("%d of 4 started, want 1", len(won))
	}
	for s := range won {
		s.Stop()
	}
}

// TestFindDisturbsNobody looks without end while a server starts and stops. The lock is looked at by several at once, and no start
// may take them for another server, nor one of them the others.
func TestFindDisturbsNobody(t *testing.T) {
	dir := t.TempDir()
	start(t, dir).Stop()
	done := make(chan struct{})
	var lookers sync.WaitGroup
	for range 3 {
		lookers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					_, _ = embedded.Find(dir)
				}
			}
		})
	}
	for range 10 {
		s, err := embedded.Start(dir)
		if err != nil {
			t.Errorf("Start while others look = %v, want nil", err)
			continue
		}
		s.Stop()
	}
	close(done)
	lookers.Wait()
}

// look shares the lock of a directory as one does that only looks, until it is told to let go.
func look(t *testing.T, dir string) (letGo func()) {
	t.Helper()
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	return func() { _ = lock.Close() }
}

// TestStartWaitsForLookers waits for one that lets go in time, and for no longer than a second for one that does not.
func TestStartWaitsForLookers(t *testing.T) {
	dir := t.TempDir()
	start(t, dir).Stop()
	letGo := look(t, dir)
	if _, err := embedded.Find(dir); !errors.Is(err, embedded.ErrNotRunning) {
		t.Errorf("Find while another looks = %v, want ErrNotRunning", err)
	}
	if _, err := embedded.Start(dir); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("Start while another looks for good = %v, want ErrLocked", err)
	}
	time.AfterFunc(50*time.Millisecond, letGo)
	start(t, dir)
}

func TestFind(t *testing.T) {
	never, stopped, running, starting, broken := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	start(t, stopped).Stop()
	for _, dir := range []string{running, starting, broken} {
		start(t, dir)
	}
	if err := os.Remove(filepath.Join(starting, "server.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "server.json"), []byte(`{"password":"correct-horse"`), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(never, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		dir  string
		is   error  // nil for any.
		says string // "" when it is found.
	}{
		"no directory":    {filepath.Join(never, "none"), embedded.ErrNotRunning, "no vtq runs"},
		"never started":   {never, embedded.ErrNotRunning, "no vtq runs"},
		"stopped":         {stopped, embedded.ErrNotRunning, "no vtq runs"},
		"running":         {running, nil, ""},
		"starting":        {starting, nil, "starting or stopping"},
		"broken":          {broken, nil, "server.json is no JSON"},
		"not a directory": {file, nil, "VTQ_DATA_DIR"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := embedded.Find(c.dir)
			switch {
			case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("Find = %v, want %q", err, c.says)
			case errors.Is(err, embedded.ErrNotRunning) != (c.is != nil):
				t.Errorf("Find = %v, want %v", err, c.is)
			}
		})
	}
	if entries, err := os.ReadDir(never); err != nil || len(entries) != 1 {
		t.Errorf("looking left %v behind, %v", entries, err)
	}
}
