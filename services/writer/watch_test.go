package writer_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// A line is one line of the log.
type line struct {
	Level     string  `json:"level"`
	Message   string  `json:"message"`
	Seq       uint64  `json:"seq"`
	Delivery  int     `json:"delivery"`
	Indicator int64   `json:"indicator_id"`
	Outcome   string  `json:"outcome"`
	Settle    string  `json:"settle"`
	Created   int     `json:"rows_created"`
	Unchanged int     `json:"rows_unchanged"`
	Down      float64 `json:"down_s"`
	Error     string  `json:"error"`
	Stack     string  `json:"stack"`
	Epoch     uint64  `json:"epoch"`
	Replay    uint64  `json:"replay"`
}

// A journal keeps what was logged.
type journal struct {
	mu    sync.Mutex
	lines []line
}

// Write implements io.Writer.
func (j *journal) Write(raw []byte) (int, error) {
	var one line
	if err := json.Unmarshal(raw, &one); err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, one)
	return len(raw), nil
}

// with gives the lines that are as wanted.
func (j *journal) with(wanted func(line) bool) []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.lines), func(one line) bool { return !wanted(one) })
}

// settlements gives the canonical lines.
func (j *journal) settlements() []line {
	return j.with(func(one line) bool { return one.Message == "settled" })
}

// loud counts the lines that call a person and begin so.
func (j *journal) loud(message string) int {
	return len(j.with(func(one line) bool {
		return one.Level == zerolog.LevelErrorValue && strings.HasPrefix(one.Message, message)
	}))
}

// maxStep bounds the wait between two looks: each costs the server some work.
const maxStep = 15 * time.Second

// until waits for something, for some time at most.
func (l *lab) until(most time.Duration, ready func() bool) {
	l.Helper()
	step := time.Second
	for began := time.Now(); !ready(); l.sleep(step) {
		step = min(2*step, maxStep)
		if time.Since(began) > most {
			l.Fatalf("waited %v in vain; the log says:\n%+v", most, l.logs.with(func(line) bool { return true }))
		}
	}
}

// settled waits until no verdict is to come and none is in hand.
func (l *lab) settled(most time.Duration) {
	l.Helper()
	l.sleep(time.Second) // The server counts what is to come a moment after it was published.
	l.until(most, func() bool { return l.pending() == 0 })
}

// pending counts the verdicts that are not settled for good.
func (l *lab) pending() int {
	l.Helper()
	consumer, err := l.js.Consumer(l.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		l.Fatalf("looking at the consumer: %v", err)
	}
	info := consumer.CachedInfo()
	return int(info.NumPending) + info.NumAckPending
}

// rows gives what the indicator bears, as source:name=value in the order of creation.
func (l *lab) rows(id int64) []string {
	var all []string
	for _, row := range l.tq.Attributes(id) {
		var sources []string
		for _, s := range row.Sources {
			sources = append(sources, s.Name)
		}
		all = append(all, strings.Join(sources, ",")+":"+row.Name+"="+row.Value)
	}
	return all
}

// row finds the row of a name; the zero Attribute if there is none, or more than one.
func (l *lab) row(id int64, name string) simulator.Attribute {
	l.Helper()
	all := slices.DeleteFunc(l.tq.Attributes(id), func(a simulator.Attribute) bool { return a.Name != name })
	if len(all) != 1 {
		l.Errorf("indicator %d has %d rows called %q, want 1", id, len(all), name)
		return simulator.Attribute{}
	}
	return all[0]
}

// verdictsAre checks the attribute that matters most on each indicator.
func (l *lab) verdictsAre(want string, ids ...int64) {
	l.Helper()
	for _, id := range ids {
		if got := l.row(id, "VT Verdict").Value; got != want {
			l.Errorf("indicator %d has the verdict %q, want %q", id, got, want)
		}
	}
}

// deadLetters gives all dead letters.
func (l *lab) deadLetters() []*jetstream.RawStreamMsg {
	l.Helper()
	dead, err := l.js.Stream(l.Context(), stream.DeadLetters)
	if err != nil {
		l.Fatalf("opening the dead letters: %v", err)
	}
	var all []*jetstream.RawStreamMsg
	state := dead.CachedInfo().State
	for seq := state.FirstSeq; state.Msgs > 0 && seq <= state.LastSeq; seq++ {
		letter, err := dead.GetMsg(l.Context(), seq)
		if err != nil {
			l.Fatalf("reading dead letter %d: %v", seq, err)
		}
		all = append(all, letter)
	}
	return all
}

// nothingDied checks that there are no dead letters.
func (l *lab) nothingDied() {
	l.Helper()
	if n := len(l.deadLetters()); n > 0 {
		l.Errorf("there are %d dead letters, want none", n)
	}
}
