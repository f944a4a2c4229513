package breaker

import (
	"time"

	"github.com/sony/gobreaker/v2"

	"vtq.internal/shared/fault"
)

// enter lets everybody in while the breaker is closed. While it is open it lets one in, as soon as it is time: that one probes.
func (b *Breaker) enter() (leave func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.until.IsZero():
		return func() {}, true
	case b.probing, time.Now().Before(b.until):
		return nil, false
	}
	b.probing = true
	return b.probed, true
}

// probed ends a probe. When it said nothing about the provider, the next one may probe at once.
func (b *Breaker) probed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	b.wake()
}

// left tells how long nobody may ask, and what ends that earlier.
func (b *Breaker) left() (time.Duration, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.until.IsZero():
		return 0, b.changed
	case b.probing:
		return probeEnd, b.changed
	}
	return time.Until(b.until), b.changed
}

func (b *Breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// stateChanged runs under the inner breaker's lock, as readyToTrip and successful do.
func (b *Breaker) stateChanged(_ string, _, to gobreaker.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch to {
	case gobreaker.StateOpen:
		b.until = time.Now().Add(b.wait)
		b.wait = min(2*b.wait, maxOpen)
		b.tell(true, b.last)
	case gobreaker.StateClosed:
		b.until, b.wait = time.Time{}, minOpen
		b.tell(false, nil)
		b.wake()
	case gobreaker.StateHalfOpen: // Somebody was let in.
	}
}

func (b *Breaker) tell(open bool, cause error) {
	if b.onChange != nil {
		b.onChange(open, cause)
	}
}

func (b *Breaker) readyToTrip(counts gobreaker.Counts) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return counts.ConsecutiveFailures >= trips || fault.KindOf(b.last) == fault.Denied
}

// successful tells what counts for the provider, and keeps what counts against it.
func (b *Breaker) successful(err error) bool {
	switch fault.KindOf(err) {
	case fault.Permanent, fault.Gone:
		return true
	case fault.Transient, fault.Denied, fault.Unknown, fault.Quota, fault.Interrupted:
	}
	if err == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = err
	return false
}

func excluded(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Quota || kind == fault.Interrupted)
}
