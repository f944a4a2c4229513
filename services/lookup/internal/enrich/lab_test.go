package enrich_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const day = 24 * time.Hour

// A lab is an enricher with fakes around it and real streams, in a bubble. It is its own provider, budget and guard.
type lab struct {
	*testing.T
	server   *testkit.Server
	js       jetstream.JetStream
	enricher *enrich.Enricher

	lookFunc func(ctx context.Context, object indicator.Object) (verdict.Verdict, error)
	takeFunc func(ctx context.Context) error // Before a permit is given; nil gives it at once.

	mu      sync.Mutex
	steps   []string
	open    bool
	refuses int // How often the guard lets nobody ask.
	// expected counts those of each lane who are about to come to the budget.
	expected map[wire.Lane]int
	spent    wire.Lane // Nothing is left for it, which takes the budget a second to find out.
	behind   wire.Lane // It waits for an hour for its permits.
	voids    int
	units    int // The most that a permit pays for; 0 for all that is wanted.
	troubles []time.Time
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		l := &lab{T: t, server: s, expected: map[wire.Lane]int{}}
		var err error
		if l.js, err = jetstream.New(nc); err != nil {
			t.Fatalf("opening JetStream: %v", err)
		}
		topology, err := stream.NewTopology(stream.Options{Routes: []string{"any"}, VerdictAge: 100 * day})
		if err != nil {
			t.Fatalf("making the topology: %v", err)
		}
		if err := stream.Ensure(t.Context(), l.js, topology); err != nil {
			t.Fatalf("creating the topology: %v", err)
		}
		l.enricher = &enrich.Enricher{
			JS: l.js, Budget: l, Guard: l, Provider: l, Name: "virustotal", QuotaWait: time.Minute,
			VoidFunc: l.void, TroubleFunc: l.trouble,
			Memory: &recall.Memory{
				Stream: l.verdicts(), Provider: "virustotal", Policy: verdict.DefaultPolicy(),
				Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: day},
			},
		}
		l.lookFunc = func(_ context.Context, object indicator.Object) (verdict.Verdict, error) { return known(object), nil }
		f(l)
	})
}

func (l *lab) sleep(d time.Duration) { time.Sleep(d) }

func (l *lab) step(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, fmt.Sprintf(format, args...))
}

// did gives the steps so far.
func (l *lab) did() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.steps, ", ")
}

// Take implements enrich.Budget.
func (l *lab) Take(ctx context.Context, want enrich.Want) (enrich.Permit, error) {
	lane := want.Lane
	if l.takeFunc != nil {
		if err := l.takeFunc(ctx); err != nil {
			return nil, fault.New(fault.Interrupted, err)
		}
	}
	if ctx.Err() != nil {
		return nil, fault.New(fault.Interrupted, context.Cause(ctx))
	}
	if lane == l.spent {
		l.sleep(time.Second)
		return nil, fault.New(fault.Quota, errSpent)
	}
	if lane == l.behind {
		l.sleep(time.Hour)
	}
	l.step("take %s", lane)
	return releaser{l, time.Now(), min(want.Units, cmp.Or(l.units, want.Units))}, nil
}

var errSpent = errors.New("the day is spent")

// Expect implements enrich.Budget.
func (l *lab) Expect(lane wire.Lane) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expected[lane]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.expected[lane]--
	}
}

func (l *lab) void() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.voids++
}

func (l *lab) trouble(error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.troubles = append(l.troubles, time.Now())
}

// Hold implements enrich.Budget.
func (l *lab) Hold(_ context.Context, d time.Duration) { l.step("hold %v", d) }

// Refused implements enrich.Budget.
func (l *lab) Refused(_ context.Context, d time.Duration) { l.step("refused %v", d) }

// life is for how long a permit of the lab is good.
const life = time.Second

type releaser struct {
	l     *lab
	asked time.Time
	units int
}

// Units implements enrich.Permit.
func (r releaser) Units() int { return r.units }

// Reduce implements enrich.Permit.
func (r releaser) Reduce(units int) {
	if units < r.units {
		r.l.step("reduce to %d", units)
	}
}

