package enrich

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
)

const (
	// linger is how long a group waits for more members. A backlog fills it in some tens of milliseconds; a single job is not late for it.
	linger = 2 * time.Second
	// stale is at which age of a group memory is looked into again: what came about in less is not worth the reads.
	stale = time.Second
)

// A member is a job that is asked about together with others.
type member struct {
	ticket Ticket
	object indicator.Object
	report *Report
	done   chan struct{} // Closed when the rest is set.

	verdict verdict.Verdict
	found   string // In memory meanwhile: how.
	err     error
	again   bool // Nothing came of it, and it is not its fault.
	blind   bool // Memory could not be read.
	singly  bool // It is to be asked about by itself.
}

// A sort is what the members of a group share.
type sort struct {
	digits    int // Of their hashes.
	elsewhere bool
}

// A group gathers members, and sets off when it is full or has lingered.
type group struct {
	began   time.Time
	members []*member
	full    chan struct{}
}

// Groups are those of a lane that still take members. The zero value has none.
type groups struct {
	mu   sync.Mutex
	open map[sort]*group
}

// join brings a member into the group of its sort. Who begins a group has to lead it.
func (s *groups) join(m *member, most int) (g *group, leads bool) {
	of := sort{len(m.object.Value), m.ticket.Elsewhere}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g = s.open[of]; g == nil {
		if s.open == nil {
			s.open = map[sort]*group{}
		}
		g, leads = &group{began: time.Now(), full: make(chan struct{})}, true
		s.open[of] = g
	}
	if g.members = append(g.members, m); len(g.members) >= most {
		delete(s.open, of)
		close(g.full)
	}
	return g, leads
}

