package threatq

import (
	"errors"
	"time"
)

// A stamp is a time of the platform: milliseconds since 1970, UTC. 0 stands for none.
type stamp int64

// The two ways in which the API writes a time, always in UTC and without a zone.
const (
	layoutSeconds = "2006-01-02 15:04:05"
	layoutMillis  = "2006-01-02 15:04:05.000"
)

var errDate = errors.New("not a date")

// stampOf cuts a time to milliseconds. Times before 1970 become none: no indicator is that old.
func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return 0
	}
	return stamp(max(t.UnixMilli(), 0))
}

// time is the zero time for none.
func (s stamp) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(s)).UTC()
}

// seconds writes the short form, which the search uses for every time.
func (s stamp) seconds() string { return s.time().Format(layoutSeconds) }

// millisOrNil writes the relational store's longer form; none is null there.
func (s stamp) millisOrNil() any {
	if s == 0 {
		return nil
	}
	return s.time().Format(layoutMillis)
}

// secondsOrNil is for columns that may be empty.
func (s stamp) secondsOrNil() any {
	if s == 0 {
		return nil
	}
	return s.seconds()
}

// parseStamp reads a date as clients write it. Fractions of a second are read by the first layout too.
func parseStamp(text string) (stamp, error) {
	for _, layout := range []string{layoutSeconds, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return stampOf(t), nil
		}
	}
	return 0, errDate
}
