package budget

import (
	"math"
	"time"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/wire"
)

// Limits are what an account may do, and how the lanes share it.
type Limits struct {
	Window     quota.Window // No requests means no limit.
	Day, Month int          // Requests in a UTC day and month; 0 means no limit.
	// Reserve is the share of the day, from 0 for none to 1, that only urgent jobs may use until the day's last hour. With any, a
	// slot of the window is theirs at all times, where there are four.
	Reserve float64
	// Ceilings are the largest shares of the day that lanes may use until its last hour. A lane that is absent, or has 1 or more,
	// has none; with 0 it has that hour alone.
	Ceilings map[wire.Lane]float64
}

// A counter is what a request moves on the server, and what bounds it.
type counter struct {
	subject string
	bounds  []bound
}

// A bound is how far a lane may bring a counter, until a moment of the server's time.
type bound struct {
	most  int
	until time.Time
}

// refuses tells until when a sum is above one of the bounds: the zero time for none. The latest counts, as all have to allow it.
func (c counter) refuses(sum int) time.Time {
	var until time.Time
	for _, b := range c.bounds {
		if sum > b.most {
			until = later(until, b.until)
		}
	}
	return until
}

// over is how far a sum is above the tightest of the bounds: zero where it is within all.
func (c counter) over(sum int) int {
	most := 0
	for _, b := range c.bounds {
		most = max(most, sum-b.most)
	}
	return most
}

// room is how many requests more a sum may take within all of the bounds: without any, as many as there are.
func (c counter) room(sum int) int {
	room := math.MaxInt
	for _, b := range c.bounds {
		room = min(room, max(0, b.most-sum))
	}
	return room
}

// counters lists what a request of a lane moves at a moment of the server's time.
func (l Limits) counters(account wire.Account, lane wire.Lane, at time.Time) []counter {
	var all []counter
	if l.Month > 0 {
		bounds := []bound{{l.Month, quota.NextMonth(at).Add(quota.Guard)}}
		all = append(all, counter{account.SpendSubject(quota.Month(at)), bounds})
	}
	return append(all, l.dayCounters(account, lane, at)...)
}

// dayCounters are those of them that begin again every day: that of all lanes first, and the lane's own.
func (l Limits) dayCounters(account wire.Account, lane wire.Lane, at time.Time) []counter {
	var all []counter
	if l.Day > 0 {
		all = append(all, counter{account.SpendSubject(quota.Day(at)), l.dayBounds(lane, at)})
	}
	if share, ok := l.ceiling(lane); ok {
		all = append(all, counter{account.LaneSpendSubject(quota.Day(at), lane), l.laneBounds(share, at)})
	}
	return all
}

func (l Limits) dayBounds(lane wire.Lane, at time.Time) []bound {
	bounds := []bound{{l.Day, quota.NextDay(at).Add(quota.Guard)}}
	if lane != wire.Urgent && !quota.Released(at) {
		bounds = append(bounds, bound{l.Day - quota.Reserved(l.Day, l.Reserve), released(at)})
	}
	return bounds
}

// laneBounds bound nothing after the release; the counter is moved nevertheless, since it is the history of the lane, too.
func (l Limits) laneBounds(share float64, at time.Time) []bound {
	if quota.Released(at) {
		return nil
	}
	return []bound{{quota.Ceiling(l.Day, share), released(at)}}
}

// released is when a lane that waits for the release comes back: the guard is longer than the error of its clock.
func released(at time.Time) time.Time { return quota.ReleaseOf(at).Add(quota.Guard) }

func (l Limits) ceiling(lane wire.Lane) (share float64, ok bool) {
	share, ok = l.Ceilings[lane]
	return share, ok && share < 1 && l.Day > 0
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