// Void implements enrich.Permit.
func (r releaser) Void() bool { return r.Left() < 0 }

// Left implements enrich.Permit.
func (r releaser) Left() time.Duration { return life - time.Since(r.asked) }

// Release implements enrich.Permit.
func (r releaser) Release() { r.l.step("release") }

// Enter implements enrich.Guard.
func (l *lab) Enter(ctx context.Context) (enrich.Pass, error) { return passer{l}, context.Cause(ctx) }

// Try implements enrich.Guard.
func (l *lab) Try(ctx context.Context) (enrich.Pass, error) {
	if l.Open() {
		return nil, fault.New(fault.Quota, errors.New("out of reach"))
	}
	return l.Enter(ctx)
}

// Open implements enrich.Guard.
func (l *lab) Open() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

type passer struct{ l *lab }

// Do implements enrich.Pass.
func (p passer) Do(_ context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error) {
	p.l.mu.Lock()
	refuse := p.l.refuses > 0
	p.l.refuses--
	p.l.mu.Unlock()
	if refuse {
		return verdict.Verdict{}, fault.New(fault.Quota, errors.New("somebody else probes"))
	}
	return ask()
}

// Spent implements enrich.Pass.
func (p passer) Spent() {}

// Leave implements enrich.Pass.
func (p passer) Leave(context.Context) {}

// Look implements enrich.Looker.
func (l *lab) Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil {
		trace.GotConn(httptrace.GotConnInfo{}) // As a client does whose request goes out.
	}
	l.step("ask %s", object.Value)
	v, err := l.lookFunc(ctx, object)
	v.Provider, v.Kind, v.Asked = "virustotal", object.Kind, time.Now().UTC().Truncate(time.Second)
	return v, err
}

// fails gives the answers of a list, one after the other, and then what is known.
func (l *lab) fails(errs ...error) {
	l.lookFunc = func(_ context.Context, object indicator.Object) (verdict.Verdict, error) {
		if len(errs) > 0 {
			err := errs[0]
			errs = errs[1:]
			return verdict.Verdict{}, err
		}
		return known(object), nil
	}
}

func known(indicator.Object) verdict.Verdict {
	return verdict.Verdict{Found: true, Counts: verdict.Counts{verdict.Malicious: 14, verdict.Undetected: 58}}
}

func domain() indicator.Object {
	return indicator.Object{Kind: indicator.Domain, Value: "quiet-harbor.com"}
}

func ticket(id int64, object indicator.Object) enrich.Ticket {
	return enrich.Ticket{
		Job:  wire.Job{Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: object.Value}, Object: object},
		Lane: wire.Fresh, ID: fmt.Sprint("message-", id),
	}
}

func (l *lab) answer(t enrich.Ticket) (enrich.Report, error) {
	return l.enricher.Answer(l.Context(), l.Context(), t)
}

func (l *lab) verdicts() jetstream.Stream {
	l.Helper()
	s, err := l.js.Stream(l.Context(), stream.Verdicts)
	if err != nil {
		l.Fatalf("opening the verdicts: %v", err)
	}
	return s
}

// stored lists the subjects of all that was published, in order.
func (l *lab) stored() []string {
	l.Helper()
	verdicts := l.verdicts()
	var subjects []string
	for seq := uint64(1); seq <= verdicts.CachedInfo().State.LastSeq; seq++ {
		message, err := verdicts.GetMsg(l.Context(), seq)
		if err == nil {
			subjects = append(subjects, message.Subject)
		}
	}
	return subjects
}

// verdict reads what was published for an indicator.
func (l *lab) verdict(id int64, object indicator.Object) (wire.Verdict, bool) {
	l.Helper()
	at := wire.VerdictAddress{Provider: "virustotal", Key: object.Key(), ID: id}
	message, err := l.verdicts().GetLastMsgForSubject(l.Context(), at.Subject())
	if err != nil {
		return wire.Verdict{}, false
	}
	v, err := wire.DecodeVerdict(message.Data)
	if err != nil {
		l.Fatalf("decoding a verdict: %v", err)
	}
	return v, true
}
