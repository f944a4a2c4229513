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
	probes int // That a day may spend.
}

// NewPace spreads the probes of an outage over a day, so that they are at most a hundredth of its requests, but always one; 0 requests
// mean no limit. They come ever farther apart, so that the wait for the end of an outage is in proportion to its length.
func NewPace(perDay int) Pace {
	if perDay == 0 {
		return Pace{factor: 2, most: maxWait, probes: math.MaxInt}
	}
	probes := max(1, perDay/probeShare)
	p := Pace{factor: max(2, math.Pow(float64(day/minWait), 1/float64(probes))), most: day, probes: probes}
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

// next is when a request may probe again, when so many have failed in this outage and so many on this day. One outage keeps within the
// day by its pace; several in a day may not, and then it is tomorrow.
func (p Pace) next(now time.Time, failed, spent int) time.Time {
	tomorrow := now.UTC().Truncate(day).Add(day + minWait)
	if next := now.Add(p.After(failed)); spent < p.probes && next.Before(tomorrow) {
		return next
	}
	return tomorrow
}

// blind is for how long the free page may keep requests away by its silence: it may be silent for reasons of its own, and for ever.
func (p Pace) blind() time.Duration { return day / time.Duration(1+min(p.probes, blindProbes)) }

// blindProbes is how many requests a day probe, at most, though the free page is silent.
const blindProbes = 4
