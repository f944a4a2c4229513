package verdict

import (
	"encoding/binary"
	"time"

	"vtq.internal/shared/indicator"
)

// Refresh says how long an answer stays fresh, by what it was. An answer past its age is asked for again, after everything
// that was never asked.
type Refresh struct {
	Malicious time.Duration // Malicious and Suspicious: detections change while engines catch up.
	Clean     time.Duration // Harmless, Undetected and No Verdict.
	NotFound  time.Duration // Somebody may submit it any day.
	// Jitter spreads the ages by up to this share of the age, earlier, fixed for each object: a big import is asked for in
	// one go and would else come due in one go. From 0 to 1.
	Jitter float64
}

// Longest is the longest age: what a cache of verdicts must hold for.
func (r Refresh) Longest() time.Duration { return max(r.Malicious, r.Clean, r.NotFound) }

// Due is when an answer of this class about the object with this key grows old.
func (r Refresh) Due(class Class, asked time.Time, key indicator.Key) time.Time {
	age := r.age(class)
	early := time.Duration(r.Jitter * spread(key) * float64(age))
	return asked.Add(age - early)
}

func (r Refresh) age(class Class) time.Duration {
	switch class {
	case ClassMalicious, ClassSuspicious:
		return r.Malicious
	case ClassNotFound:
		return r.NotFound
	case ClassHarmless, ClassUndetected, ClassNoVerdict:
	}
	return r.Clean
}

// spread maps a key evenly onto [0, 1): the key is a hash, so its own digits are the dice.
func spread(key indicator.Key) float64 {
	var digits [8]byte
	copy(digits[:], key)
	return float64(binary.BigEndian.Uint64(digits[:])%10_007) / 10_007
}
