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
	return stopwatch > maxReading || (wall-stopwatch).Abs() > maxStep
}
