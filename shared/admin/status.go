package admin

import (
	"maps"
	"runtime"
	"time"
)

// A status is what /status tells. Its keys are added to, never renamed.
type status struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Go      string `json:"go"`
	// Since is when the process began.
	Since    time.Time           `json:"since"`
	Live     answer              `json:"live"`
	Started  answer              `json:"started"`
	Ready    answer              `json:"ready"`
	NATS     link                `json:"nats"`
	Stages   map[string]progress `json:"stages"`
	Down     map[string]bool     `json:"down"`
	Loops    []loop              `json:"loops,omitempty"`
	Accounts []accountStatus     `json:"accounts,omitempty"`
}

// An answer is that of a probe.
type answer struct {
	OK      bool     `json:"ok"`
	Reasons []string `json:"reasons,omitempty"`
}

func answerOf(reasons []string) answer { return answer{OK: len(reasons) == 0, Reasons: reasons} }

// A link is the connection to NATS.
type link struct {
	State      string `json:"state"`
	Server     string `json:"server,omitempty"`
	Version    string `json:"version,omitempty"`
	Reconnects uint64 `json:"reconnects"`
}

// A loop is a pulse as people read it.
type loop struct {
	Name  string  `json:"name"`
	State string  `json:"state"`              // Beating, resting, late, or not begun.
	Last  float64 `json:"last_s,omitempty"`   // How long ago it was here.
	Due   float64 `json:"due_in_s,omitempty"` // When it has promised to be back.
}

// status tells how the process is, but for the accounts, which are asked for elsewhere.
func (b *Board) status() status {
	b.look()
	return status{
		Service: b.service, Version: b.version, Go: runtime.Version(), Since: b.since.UTC().Truncate(time.Second),
		Live: answerOf(b.live()), Started: answerOf(b.started()), Ready: answerOf(b.ready()),
		NATS: b.link(), Stages: b.stages(), Down: b.outages(), Loops: b.tellLoops(),
	}
}

// link tells of the connection. A server's address is told without user and password.
func (b *Board) link() link {
	nc := b.nats.Load()
	if nc == nil {
		return link{State: "not reached yet"}
	}
	return link{
		State: spoken(nc.Status()), Server: nc.ConnectedUrlRedacted(), Version: nc.ConnectedServerVersion(), Reconnects: nc.Stats().Reconnects,
	}
}

func (b *Board) stages() map[string]progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.work)
}

func (b *Board) tellLoops() []loop {
	var all []loop
	for _, p := range b.loops() {
		all = append(all, p.tell())
	}
	return all
}

func (p *Pulse) tell() loop {
	due, now := p.due.Load(), p.now()
	told := loop{Name: p.name, State: "beating", Last: seconds(now - time.Duration(p.last.Load()))}
	switch {
	case due == notBegun:
		return loop{Name: p.name, State: "not begun"}
	case due == resting:
		told.State = "resting"
		return told
	case p.late() > 0:
		told.State = "late"
	}
	told.Due = seconds(time.Duration(due) - now)
	return told
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