// gather waits until a group is full or has lingered, and gives its members: nobody joins it any more.
func (s *groups) gather(ctx context.Context, g *group) []*member {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	select {
	case <-g.full:
	case <-timer.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for of, open := range s.open {
		if open == g {
			delete(s.open, of)
		}
	}
	return g.members
}

// askTogether is ask for a file that can be asked about with others in one request. Each job settles its own answer.
func (e *Enricher) askTogether(ctx, working context.Context, t Ticket, object indicator.Object, report *Report) (answer, error) {
	for {
		m := &member{ticket: t, object: object, report: report, done: make(chan struct{})}
		g, leads := e.lane(t.Lane).groups.join(m, e.most())
		if leads {
			e.lead(ctx, working, t, g)
		}
		<-m.done // Which the leader sees to, whatever comes: its context ends with ours.
		switch a := (answer{object: object, verdict: m.verdict}); {
		case m.singly:
			return e.ask(ctx, working, t, object, report)
		case m.again:
			continue
		case m.blind:
			v, found, err := e.find(ctx, working, t, object) // Which stays until it can be read.
			if err == nil && found == recall.Miss {
				continue
			}
			report.Cache = found
			return answer{object: object, verdict: v}, err
		case m.found != "":
			report.Cache = m.found
			return a, nil
		case m.err != nil:
			return answer{}, m.err
		default:
			a.paid = true
			return e.remember(working, t, a)
		}
	}
}

// most is how many are asked about in one request.
func (e *Enricher) most() int { return e.fewer.of(max(1, e.Most)) }

// lead gathers a group, asks about its members, and tells each what came of it.
func (e *Enricher) lead(ctx, working context.Context, t Ticket, g *group) {
	members := e.lane(t.Lane).groups.gather(ctx, g)
	tell(members, func(m *member) { m.err = errLeft })
	defer tell(members, func(m *member) { close(m.done) }) // Also when it panics.
	y := try{path: &e.lane(t.Lane).path, turn: &turn{}, report: members[0].report}
	defer y.path.leave(y.turn)
	began := time.Now()
	if err := e.admit(ctx, Want{Lane: t.Lane, Units: len(members)}, t.Elsewhere, &y); err != nil {
		tell(members, func(m *member) { m.err = err })
		return
	}
	waited := time.Since(began)
	tell(members[1:], func(m *member) { m.report.PermitWait += waited })
	asked := members
	if time.Since(g.began) > stale {
		asked = e.unknown(working, members)
	}
	if len(asked) == 0 {
		y.giveBack(working)
		return
	}
	paid := min(len(asked), y.permit.Units())
	y.permit.Reduce(paid)
	tell(asked[paid:], func(m *member) { m.again = true })
	e.lookMany(working, t, asked[:paid], y)
}

// errLeft is what a group ends with whose leader could not see to it.
var errLeft = fault.New(fault.Unknown, errors.New("a request about many objects was left"))

func tell(members []*member, what func(*member)) {
	for _, m := range members {
		what(m)
	}
}

// unknown looks into memory again, for all at a time, and gives the members for which there is no answer yet.
func (e *Enricher) unknown(ctx context.Context, members []*member) []*member {
	var looking sync.WaitGroup
	for _, m := range members {
		looking.Go(func() {
			v, found, err := e.Memory.Find(ctx, m.object, m.ticket.Job.After)
			switch {
			case err != nil:
				m.blind = true
			case found != recall.Miss:
				m.verdict, m.found = v, found
			}
		})
	}
	looking.Wait()
	var left []*member
	for _, m := range members {
		if m.found == "" && !m.blind {
			left = append(left, m)
		}
	}
	return left
}

// lookMany sends the request.
func (e *Enricher) lookMany(ctx context.Context, t Ticket, members []*member, y try) {
	objects := make([]indicator.Object, len(members))
	for i, m := range members {
		objects[i] = m.object
	}
	var all []Found
	asked := false
	_, err := y.pass.Do(ctx, func() (verdict.Verdict, error) {
		asked = true
		return verdict.Verdict{}, e.send(ctx, y, indicator.File, func(ctx context.Context) (err error) {
			all, err = e.Many.LookMany(ctx, objects)
			return err
		})
	})
	if !asked || errors.Is(err, errVoid) {
		y.giveBack(ctx)
	}
	if err == nil && len(all) != len(objects) {
		err = fault.New(fault.Unknown, fmt.Errorf("%d answers about %d objects", len(all), len(objects)))
	}
	if err != nil {
		e.failed(ctx, t, members, y, asked, err)
		return
	}
	for i, m := range members {
		m.verdict, m.err = all[i].Verdict, all[i].Err
		m.singly = errors.Is(m.err, ErrSingly)
	}
}

// failed tells the members of a request that failed as a whole what to do: what is against their number, or one of them, is not against
// all.
func (e *Enricher) failed(ctx context.Context, t Ticket, members []*member, y try, asked bool, err error) {
	if refused(err) {
		y.permit.Reduce(0)
	}
	err = fmt.Errorf("asking %s about %d files: %w", e.Name, len(members), err)
	switch {
	case errors.Is(err, ErrTooMany) && len(members) > 1:
		e.fewer.than(len(members))
		tell(members, func(m *member) { m.again = true })
	case errors.Is(err, ErrSingly) && len(members) > 1:
		tell(members, func(m *member) { m.singly = true })
	case !e.again(ctx, asked, err):
		tell(members, func(m *member) { m.err = err })
	case t.Elsewhere && asked && !errors.Is(err, errVoid):
		tell(members, func(m *member) { m.err = fault.New(fault.Quota, fmt.Errorf("%w: %w", ErrElsewhere, err)) })
	default:
		tell(members, func(m *member) { m.again = true })
	}
}

// refused tells of an answer that says no to a whole request. Nobody charges for it; what a request without a whole answer costs is not
// known.
func refused(err error) bool {
	if errors.Is(err, ErrTooMany) || errors.Is(err, ErrSingly) {
		return true
	}
	kind := fault.KindOf(err)
	return kind == fault.Quota && !errors.Is(err, errVoid) || kind == fault.Denied || kind == fault.Permanent
}
