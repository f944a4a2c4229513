package vtq_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/stream"
)

const (
	// fewKills is how many there are unless CRASH_KILLS says more.
	fewKills = 20
	// arrival is how often a new indicator comes to a mill, so that there is something to do at any time.
	arrival = 500 * time.Millisecond
	// maxRest is how long a mill is left alone between two kills at most: half of it on average, so that work gets done in between.
	maxRest = 5 * time.Second
	// trapPatience is how long a trap waits for its step. Then the process dies at whatever it does.
	trapPatience = 3 * time.Second
	// backPatience bounds the wait for a process that was killed to be back, on a machine that is busy.
	backPatience = time.Minute
)

// An ordeal is a run in which processes are killed at random, until there were so many kills.
type ordeal struct {
	mills *mills
	seed  uint64
	left  atomic.Int64 // Kills that are still to come.
	toll  *toll

	want map[string][]string // Of an undisturbed run over everything that any of the mills got.
	told chan struct{}       // Closed when it is known.
}

// setting is a number of the environment, or its default.
func setting(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		t.Fatalf("%s: wants a number from 1 on", name)
	}
	return n
}

// random has processes of all stages killed at random, at a step or at any moment: CRASH_KILLS times, in CRASH_MILLS mills. CRASH_SEED
// repeats the choices of another time; what they meet depends on the machine.
func (w *mills) random(t *testing.T) {
	began := time.Now()
	o := &ordeal{mills: w, seed: uint64(setting(t, "CRASH_SEED", rand.Int64())), toll: newToll(), told: make(chan struct{})}
	o.left.Store(setting(t, "CRASH_KILLS", fewKills))
	defer func() { t.Logf("seed %d, %v\n%v", o.seed, time.Since(began).Round(time.Second), o.toll) }()

	var running sync.WaitGroup
	mills := setting(t, "CRASH_MILLS", 4)
	fed := make(chan int, mills) // How many indicators each mill got.
	for i := range mills {
		running.Go(func() {
			t.Run(fmt.Sprintf("mill %d", i), func(t *testing.T) {
				n := 0
				over := sync.OnceFunc(func() { fed <- n })
				defer over()
				o.run(t, rand.New(rand.NewPCG(o.seed, uint64(i))), func(got int) { n = got; over() })
			})
		})
	}
	most := 0
	for range mills {
		most = max(most, <-fed)
	}
	t.Run("undisturbed", func(t *testing.T) {
		defer close(o.told)
		m := w.build(t, "VT_REQUESTS_PER_MINUTE=0")
		for item := range dataset.Many(most) {
			m.add(item)
		}
		m.run()
		m.finish(killPatience, nil)
		o.want = m.rows()
	})
	running.Wait()
}

// run has one mill tormented, tells how many indicators it got, and compares what it has come to.
func (o *ordeal) run(t *testing.T, dice *rand.Rand, over func(fed int)) {
	t.Helper()
	m := o.mills.build(t)
	m.run()
	for _, v := range m.victims {
		if err := v.back(backPatience); err != nil {
			t.Fatalf("%v\n%s", err, m.lastWords())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fed := make(chan int, 1)
	go func() { fed <- m.feed(ctx, dataset.Many(dataset.MaxMany)) }()
	err := m.torment(o, dice)
	cancel()
	over(<-fed)
	if err != nil {
		t.Fatalf("%v\n%s", err, m.lastWords())
	}
	<-o.told
	defer func() { o.toll.add(m, o.want) }()
	patience := killPatience
	if setting(t, "CRASH_KILLS", fewKills) > fewKills {
		patience = longPatience
	}
	m.finish(patience, only(o.want, m.rows()))
	m.check()
}

// only keeps what belongs to the indicators of a mill.
func only(want, got map[string][]string) map[string][]string {
	all := map[string][]string{}
	for in := range got {
		all[in] = want[in]
	}
	return all
}

// feed adds indicators, one by one, until ctx ends, and tells how many.
func (m *mill) feed(ctx context.Context, items iter.Seq[dataset.Item]) (n int) {
	tick := time.NewTicker(arrival)
	defer tick.Stop()
	for item := range items {
		select {
		case <-ctx.Done():
			return n
		case <-tick.C:
			m.add(item)
			n++
		}
	}
	return n
}

// torment kills processes of the mill until there were enough.
func (m *mill) torment(o *ordeal, dice *rand.Rand) error {
	for o.left.Add(-1) >= 0 {
		v := m.victims[dice.IntN(len(m.victims))]
		at := v.murder(dice)
		o.toll.kill(v.stage, at)
		if err := v.back(backPatience); err != nil {
			return errors.Join(fmt.Errorf("after a kill at %s", at), err)
		}
		<-time.After(time.Duration(dice.Int64N(int64(maxRest))))
	}
	return nil
}

// murder kills a process at a random step, or at a random moment when it is to, or when the step does not come. It tells which it was.
func (v *victim) murder(dice *rand.Rand) step {
	steps := append(slices.Clone(v.steps), anyMoment)
	at := trap{step: steps[dice.IntN(len(steps))], after: dice.IntN(2) > 0, nth: 1 + dice.IntN(4)}
	patience := trapPatience
	if at.step == anyMoment || at.step == certificate { // There is only one certificate.
		patience = time.Duration(dice.Int64N(int64(time.Second)))
	}
	sprung := v.lay(at)
	select {
	case <-sprung:
		return at.step
	case <-time.After(patience):
	}
	if !v.lift() {
		<-sprung
		return at.step
	}
	v.strike()
	return anyMoment
}

// dead counts the dead letters.
func (m *mill) dead() uint64 {
	s, err := m.js.Stream(context.Background(), stream.DeadLetters)
	if err != nil {
		m.t.Errorf("counting dead letters: %v", err)
		return 0
	}
	return s.CachedInfo().State.Msgs
}
