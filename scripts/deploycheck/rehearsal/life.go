package rehearsal

import "sync"

// A Life is one process of a stage, from its start to its end.
type Life struct {
	Name string

	mu       sync.Mutex
	killed   bool
	lastDeed chan struct{} // Closed by the deed that has to be the last. Nil while none has to.
}

// Doom has the life's next deed be its last: it takes effect and is not answered. What is returned is closed at that moment.
func (l *Life) Doom() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastDeed = make(chan struct{})
	return l.lastDeed
}

// last tells whether a deed that has just been done is the last. Others that are under way at that moment end as they would.
func (l *Life) last() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lastDeed == nil {
		return false
	}
	close(l.lastDeed)
	l.lastDeed = nil
	return true
}

// Kill notes that the life ended in the middle of its work.
func (l *Life) Kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.killed = true
}

func (l *Life) wasKilled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.killed
}
