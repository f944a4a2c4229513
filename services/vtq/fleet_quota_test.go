package vtq_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	// workerKills and leaderKills are how often a process is killed, on average: a random worker, and the leader of the slots' stream.
	workerKills = 2 * time.Second
	leaderKills = 20 * time.Second
)

// TestQuota has fleets of real processes at work, and prints what became of their quotas by the simulator's clock. QUOTA_RUNS has it
// run: short takes minutes, long has the runs of ten minutes and longer kills. QUOTA_SEED repeats the kills of another time.
func TestQuota(t *testing.T) {
	length := os.Getenv("QUOTA_RUNS")
	if length != "short" && length != "long" {
		t.Skip("real processes for minutes on end: QUOTA_RUNS=short or long has them run")
	}
	seed := seedOf(t)
	plain, skewed := build(t), buildSkewed(t)
	var results table
	defer func() { t.Logf("seed of the kills: %d\n%v", seed, &results) }()

	together(t, &results, "use", uses(plain, length == "long"))
	together(t, &results, "harm", append(deaths(plain, 1, length == "long", seed), midnights(skewed)...))
	together(t, &results, "harm to a cluster", deaths(plain, 3, length == "long", seed))
	t.Run("speed", func(t *testing.T) { measureSpeed(t, &results, plain) })
	together(t, &results, "urgent", urgents(plain))
}

// seedOf is QUOTA_SEED, or a new one.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("QUOTA_SEED")
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("QUOTA_SEED: wants a number: %v", err)
	}
	return seed
}

// A trial is one run, which makes a row of the table.
type trial struct {
	run            string
	workers, nodes int
	measure        func(*testing.T) row
}

// together has trials run at the same time: they mostly wait.
func together(t *testing.T, results *table, name string, trials []trial) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		for _, one := range trials {
			enter := results.place()
			t.Run(fmt.Sprintf("%s, %d workers, R%d", one.run, one.workers, one.nodes), func(t *testing.T) {
				t.Parallel()
				r := row{figure: "came to no end"}
				defer func() { r.run, r.workers, r.nodes = one.run, one.workers, one.nodes; enter(r) }()
				r = one.measure(t)
				if !r.met {
					t.Errorf("%d over, figure %s, want 0 and %s", r.tally.over, r.figure, r.bar)
				}
			})
		}
	})
}

// row is what a fleet's run came to as far as its quota goes.
func (f *fleet) row(counted tally) row {
	r := row{workers: f.plan.workers, nodes: f.plan.nodes, leaders: f.cluster.kills(), limit: f.plan.limit, tally: counted, met: counted.over == 0}
	falls := 0
	for _, w := range f.workers {
		killed, fell := w.ends()
		r.killed += killed
		falls += fell
	}
	if falls > 0 {
		f.t.Logf("workers ended by themselves %d times; the last lines of the first:\n%s", falls, tail(f.log(0)))
	}
	return r
}

// tail is the end of a log.
func tail(path string) string {
	body, _ := os.ReadFile(path) // Whatever there is.
	return string(body[max(0, len(body)-500):])
}

// A saturated run has more to do than it may, and nobody is killed: what counts is how much of the quota it uses.
type saturated struct {
	limit          limit
	workers, nodes int
	rounds         int     // Of a window and a second: the observation, which has to be of ten windows at least for the bar to count.
	bar            float64 // What the use has to be.
}

// uses are the saturated runs. 4 per 6 s cannot be better than 6/7, 0.857, and a minute than 60/61, 0.984: a slot is taken for a second
// longer than its window.
func uses(p programs, long bool) []trial {
	six, minute, licence := limit{4, 6 * time.Second}, limit{4, time.Minute}, limit{1000, time.Minute}
	runs := []saturated{{six, 1, 1, 12, 0.82}, {six, 4, 1, 12, 0.82}, {six, 16, 1, 12, 0.82}, {six, 4, 3, 12, 0.82}}
	if long {
		runs = append(runs, saturated{minute, 4, 1, 10, 0.97}, saturated{minute, 4, 3, 10, 0.97}, saturated{licence, 4, 1, 10, 0.93})
	} else {
		runs = append(runs, saturated{licence, 4, 1, 3, 0.93}) // Three windows: a hint.
	}
	var trials []trial
	for _, s := range runs {
		name := fmt.Sprintf("saturated, %d per %v", s.limit.requests, s.limit.window)
		trials = append(trials, trial{name, s.workers, s.nodes, func(t *testing.T) row { return s.measure(t, p) }})
	}
	return trials
}

func (s saturated) measure(t *testing.T, p programs) row {
	t.Helper()
	f := newFleet(t, plan{programs: p, nodes: s.nodes, workers: s.workers, limit: s.limit, settings: []string{noReserve}})
	lasts := time.Duration(s.rounds) * (s.limit.window + time.Second)
	f.fill(s.limit.enough(lasts))
	f.work()
	f.pass(f.first().Add(lasts))
	r := f.row(tallyOf(f.spent(), s.limit, lasts))
	r.figure, r.bar = fmt.Sprintf("%.3f used", r.tally.use), fmt.Sprintf(">= %.2f", s.bar)
	r.met = r.met && r.tally.use >= s.bar
	return r
}

// A death is a run in which processes are killed: what counts is that nothing is spent too often.
type death struct {
	limit          limit
	workers, nodes int
	seed           uint64
}

// deaths are the runs with kills: slots of one request, and of one or two. Where there is a single server, it is the leader.
func deaths(p programs, nodes int, long bool, seed uint64) []trial {
	lasts := 70 * time.Second
	if long {
		lasts = 5 * time.Minute
	}
	var trials []trial
	for _, d := range []death{
		{limit{4, 6 * time.Second}, 1, nodes, seed}, {limit{60, 6 * time.Second}, 4, nodes, seed}, {limit{300, 6 * time.Second}, 16, nodes, seed},
	} {
		name := fmt.Sprintf("kills, %d per %v", d.limit.requests, d.limit.window)
		trials = append(trials, trial{name, d.workers, d.nodes, func(t *testing.T) row { return d.measure(t, p, lasts) }})
	}
	return trials
}

func (d death) measure(t *testing.T, p programs, lasts time.Duration) row {
	t.Helper()
	f := newFleet(t, plan{programs: p, nodes: d.nodes, workers: d.workers, limit: d.limit, settings: []string{noReserve}})
	f.fill(d.limit.enough(lasts))
	f.work()
	end := f.first().Add(lasts)
	f.torment(end, rand.New(rand.NewPCG(d.seed, uint64(100*d.nodes+d.workers))))
	f.pass(end)
	r := f.row(tallyOf(f.spent(), d.limit, lasts))
	r.figure, r.bar = fmt.Sprintf("%.3f used", r.tally.use), "0 over"
	return r
}

// torment kills workers and leaders until a moment of the simulator's time.
func (f *fleet) torment(until time.Time, dice *rand.Rand) {
	end := time.After(until.Sub(f.now()))
	worker, leader := time.After(about(workerKills, dice)), time.After(about(leaderKills, dice))
	for {
		select {
		case <-worker:
			f.workers[dice.IntN(len(f.workers))].kill()
			worker = time.After(about(workerKills, dice))
		case <-leader:
			f.cluster.killLeader(f.t.Context())
			leader = time.After(about(leaderKills, dice))
		case <-end:
			return
		}
	}
}

// about is d, give or take a half.
func about(d time.Duration, dice *rand.Rand) time.Duration {
	return d/2 + time.Duration(dice.Int64N(int64(d)))
}
