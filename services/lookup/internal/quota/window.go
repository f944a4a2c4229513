package quota

import "time"

const (
	// maxSlots bounds the subjects of a window: one batched read shows them all, and a share of 30,000 a minute is 118 requests,
	// which a worker of 64 loops at 150 ms spends within a third of a second.
	maxSlots = 256
	// minAge is the least age at which a permit is void: the grain of the server's time to live.
	minAge = time.Second
	// agePercent is how much of a window the age may cost where shares are larger than one.
	agePercent = 3
	// minReserve is the least number of slots of which one is reserved: of fewer, it would be more than a quarter of the rate.
	minReserve = 4
)

// A Window is a limit: so many requests in any stretch of so long. No requests means no limit.
type Window struct {
	Requests int
	Per      time.Duration // Whole seconds.
}

// Slots are how a window is kept.
type Slots struct {
	Shares []int         // The permits that each slot gives.
	TTL    time.Duration // How long a take lives: whole seconds.
	Age    time.Duration // After this a permit is void.
}

// Slots cuts the window, which has at least one request.
func (w Window) Slots() Slots {
	n := min(w.Requests, maxSlots)
	shares := make([]int, n)
	for i := range w.Requests {
		shares[i%n]++
	}
	age := minAge
	if w.Requests > n {
		age = max(minAge, (w.Per * agePercent / 100).Truncate(time.Second))
	}
	return Slots{Shares: shares, TTL: w.Per + age, Age: age}
}

// Backlog is how many of the slots, from the first, may be taken for what nobody waits for, when one is to be kept for urgent
// requests: all but the last, whose share is the smallest. Where there are fewer than four, none is kept.
func (s Slots) Backlog() int {
	if n := len(s.Shares); n >= minReserve {
		return n - 1
	}
	return len(s.Shares)
}
