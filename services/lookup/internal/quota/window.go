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
	// maxAge is the most, which windows from 67 s on have. A hold does not reach the permits that other workers have in their pools,
	// but by their age; and what is taken when the guard of midnight begins is void long before that. It is enough: 64 loops at
	// 150 ms spend 853 permits in this time, and the largest quota that may be set, 100,000, has shares of 391.
	maxAge = 2 * time.Second
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
	Age    time.Duration // After this a permit is void: one second or two.
}

// Slots cuts the window. Without a limit there are no slots, and permits live for as long as others.
func (w Window) Slots() Slots {
	n := max(0, min(w.Requests, maxSlots))
	shares := make([]int, n)
	for i := range w.Requests {
		shares[i%n]++
	}
	age := minAge
	if w.Requests > n {
		age = min(max(minAge, (w.Per*agePercent/100).Truncate(time.Second)), maxAge)
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
