package vtq_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/verdict"
)

// A patient is a world whose ThreatQ falls ill, mostly at its second write: something was written, and others wait.
type patient struct {
	*world
	malady malady
	ids    []int64 // The handful's.
	later  []int64 // Of what came while it was ill.

	mu       sync.Mutex
	began    time.Time
	writes   int
	requests map[int64]int // Write requests, by indicator.
	refused  map[int64]int // Those of them that took no effect.
	revoked  string        // The session that ended, if one did.
}

func inWard(t *testing.T, m malady, f func(*patient)) {
	t.Helper()
	inWorld(t, func(w *world) {
		p := &patient{world: w, malady: m, requests: map[int64]int{}, refused: map[int64]int{}}
		p.tq.Fail = p.fail
		p.ids = p.add(handful()...)
		f(p)
	}, append(writeModes()[byRows], "VTQ_POLL=5m")...) // Other ways write many in one request.
}

// bad is the indicator that is singled out where one is: a file with all sorts of rows.
func (p *patient) bad() int64 { return p.ids[1] }

// indicatorOf is the one that a request is about; 0 for none.
func indicatorOf(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// fail is the simulator's hook.
func (p *patient) fail(r *http.Request) *tqsim.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if written(r) {
		p.writes++
		p.requests[indicatorOf(r)]++
	}
	fault := p.ail(r)
	over := p.revoked != "" && r.Header.Get("Authorization") == p.revoked
	if written(r) && (over || fault != nil && !fault.Effect && (fault.Cut || fault.Status != 0)) {
		p.refused[indicatorOf(r)]++
	}
	return fault
}

func (p *patient) ail(r *http.Request) *tqsim.Fault {
	begins := p.malady.early || p.writes >= 2 || indicatorOf(r) == p.bad()
	switch {
	case p.malady.fault == nil, p.began.IsZero() && !begins:
		return nil
	case p.began.IsZero():
		p.began = time.Now()
	}
	if p.malady.heals > 0 && time.Since(p.began) > p.malady.heals {
		return nil
	}
	return p.malady.fault(p, r)
}

// treat runs a pipeline until everything is written or dead. Now and then something new comes, by which it shows that ThreatQ takes
// what others bring.
func (p *patient) treat() {
	p.t.Helper()
	r := p.start()
	p.pass(p.malady.heals)
	for range 50 {
		if now, err := r.Progress(context.Background()); err == nil && now.Idle() {
			break
		}
		if p.malady.letter != "" {
			site := dataset.Recipe{Kind: indicator.Domain, Object: fmt.Sprintf("later-%d.com", len(p.later)), Class: verdict.ClassMalicious}
			p.later = append(p.later, p.add(dataset.Item{Type: "FQDN", Value: site.Object, Report: dataset.Report(site)})...)
		}
		p.pass(5 * time.Minute)
	}
	walks := 1
	if len(p.later) > 0 {
		walks = r.walks() + 2 // One may be under way that has passed the last of them.
	}
	r.settle(walks)
	r.stop()
}

func (p *patient) rows() map[int64]map[string]int {
	p.t.Helper()
	all := map[int64]map[string]int{}
	for _, id := range p.ids {
		all[id] = p.values(id)
		p.attributes(id) // Which complains of what bears no source or stands there twice.
	}
	for _, id := range p.later {
		if got := p.attributes(id); got["Verdict"] != string(verdict.ClassMalicious) {
			p.t.Errorf("indicator %d, which came later, bears %v", id, got)
		}
	}
	return all
}

// lettersAre checks that there is the one dead letter that the malady comes to, or none.
func (p *patient) lettersAre(m malady) {
	p.t.Helper()
	if m.letter == "" {
		if dead := p.deadLetters(); len(dead) > 0 {
			p.t.Errorf("dead letters: %q, want none", dead)
		}
		return
	}
	letter := p.onlyLetter()
	_, id, _ := letter.Address()
	if d := letter.Death; id != p.bad() || d.Stage != "writer" || d.Kind != "permanent" || !strings.Contains(d.Reason, m.letter) {
		p.t.Errorf("the letter is about indicator %d: %+v, want it about %d, by the writer, for %q", id, d, p.bad(), m.letter)
	}
}

// wroteOnce checks that every indicator was written by one request that took effect, and by few in vain. The bad one has its
// own number, which may depend on how many rows it would have.
func (p *patient) wroteOnce(m malady, rows int) {
	p.t.Helper()
	if m.apart {
		m.tries += rows
	}
	for id, n := range p.requests {
		vain := p.refused[id]
		switch {
		case id == p.bad() && m.letter != "":
			if m.tries > 0 && n != m.tries {
				p.t.Errorf("the bad indicator cost %d write requests, want %d", n, m.tries)
			}
		case n-vain != 1:
			p.t.Errorf("indicator %d was written %d times, want once", id, n-vain)
		case vain > m.refused:
			p.t.Errorf("indicator %d cost %d write requests in vain, want at most %d", id, vain, m.refused)
		}
	}
}
