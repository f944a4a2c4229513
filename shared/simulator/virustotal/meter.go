package virustotal

import (
	"slices"
	"time"
)

// usageDays is how far back the usage page goes (vendor documentation).
const usageDays = 60

// A meter counts what one key or one group used. It is arithmetic on times that it is given; the Server's lock guards it.
type meter struct {
	// recent are the last counted times, oldest first, at most as many as the minute limit: the one at the front decides.
	recent []time.Time

	minute, hour, day, month period

	// usage counts by UTC day ("2026-08-19") and endpoint, for the last usageDays days.
	usage map[string]map[Endpoint]int
}

// A period is a stretch of the clock and what was used in it.
type period struct {
	from, until time.Time
	used        int
}

// roll moves every period to the one that holds now.
func (m *meter) roll(now time.Time) {
	minute, hour := now.Truncate(time.Minute), now.Truncate(time.Hour)
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	m.minute.move(minute, minute.Add(time.Minute))
	m.hour.move(hour, hour.Add(time.Hour))
	m.day.move(day, day.AddDate(0, 0, 1))
	m.month.move(month, month.AddDate(0, 1, 0))
}

func (p *period) move(from, until time.Time) {
	if !p.from.Equal(from) {
		*p = period{from: from, until: until}
	}
}

// after is how long until the period has room again.
func (p *period) after(limit int, now time.Time) time.Duration {
	if limit == 0 || p.used < limit {
		return 0
	}
	return p.until.Sub(now)
}

// after is how long until one more request fits every limit.
func (m *meter) after(l Limits, w Window, now time.Time) time.Duration {
	m.roll(now)
	return max(m.afterMinute(l.Minute, w, now), m.day.after(l.Day, now), m.month.after(l.Month, now))
}

func (m *meter) afterMinute(limit int, w Window, now time.Time) time.Duration {
	if w == Fixed {
		return m.minute.after(limit, now)
	}
	if limit == 0 || len(m.recent) < limit {
		return 0
	}
	// A request 60 seconds after the first of a full window is let through: the window is half open.
	return max(m.recent[0].Add(time.Minute).Sub(now), 0)
}

// left is how many requests the minute has room for, and when it has room for more.
func (m *meter) left(l Limits, w Window, now time.Time) (int, time.Time) {
	m.roll(now)
	if w == Fixed {
		return max(l.Minute-m.minute.used, 0), m.minute.until
	}
	start := slices.IndexFunc(m.recent, func(t time.Time) bool { return t.Add(time.Minute).After(now) })
	if start < 0 {
		return l.Minute, now
	}
	return l.Minute - len(m.recent[start:]), m.recent[start].Add(time.Minute)
}

func (m *meter) count(l Limits, e Endpoint, now time.Time) {
	m.roll(now)
	for _, p := range []*period{&m.minute, &m.hour, &m.day, &m.month} {
		p.used++
	}
	if l.Minute > 0 {
		m.recent = append(m.recent, now)
		m.recent = m.recent[max(0, len(m.recent)-l.Minute):]
	}
	m.use(e, now)
}

func (m *meter) use(e Endpoint, now time.Time) {
	day := now.Format(time.DateOnly)
	if m.usage == nil {
		m.usage = map[string]map[Endpoint]int{}
	}
	if m.usage[day] == nil {
		m.usage[day] = map[Endpoint]int{}
		oldest := now.AddDate(0, 0, -usageDays).Format(time.DateOnly)
		for d := range m.usage {
			if d < oldest {
				delete(m.usage, d)
			}
		}
	}
	m.usage[day][e]++
}

// refund takes back a request counted at that time, where the period it was counted in has not gone by.
func (m *meter) refund(e Endpoint, at time.Time) {
	for _, p := range []*period{&m.minute, &m.hour, &m.day, &m.month} {
		if !at.Before(p.from) && at.Before(p.until) {
			p.used--
		}
	}
	if i := slices.IndexFunc(m.recent, at.Equal); i >= 0 {
		m.recent = slices.Delete(m.recent, i, i+1)
	}
	if day := m.usage[at.Format(time.DateOnly)]; day != nil {
		day[e]--
	}
}
