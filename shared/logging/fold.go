package logging

import (
	"sync"
	"time"
)

const (
	// defaultInterval leaves sixty lines an hour of a lasting trouble: enough to
	// see that it lasts, few enough to see anything else.
	defaultInterval = time.Minute

	// maxKeys bounds the warnings that are told apart. Keys are kinds of trouble,
	// of which the services have a dozen; more can only come from a key with
	// something variable in it.
	maxKeys = 256
)

// Fold lets a warning that keeps repeating through once per interval, with the
// number of those held back since:
//
//	if repeats, ok := fold.Allow("threatq unreachable"); ok {
//		log.Warn().Int("repeats", repeats).Err(err).Msg("waiting for ThreatQ")
//	}
//
// A warning that stops keeps its last count to itself. The zero value is ready
// for use, from any goroutine.
type Fold struct {
	Interval time.Duration // Between lines with one key. Defaults to a minute.

	mu   sync.Mutex
	seen map[string]*folded
}

type folded struct {
	since   time.Time // When the last line was let through.
	repeats int       // Held back since then.
}

// Allow reports whether to write the warning called key now, and how many like
// it were held back since the last one. The 257th key takes the place of the
// one whose last line is oldest, and the count of that one is lost.
func (f *Fold) Allow(key string) (repeats int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	last, known := f.seen[key]
	switch {
	case !known:
		f.add(key, now)
		return 0, true
	case now.Sub(last.since) < f.interval():
		last.repeats++
		return 0, false
	}
	repeats = last.repeats
	*last = folded{since: now}
	return repeats, true
}

func (f *Fold) interval() time.Duration {
	if f.Interval > 0 {
		return f.Interval
	}
	return defaultInterval
}

func (f *Fold) add(key string, now time.Time) {
	if f.seen == nil {
		f.seen = map[string]*folded{}
	}
	if len(f.seen) >= maxKeys {
		delete(f.seen, f.oldest())
	}
	f.seen[key] = &folded{since: now}
}

// oldest searches all keys: there are few, and it happens only when full.
func (f *Fold) oldest() string {
	var oldest string
	for key, entry := range f.seen {
		if f.seen[oldest] == nil || entry.since.Before(f.seen[oldest].since) {
			oldest = key
		}
	}
	return oldest
}
