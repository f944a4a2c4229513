package vtq_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A toll is what an ordeal came to.
type toll struct {
	mu     sync.Mutex
	kills  map[string]map[step]int // By stage.
	again  int64                   // Messages that were delivered again.
	calls  count
	rows   compared
	dead   uint64
	fallen int // Processes that ended by themselves.
}

// compared is what the rows of indicators came to, against those of an undisturbed run.
type compared struct{ indicators, rows, doubled, lost, foreign int }

func newToll() *toll { return &toll{kills: map[string]map[step]int{}} }

func (o *toll) kill(stage string, at step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.kills[stage] == nil {
		o.kills[stage] = map[step]int{}
	}
	o.kills[stage][at]++
}

// add adds what a mill has come to.
func (o *toll) add(m *mill, want map[string][]string) {
	calls, rows, dead := m.calls.count(), compare(want, m.rows()), m.dead()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, v := range m.victims {
		o.again += v.again.Load()
		_, fell := v.ends()
		o.fallen += fell
	}
	o.calls.all += calls.all
	o.calls.again += calls.again
	o.calls.allowed += calls.allowed
	o.calls.over += calls.over
	o.rows.indicators += rows.indicators
	o.rows.rows += rows.rows
	o.rows.doubled += rows.doubled
	o.rows.lost += rows.lost
	o.rows.foreign += rows.foreign
	o.dead += dead
}

// compare counts, row by row: doubled is a row that stands there more often than it should, foreign one that should not stand there.
func compare(want, got map[string][]string) (c compared) {
	for in, rows := range got {
		c.indicators++
		c.rows += len(rows)
		balance, wanted := map[string]int{}, map[string]bool{}
		for _, row := range rows {
			balance[row]++
		}
		for _, row := range want[in] {
			balance[row]--
			wanted[row] = true
		}
		for row, n := range balance {
			switch {
			case n < 0:
				c.lost -= n
			case wanted[row]:
				c.doubled += n
			default:
				c.foreign += n
			}
		}
	}
	return c
}

func (o *toll) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var text strings.Builder
	all := 0
	for _, s := range stages() {
		killed := 0
		for _, n := range o.kills[s.stage] {
			killed += n
		}
		all += killed
		fmt.Fprintf(&text, "%6d kills of the %s\n", killed, s.stage)
		for _, at := range slices.Sorted(maps.Keys(o.kills[s.stage])) {
			fmt.Fprintf(&text, "%12d at %s\n", o.kills[s.stage][at], at)
		}
	}
	fmt.Fprintf(&text, "%6d kills, %d processes that ended by themselves\n", all, o.fallen)
	fmt.Fprintf(&text, "%6d redeliveries, %d dead letters\n", o.again, o.dead)
	fmt.Fprintf(&text, "%6d requests to the provider, %d repeated, of %d that were in flight at a kill; %d repeated too often\n",
		o.calls.all, o.calls.again, o.calls.allowed, o.calls.over)
	fmt.Fprintf(&text, "%6d rows of %d indicators compared: %d duplicates, %d lost, %d that do not belong there\n",
		o.rows.rows, o.rows.indicators, o.rows.doubled, o.rows.lost, o.rows.foreign)
	return text.String()
}
