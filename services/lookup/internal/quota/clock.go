package quota

import "time"

const (
	// maxReading is how long a reading of the server's clock is gone by. A stop-watch is off by up to 0.05 %, which is 0.3 s then
	// and seconds in a day.
	maxReading = 10 * time.Minute
	// maxStep is how far the wall clock may leave the stop-watch before something has happened to one of them.
	maxStep = time.Second
)

// Stale tells whether a reading of the server's clock is too old to go by, from how long ago it was by the stop-watch and by the wall
// clock. The wall clock is never believed; but a stop-watch stands still while the machine is suspended, and only the difference tells.
func Stale(stopwatch, wall time.Duration) bool {
	return stopwatch > maxReading || stepped(stopwatch, wall)
}

// Void tells whether a permit is older than its age, from how long ago it was asked for by the stop-watch and by the wall clock.
// Whichever says more counts: the stop-watch stands still while the machine is suspended, and a wall clock that stepped only wastes a
// permit. After a step back neither is believed.
func Void(stopwatch, wall, age time.Duration) bool { return Left(stopwatch, wall, age) < 0 }

// Left is how long a permit is still good, by the same rule: less than nothing when it is void.
func Left(stopwatch, wall, age time.Duration) time.Duration {
	if stepped(stopwatch, wall) {
		return -1
	}
	return age - max(stopwatch, wall)
}

func stepped(stopwatch, wall time.Duration) bool { return (wall - stopwatch).Abs() > maxStep }
