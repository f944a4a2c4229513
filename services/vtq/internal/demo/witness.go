package demo

import (
	"encoding/json"
	"io"
	"maps"
	"sync"

	"vtq.internal/shared/logging"
)

// A witness reads the log lines of the stages. What becomes of an indicator is told there and nowhere else in one place: that it
// was passed over, and why; that its verdict was written; that it is a dead letter.
type witness struct {
	next io.Writer // Gets what is above debug.

	mu        sync.Mutex
	skipped   map[int64]string // Why, by indicator.
	failed    map[int64]string // Why, by indicator.
	written   map[int64]bool
	failovers int
	warnings  int // Other lines that warn, or worse.
}

// A line is what counts of a log line. Its keys are an interface for those who read the logs (package logging).
type line struct {
	Level     string `json:"level"`
	Stage     string `json:"stage"`
	Message   string `json:"message"`
	Indicator int64  `json:"indicator_id"`
	Reason    string `json:"reason"`
	Outcome   string `json:"outcome"`
	Error     string `json:"error"`
}

func newWitness(next io.Writer) *witness {
	return &witness{next: next, skipped: map[int64]string{}, failed: map[int64]string{}, written: map[int64]bool{}}
}

// Write takes one line.
func (w *witness) Write(raw []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var l line
	if err := json.Unmarshal(raw, &l); err == nil {
		w.take(l)
	}
	if l.Level != "debug" {
		_, _ = w.next.Write(raw) // The reader may be gone; the demonstration goes on.
	}
	return len(raw), nil
}

// take keeps what a line says. A line that is read twice, as when the second pass skips again, counts once.
func (w *witness) take(l line) {
	switch {
	case l.Message == "skipped":
		w.skipped[l.Indicator] = l.Reason
	case l.Outcome == logging.OutcomeDead:
		w.failed[l.Indicator] = "dead letter: " + l.Error
	case l.Outcome == logging.OutcomeOK && l.Stage == "writer":
		w.written[l.Indicator] = true
	}
	switch {
	case l.Message == "jobs go to another provider":
		w.failovers++ // What is to be shown, and nothing to worry about.
	case l.Level == "warn" || l.Level == "error":
		w.warnings++
	}
}

// seen is how many indicators were skipped, and how many are finished otherwise.
func (w *witness) seen() (skipped, written int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.skipped), len(w.written) + len(w.failed)
}

// reasons are why indicators were skipped, and why others failed.
func (w *witness) reasons() (skipped, failed map[int64]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.skipped), maps.Clone(w.failed)
}

// alarms is how often jobs went to another provider, and how many other lines said that something was wrong.
func (w *witness) alarms() (failovers, warnings int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failovers, w.warnings
}
