package budget

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A Figure is what a worker knows of one limit of its account, whoever spent it.
type Figure struct {
	Period    Period
	Limit     int
	Remaining int       // For the lane fresh, at most: others may have spent more since this worker heard.
	Reserved  int       // What is left beside for urgent jobs alone, until the day's last hour.
	Reset     time.Time // When all of it is there again, in the server's time.
}

// A Period is what a limit is for.
type Period string

// The closed list of periods. Minute is the window, which is a minute with every provider that has one.
const (
	Minute Period = "minute"
	Day    Period = "day"
	Month  Period = "month"
)

// Figures tells what is left of each limit, as far as this worker knows: of the window from its last look at the slots and its own takes
// since, of the day and the month from the last answer of their counters. It asks nobody. A day that has just begun is whole until
// somebody hears otherwise, and a window whose slots have expired is free.
//
// What remains is what the lanes of the backlog may use together: a day of which only the reserve is left, or the shares of both used up,
// has nothing for them until the release. A month has neither.
func (b *Budget) Figures() []Figure {
	now := b.clock.now()
	var all []Figure
	if f, ok := b.window.figure(now); ok {
		b.mu.Lock()
		f.Remaining += b.idle()
		if left := time.Until(b.holding); left > 0 {
			f.Remaining, f.Reserved, f.Reset = 0, 0, later(f.Reset, now.Add(left)) // Nobody may ask, whatever is free.
		}
		b.mu.Unlock()
		all = append(all, f)
	}
	limits := b.ledger.limits
	if limits.Day > 0 {
		all = append(all, b.ledger.dayFigure(now))
	}
	if limits.Month > 0 {
		sum := b.ledger.heard.sum(b.ledger.account.SpendSubject(quota.Month(now)))
		all = append(all, Figure{Period: Month, Limit: limits.Month, Remaining: max(0, limits.Month-sum), Reset: quota.NextMonth(now)})
	}
	return all
}

// dayFigure tells what is left of a day: for the lanes of the backlog together, and, of what they cannot use up, for urgent jobs alone.
func (l *ledger) dayFigure(at time.Time) Figure {
	sum := l.heard.sum(l.account.SpendSubject(quota.Day(at)))
	backlog := 0
	for _, lane := range wire.Backlog() {
		backlog += l.room(lane, at)
	}
	backlog = min(backlog, counter{bounds: l.limits.dayBounds(wire.Fresh, at)}.room(sum))
	return Figure{
		Period: Day, Limit: l.limits.Day, Remaining: backlog,
		Reserved: min(l.room(wire.Urgent, at), max(0, l.limits.Day-sum)-backlog), Reset: quota.NextDay(at),
	}
}

// room is how many requests a lane may still use of a day that has a limit.
func (l *ledger) room(lane wire.Lane, at time.Time) int {
	room := l.limits.Day
	for _, c := range l.limits.dayCounters(l.account, lane, at) {
		room = min(room, c.room(l.heard.sum(c.subject)))
	}
	return room
}

// Hear reads the counters of the day and the month, so that Figures tells what others have spent. It is to be called at first, and every
// few minutes: who takes nothing hears of nothing else. A read moves nothing, and may be answered by a server that is slightly behind.
func (b *Budget) Hear(ctx context.Context) error {
	subjects := b.ledger.subjects(b.clock.now())
	if len(subjects) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	for message, err := range stream.Latest(ctx, b.ledger.js, stream.Spend, subjects) {
		if err != nil {
			return err
		}
		if sum, ok := counterOf(message.Data); ok {
			b.ledger.heard.note(message.Subject, sum, message.Sequence)
		}
	}
	return nil
}

// subjects are those of the counters that any lane moves, once each.
func (l *ledger) subjects(at time.Time) []string {
	var all []string
	for _, lane := range wire.Lanes() {
		for _, c := range l.limits.counters(l.account, lane, at) {
			all = append(all, c.subject)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// counterOf reads the body of a counter, as the server stores it: {"val":"17"}.
func counterOf(body []byte) (sum int, ok bool) {
	text, ok := strings.CutPrefix(string(body), `{"val":"`)
	text, closed := strings.CutSuffix(text, `"}`)
	sum, err := strconv.Atoi(text)
	return sum, ok && closed && err == nil
}

// heardFor is how long the sum of a counter is remembered: longer than the longest month, in which nobody may have asked.
const heardFor = 32 * 24 * time.Hour

// A said is what a counter said.
type said struct {
	sum      int
	sequence uint64 // Of its last move.
	at       time.Time
}

// A hearsay is what counters said last. Answers overtake each other: the later move counts.
type hearsay struct {
	mu   sync.Mutex
	last map[string]said
}

// note takes down an answer. An answer to a move arrives within spendTimeout or never, so that what is older than that says nothing
// against a lower sequence: the stream was made anew.
func (h *hearsay) note(subject string, sum int, sequence uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil {
		h.last = map[string]said{}
	}
	if last, ok := h.last[subject]; ok && sequence < last.sequence && time.Since(last.at) <= spendTimeout {
		return
	}
	maps.DeleteFunc(h.last, func(_ string, s said) bool { return time.Since(s.at) > heardFor })
	h.last[subject] = said{sum, sequence, time.Now()}
}

func (h *hearsay) sum(subject string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[subject].sum
}

// A sighting is when the slots of a window expire that were seen to be taken.
type sighting struct {
	mu    sync.Mutex
	taken map[int]time.Time
}

// saw replaces what was known by a look at all slots.
func (s *sighting) saw(taken map[int]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = maps.Clone(taken)
}

// took adds a slot that was taken by this worker or, since that was refused, by another, when it expires at the latest.
func (s *sighting) took(slot int, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = map[int]time.Time{}
	}
	s.taken[slot] = expires
}

// figure tells what is free of the window, if it has a limit. A slot that is kept for urgent jobs is none that remains for others.
func (w *window) figure(now time.Time) (Figure, bool) {
	if len(w.slots.Shares) == 0 {
		return Figure{}, false
	}
	f := Figure{Period: Minute, Reset: now}
	w.seen.mu.Lock()
	defer w.seen.mu.Unlock()
	for slot, share := range w.slots.Shares {
		f.Limit += share
		if expires := w.seen.taken[slot]; expires.After(now) {
			f.Reset = later(f.Reset, expires)
			continue
		}
		if slot < w.backlog {
			f.Remaining += share
		} else {
			f.Reserved += share
		}
	}
	return f, true
}
