package vtq_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	// stepSize is how far a worker's wall clock jumps, to either side, and stepEvery how often it does.
	stepSize  = 5 * time.Minute
	stepEvery = 4 * time.Second
)

// A wallClock is what wall clocks show. The zero value is right.
type wallClock struct {
	ahead time.Duration // Of everything in a fleet: whole seconds.
	steps bool          // Of the workers alone.
}

// server and worker are the clock in the words of testdata/skewed.go.
func (c wallClock) server() []string { return []string{fmt.Sprintf("CLOCK_AHEAD=%v", c.ahead)} }

func (c wallClock) worker(i int) []string {
	if !c.steps {
		return c.server()
	}
	return append(c.server(), fmt.Sprintf("CLOCK_STEP=%v", stepSize), fmt.Sprintf("CLOCK_EVERY=%v", stepEvery), fmt.Sprintf("CLOCK_TURN=%dns", i))
}

// buildSkewed builds the programs with a wall clock that can be wrong: time.Now adds to its seconds what testdata/skewed.go says, and
// leaves the monotonic reading as it is, which is what a step of the system's clock does to a process. The whole standard library is
// built anew for it, in some 90 s of one processor where no cache has it.
func buildSkewed(t *testing.T) programs {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("asking for GOROOT: %v", err)
	}
	source := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	body, err := os.ReadFile(filepath.Join(source, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const head = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if !strings.Contains(string(body), head) {
		t.Fatalf("time.Now of this Go does not begin with %q any more", head)
	}
	changed := strings.Replace(string(body), head, head+"\tsec += skew(mono - startNano)\n", 1)
	skewed, err := filepath.Abs(filepath.Join("testdata", "skewed.go"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(source, "time.go"):   write(t, dir, "time.go", changed),
		filepath.Join(source, "skewed.go"): skewed,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return build(t, "-overlay", write(t, dir, "overlay.json", string(overlay)))
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A midnight is a run over 00:00 UTC by the clock of the server and of the simulator.
type midnight struct {
	name    string
	lead    time.Duration // From the start of the run to midnight.
	fullDay bool          // The first day has time enough to be spent.
}

const (
	// midnightWorkers are one for each way in which the clock can be wrong.
	midnightWorkers = 3
	// midnightLasts is a whole run: both days spent, and some rounds of a window more, in which nothing may follow.
	midnightLasts = time.Minute
	// daily is the limit of a UTC day in these runs: four rounds of dailyWindow, which take 13 s.
	daily = 40
)

func dailyWindow() limit { return limit{10, 3 * time.Second} }

// midnights are the runs with wrong clocks. Nothing is spent for 5 s to either side of midnight.
func midnights(p programs) []trial {
	var trials []trial
	for _, m := range []midnight{
		{"clocks step, the day is spent at midnight", 32 * time.Second, true},
		{"clocks step, busy until midnight", 16 * time.Second, false},
	} {
		trials = append(trials, trial{m.name, midnightWorkers, 1, func(t *testing.T) row { return m.measure(t, p) }})
	}
	return trials
}

// measure has workers spend two days' limits around midnight, while their wall clocks step by five minutes to either side of it.
func (m midnight) measure(t *testing.T, p programs) row {
	t.Helper()
	now := time.Now()
	turn := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	f := newFleet(t, plan{
		programs: p, nodes: 1, workers: midnightWorkers, limit: dailyWindow(),
		settings: []string{fmt.Sprintf("VT_REQUESTS_PER_DAY=%d", daily), "LOG_LEVEL=info", noReserve},
		clock:    wallClock{ahead: turn.Add(-m.lead).Sub(now).Truncate(time.Second), steps: true},
	})
	f.fill(4 * daily)
	f.work()
	f.pass(turn.Add(midnightLasts - m.lead))

	times := f.spent()
	before := 0
	for _, at := range times {
		if at.Before(turn) {
			before++
		}
	}
	after := len(times) - before
	r := f.row(tallyOf(times, f.plan.limit, 0))
	r.figure, r.bar = fmt.Sprintf("%d, %d", before, after), fmt.Sprintf("<= %d, %d", daily, daily)
	if m.fullDay {
		r.bar = fmt.Sprintf("%d, %d", daily, daily)
	}
	r.met = r.met && before > 0 && before <= daily && (before == daily || !m.fullDay) && after == daily
	for i := range f.workers {
		if !stepped(t, f.log(i)) {
			t.Errorf("the wall clock of worker %d has not stepped both ways", i)
		}
	}
	return r
}

// stepped tells whether the times of the lines of a log jump by more than the half of a step, both forth and back.
func stepped(t *testing.T, log string) bool {
	t.Helper()
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // Only read.
	var last time.Time
	forth, back := false, false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct{ Time time.Time }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // What is no line of the log.
		}
		if jump := line.Time.Sub(last); !last.IsZero() {
			forth, back = forth || jump > stepSize/2, back || jump < -stepSize/2
		}
		last = line.Time
	}
	return forth && back
}
