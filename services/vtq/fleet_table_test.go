package vtq_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// A row is one run in the table.
type row struct {
	run             string
	workers, nodes  int
	killed, leaders int
	limit           limit
	tally           tally
	figure, bar     string
	met             bool
}

// A table collects rows in the order in which runs are planned, whatever the order in which they end.
type table struct {
	mu   sync.Mutex
	rows []*row
}

// place keeps a place for a row, which the run fills in.
func (t *table) place() func(row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &row{}
	t.rows = append(t.rows, r)
	return func(filled row) {
		t.mu.Lock()
		defer t.mu.Unlock()
		*r = filled
	}
}

func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nrun\tworkers\tserver\tkilled\tleaders killed\tfullest\tover\trequests\tfigure\tbar\tmet")
	for _, r := range t.rows {
		if r.run != "" { // Others were not selected.
			fmt.Fprintf(w, "%s\t%d\tR%d\t%d\t%d\t%s\t%s\t%d\t%s\t%s\t%s\n", r.run, r.workers, r.nodes, r.killed, r.leaders,
				r.fullest(), r.over(), r.tally.requests, r.figure, r.bar, map[bool]string{true: "yes", false: "NO"}[r.met])
		}
	}
	_ = w.Flush() // To a string.
	return text.String()
}

func (r row) fullest() string {
	if r.limit.requests == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", r.tally.fullest, r.limit.requests)
}

func (r row) over() string {
	if r.limit.requests == 0 {
		return "-"
	}
	return strconv.Itoa(r.tally.over)
}

// A tally is what the times of requests come to.
type tally struct {
	requests int     // Within the time that is observed.
	fullest  int     // The most in any window, over all times.
	over     int     // Those with as many as the limit in the window before them, over all times.
	use      float64 // Of the quota, within the time that is observed, where that is given.
}

// tallyOf counts times, which are in order. What is observed begins with the first request and lasts for so long, 0 for up to the last.
//
// The use is requests / (Q T / W). It flatters by what the last window has ahead of it: a window's requests come at its beginning, so
// that an observation which ends just after them has them for nothing. Who compares it with a bar lets T be a multiple of W + 1 s, after
// which the slots of a window are free again: then each round of requests is observed along with the time that it cost.
func tallyOf(times []time.Time, l limit, lasts time.Duration) tally {
	var t tally
	first := 0 // Of the window that ends with a time.
	for i, at := range times {
		for !times[first].Add(l.window).After(at) {
			first++
		}
		t.fullest = max(t.fullest, i-first+1)
		if i-first+1 > l.requests {
			t.over++
		}
		if lasts == 0 || at.Sub(times[0]) < lasts {
			t.requests++
		}
	}
	if lasts == 0 {
		return t
	}
	t.use = float64(t.requests) / (float64(l.requests) * lasts.Seconds() / l.window.Seconds())
	return t
}

func TestTallyOf(t *testing.T) {
	const s = time.Second
	cases := map[string]struct {
		at    []time.Duration
		limit limit
		lasts time.Duration
		want  tally
	}{
		"none":                   {nil, limit{4, 6 * s}, 12 * s, tally{}},
		"as many as there may":   {[]time.Duration{0, 0, 6 * s, 6 * s}, limit{2, 6 * s}, 12 * s, tally{4, 2, 0, 1}},
		"a nanosecond too early": {[]time.Duration{0, 0, 6*s - 1, 6 * s}, limit{2, 6 * s}, 12 * s, tally{4, 3, 1, 1}},
		"over and over":          {[]time.Duration{0, s, 2 * s, 3 * s}, limit{2, 6 * s}, 12 * s, tally{4, 4, 2, 1}},
		"the end is left out":    {[]time.Duration{0, 6 * s, 12*s - 1, 12 * s}, limit{2, 6 * s}, 12 * s, tally{3, 2, 0, 0.75}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var times []time.Time
			for _, d := range c.at {
				times = append(times, time.Unix(1_700_000_000, 0).Add(d))
			}
			if got := tallyOf(times, c.limit, c.lasts); got != c.want {
				t.Errorf("tallyOf(%v, %v, %v) = %+v, want %+v", c.at, c.limit, c.lasts, got, c.want)
			}
		})
	}
}
