package breaker

import (
	"math"
	"time"
)

const (
	// minWait is the time from the opening to the first probe that costs a request.
	minWait = 10 * time.Second
	// freeWait is the time between two probes that cost nothing: an outage is over for us at most so long behind its end.
	freeWait = 15 * time.Second
	// maxWait bounds the time between probes where the budget allows any number of them: 288 a day, and the first few.
	maxWait = 5 * time.Minute
	// day is the time that a day's share of probes has to last for.
	day = 24 * time.Hour
	// doublings is how many probes come, doubling from minWait, in a day: 13, and the one at its start.
	doublings = 14
	// probeShare is what part of a day's requests probes may be.
	probeShare = 100
)

// A Pace tells how long after a probe that failed the next one comes.
type Pace struct {
	factor float64
	most   time.Duration
}

// NewPace spreads the probes of an outage so that those of its first day are at most a hundredth of the requests of a day, but
// always one; 0 requests mean no limit. They come ever farther apart, so that the wait for the end of an outage is in proportion to
// its length.
func NewPace(perDay int) Pace {
	if perDay == 0 {
		return Pace{factor: 2, most: maxWait}
	}
	probes := max(1, perDay/probeShare)
	p := Pace{factor: max(2, math.Pow(float64(day/minWait), 1/float64(probes))), most: day}
	if probes > 2*doublings { // The first few double, and the rest share the day.
		p.most = max(maxWait, day/time.Duration(probes-doublings))
	}
	return p
}

// After is the time to the next probe when so many have failed.
func (p Pace) After(probes int) time.Duration {
	wait := float64(minWait) * math.Pow(p.factor, float64(probes))
	return time.Duration(min(wait, float64(p.most)))
}
