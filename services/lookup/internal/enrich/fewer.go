package enrich

import (
	"sync"
	"time"
)

// fewerLasts is for how long fewer files are asked about in one request after one was too large: it may have been a proxy's word.
const fewerLasts = time.Hour

// A fewer remembers that requests were too large. The zero value remembers nothing.
type fewer struct {
	mu    sync.Mutex
	most  int
	until time.Time
}

// than has half of what was too much be the most, unless less is the most already: a request that was under way, or a group that had
// gathered, tells nothing new.
func (f *fewer) than(tooMany int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); !now.Before(f.until) || tooMany <= f.most {
		f.most, f.until = max(1, tooMany/2), now.Add(fewerLasts)
	}
}

// of is the most, of what it would be else.
func (f *fewer) of(most int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Now().Before(f.until) {
		return min(most, f.most)
	}
	return most
}
