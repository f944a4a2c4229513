package time

import (
	"sync"
	"syscall"
)

// skew is what a test has the wall clock be wrong by, in seconds, so long after the start of the process. CLOCK_AHEAD says by what it
// is wrong all the time; every CLOCK_EVERY it steps to CLOCK_STEP more than that, to no more, and to CLOCK_STEP less. Of processes with
// other CLOCK_TURNs each is at another of the three.
func skew(since int64) int64 {
	c := readSkew()
	if c.every == 0 {
		return c.ahead
	}
	return c.ahead + c.step*(1-(since/c.every+c.turn)%3)
}

type skewing struct {
	ahead, step int64 // Seconds.
	every       int64 // Nanoseconds.
	turn        int64
}

var readSkew = sync.OnceValue(func() skewing {
	variable := func(name string) Duration {
		text, _ := syscall.Getenv(name)
		d, _ := ParseDuration(text) // Zero where it is unset.
		return d
	}
	return skewing{
		ahead: int64(variable("CLOCK_AHEAD") / Second), step: int64(variable("CLOCK_STEP") / Second),
		every: int64(variable("CLOCK_EVERY")), turn: int64(variable("CLOCK_TURN")),
	}
})
