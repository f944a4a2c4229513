package admin

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// live gives the reasons to restart the process: loops that did not come back as they promised. Those of a process that drains end one
// by one, and who ends is not late.
func (b *Board) live() []string {
	if b.draining.Load() {
		return nil
	}
	var reasons []string
	for _, p := range b.loops() {
		if late := p.late(); late > 0 {
			reasons = append(reasons, fmt.Sprintf("%s: should have come back %v ago", p.name, (late+Patience).Round(time.Second)))
		}
	}
	return reasons
}

// started gives what the process has not reached yet, since it began. It stays empty once it is: what goes away later is for ready.
func (b *Board) started() []string {
	switch {
	case b.began.Load():
		return nil
	case b.nats.Load() == nil:
		return []string{"NATS: not reached yet"}
	}
	return []string{"NATS: not known yet to have all that is needed"}
}

// ready gives the reasons why the process takes no work, but those that are a pause on purpose.
func (b *Board) ready() []string {
	if b.draining.Load() {
		return []string{"shutting down"}
	}
	reasons := b.started()
	if nc := b.nats.Load(); nc != nil && !nc.IsConnected() {
		reasons = append(reasons, "NATS: "+spoken(nc.Status()))
	}
	for _, p := range b.loops() {
		if !p.begun() {
			reasons = append(reasons, p.name+": has not begun yet")
		}
	}
	return reasons
}

// spoken is the state of a connection as people read it.
func spoken(s nats.Status) string {
	switch s {
	case nats.CONNECTED:
		return "connected"
	case nats.CLOSED:
		return "closed"
	case nats.DRAINING_SUBS, nats.DRAINING_PUBS:
		return "draining"
	case nats.DISCONNECTED, nats.RECONNECTING, nats.CONNECTING:
	}
	return "away, reconnecting"
}
