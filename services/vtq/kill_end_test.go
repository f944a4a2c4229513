package vtq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/provider"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// rows are the attributes of every indicator, without the ids of the rows, in a fixed order: a row that stands there twice is there twice.
func (m *mill) rows() map[string][]string {
	all := map[string][]string{}
	for in := range m.tq.Indicators() {
		rows := []string{}
		for _, row := range in.Attributes {
			rows = append(rows, fmt.Sprintf("%s = %s", row.Name, row.Value))
		}
		slices.Sort(rows)
		all[nameOf(in)] = rows
	}
	return all
}

func nameOf(in tqsim.Indicator) string { return in.Type + " " + in.Value }

// answered is nil when every indicator that may be asked about bears the verdict that it should, once, and no other bears one.
func (m *mill) answered(rows map[string][]string) error {
	for name, all := range rows {
		var verdicts, want []string
		for _, row := range all {
			if verdict, ok := strings.CutPrefix(row, verdictName+" = "); ok {
				verdicts = append(verdicts, verdict)
			}
		}
		if class, ok := m.classes[name]; ok {
			want = []string{class}
		}
		if !slices.Equal(verdicts, want) {
			return fmt.Errorf("the verdict on %s is %q, want %q", name, verdicts, want)
		}
	}
	return nil
}

// idle is nil when nothing is left to be done, and nothing ended as a dead letter.
func (m *mill) idle(ctx context.Context) error {
	var all []error
	for _, name := range []string{stream.Jobs, stream.Urgent, stream.DeadLetters} {
		s, err := m.js.Stream(ctx, name)
		if err == nil && s.CachedInfo().State.Msgs > 0 {
			err = fmt.Errorf("%d messages in %s", s.CachedInfo().State.Msgs, name)
		}
		all = append(all, err)
	}
	names := map[string]string{stream.Writer: stream.Verdicts}
	for _, lane := range wire.Lanes() {
		names[stream.LookupConsumer(lane, provider.VirusTotal)] = stream.LaneStream(lane)
	}
	for name, of := range names {
		c, err := m.js.Consumer(ctx, of, name)
		if err == nil && (c.CachedInfo().NumPending > 0 || c.CachedInfo().NumAckPending > 0) {
			err = fmt.Errorf("%d messages pending and %d in hand of %s", c.CachedInfo().NumPending, c.CachedInfo().NumAckPending, name)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// finish waits until everything is done, and the rows are these. Without rows to compare with, verdicts are what counts.
func (m *mill) finish(patience time.Duration, want map[string][]string) {
	m.t.Helper()
	m.wait(patience, func(ctx context.Context) error {
		if err := m.idle(ctx); err != nil {
			return err
		}
		rows := m.rows()
		if want == nil {
			return m.answered(rows)
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			return fmt.Errorf("rows differ from those of an undisturbed run (-want +got):\n%s", diff)
		}
		return nil
	})
}

// wait waits for a fact.
func (m *mill) wait(patience time.Duration, fact func(context.Context) error) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	for last := errNotYet; ; {
		once, done := context.WithTimeout(ctx, tryPatience)
		err := fact(once)
		done()
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			last = err // Of a try that was not cut short.
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			m.t.Fatalf("not finished after %v: %v\n%s", patience, last, m.lastWords())
		}
	}
}

// lastWords are the ends of the logs.
func (m *mill) lastWords() string {
	var all strings.Builder
	for _, v := range m.victims {
		fmt.Fprintf(&all, "the %s says: %s\n", v.stage, tail(m.log(v.stage)))
	}
	return all.String()
}

// check holds the mill to what it may have repeated, and to ends that were asked for.
func (m *mill) check() count {
	m.t.Helper()
	n := m.calls.count()
	if n.over > 0 {
		m.t.Errorf("%d requests were repeated of %d that were in flight at a kill: %d too many\n%s",
			n.again, n.allowed, n.over, m.calls.repeated())
	}
	for _, v := range m.victims {
		if _, fell := v.ends(); fell > m.unanswered(v) {
			m.t.Errorf("the %s ended by itself %d times: %s", v.stage, fell, tail(m.log(v.stage)))
		}
	}
	return n
}

// unanswered is how often a stage has ended by itself because the NATS server did not answer in time when it started, as it may on a
// machine that is busy: it is started again, like any.
func (m *mill) unanswered(v *victim) int {
	log, _ := os.ReadFile(m.log(v.stage)) // Whatever there is.
	return bytes.Count(log, []byte("connecting to NATS: "))
}
