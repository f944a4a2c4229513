package embedded

import (
	"fmt"
	"sync"
)

// lastWords keeps why a server gave up; what else it would log is dropped.
type lastWords struct {
	mu    sync.Mutex
	words string
}

// said is why the server gave up, "" when it did not.
func (w *lastWords) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.words
}

// Fatalf keeps the reason. The server returns after it: to end the process is left to its logger.
func (w *lastWords) Fatalf(format string, v ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.words = fmt.Sprintf(format, v...)
}

// Errorf drops its line, and so do the others.
func (w *lastWords) Errorf(string, ...any) {}

// Warnf drops its line.
func (w *lastWords) Warnf(string, ...any) {}

// Noticef drops its line.
func (w *lastWords) Noticef(string, ...any) {}

// Debugf drops its line.
func (w *lastWords) Debugf(string, ...any) {}

// Tracef drops its line.
func (w *lastWords) Tracef(string, ...any) {}
