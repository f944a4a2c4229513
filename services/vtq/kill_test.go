package vtq_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillNine kills real processes with SIGKILL and starts them again on what they left behind. In the end ThreatQ is as if nothing had
// happened, and the provider was asked again about what was in flight at a kill, once, and about nothing else.
//
// A kill costs the wait for a redelivery, 30 s or 60 s, so that everything runs side by side.
func TestKillNine(t *testing.T) {
	if testing.Short() {
		t.Skip("kills real processes and waits for real redeliveries: about 90 s")
	}
	t.Parallel()
	w := newMills(t)
	var running sync.WaitGroup
	running.Go(func() { t.Run("every step", w.everyStep) })
	running.Go(func() { t.Run("random", w.random) })
	running.Wait()
}

// everyStep kills before and after every step that a stage does. By default each mill has one process of every stage killed, which
// covers all steps with a dozen mills. CRASH_MATRIX=full gives each kill a mill of its own, at the first event of a step and at one in the
// middle of the work.
func (w *mills) everyStep(t *testing.T) {
	plans, atATime := threeAtOnce(), 12
	if os.Getenv("CRASH_MATRIX") == "full" {
		plans, atATime = alone(), 16
	}
	want := w.undisturbed(t)
	places := make(chan struct{}, atATime)
	var running sync.WaitGroup
	for _, p := range plans {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			t.Run(p.String(), func(t *testing.T) { w.kill(t, p, want) })
		})
	}
	running.Wait()
}

// Kills have a trap for each stage, or some.
type kills map[string]trap

func (k kills) String() string {
	var all []string
	for _, stage := range slices.Sorted(maps.Keys(k)) {
		all = append(all, fmt.Sprintf("%s %v", stage, k[stage]))
	}
	return strings.Join(all, ", ")
}

// undisturbed gives the rows of a run in which nobody dies.
func (w *mills) undisturbed(t *testing.T) (rows map[string][]string) {
	t.Helper()
	t.Run("undisturbed", func(t *testing.T) {
		m := w.build(t)
		m.run()
		m.finish(killPatience, nil)
		if n := m.check(); n.again > 0 {
			t.Errorf("%d requests were repeated, want none", n.again)
		}
		rows = m.rows()
	})
	return rows
}

// kill has the processes of a mill killed as planned.
func (w *mills) kill(t *testing.T, traps kills, want map[string][]string) {
	began := time.Now()
	m := w.build(t)
	sprung := m.lay(traps)
	for _, v := range m.victims {
		if _, ok := traps[v.stage]; !ok {
			continue
		}
		if err := v.killed(sprung[v.stage], killPatience); err != nil {
			t.Fatalf("%v\n%s", err, m.lastWords())
		}
	}
	m.finish(killPatience, want)
	n := m.check()
	t.Logf("%d requests, %d repeated of %d in flight; %v", n.all, n.again, n.allowed, time.Since(began).Round(time.Second))
}

// lay starts the mill with traps set, since some steps come at once.
func (m *mill) lay(traps kills) map[string]<-chan struct{} {
	m.t.Helper()
	sprung := map[string]<-chan struct{}{}
	for _, s := range stages() {
		v := m.prepare(s)
		if at, ok := traps[s.stage]; ok {
			sprung[s.stage] = v.lay(at)
		}
		m.start(v)
	}
	return sprung
}

// alone are the kills of the whole matrix, each by itself.
func alone() (plans []kills) {
	for _, s := range stages() {
		for _, at := range traps(s.steps) {
			plans = append(plans, kills{s.stage: at})
			if middle := at.step.middle(); middle > at.nth {
				at.nth = middle
				plans = append(plans, kills{s.stage: at})
			}
		}
	}
	return plans
}

// threeAtOnce are kills at the first event of every step, before and after it, of one process of each stage at a time. A stage that comes to
// the end of its steps goes on in the middle of the work.
func threeAtOnce() (plans []kills) {
	most := 0
	for _, s := range stages() {
		most = max(most, len(traps(s.steps)))
	}
	for i := range most {
		plan := kills{}
		for _, s := range stages() {
			all := traps(s.steps)
			at := all[i%len(all)]
			if i >= len(all) {
				at.nth = at.step.middle()
			}
			plan[s.stage] = at
		}
		plans = append(plans, plan)
	}
	return plans
}

// traps are one before and one after the first event of each step.
func traps(steps []step) (all []trap) {
	for _, s := range steps {
		all = append(all, trap{s, false, 1}, trap{s, true, 1})
	}
	return all
}
