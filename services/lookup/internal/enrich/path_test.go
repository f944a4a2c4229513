package enrich_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
)

// A client is a provider behind the transport of production, whose connections take their time to stand. It counts what arrives.
type client struct {
	l        *lab
	wire     rest.Client
	requests atomic.Int32
}

// dialled makes a client. Dialing takes as long as dial says, and comes to nothing where that is as long as it may take.
func dialled(l *lab, dial time.Duration) (c *client, stop func()) {
	c = &client{l: l}
	transport, stop := testkit.Serve(l.T, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { c.requests.Add(1) }))
	reach := transport.DialContext
	transport.IdleConnTimeout = rest.IdleTimeout
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		l.sleep(dial)
		if dial >= rest.DialTimeout+rest.TLSTimeout {
			return nil, errors.New("nobody there")
		}
		return reach(ctx, network, address)
	}
	c.wire.Transport = transport
	l.enricher.Provider = c
	return c, stop
}

// Look implements enrich.Looker.
func (c *client) Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	_, err := c.wire.Do(ctx, rest.Request{
		Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "virustotal.test", Path: "/"}, Limit: 1,
	})
	v := known(object)
	v.Provider, v.Kind, v.Asked = "virustotal", object.Kind, time.Now().UTC().Truncate(time.Second)
	return v, err
}

// A window is a budget of four permits a minute, as a public key's.
type window struct {
	*lab

	slots chan struct{}
}

// Take implements enrich.Budget.
func (w window) Take(ctx context.Context, want enrich.Want) (enrich.Permit, error) {
	select {
	case w.slots <- struct{}{}:
		time.AfterFunc(time.Minute+life, func() { <-w.slots })
		return w.lab.Take(ctx, want)
	case <-ctx.Done():
		return nil, fault.New(fault.Interrupted, context.Cause(ctx))
	}
}

func TestALateConnectionServesTheNextPermit(t *testing.T) {
	cases := map[string]struct {
		dial time.Duration
		void int
	}{
		"in time":                 {life - time.Millisecond, 0},
		"late":                    {1500 * time.Millisecond, 1},
		"later than the next try": {5 * time.Second, 2},
		"as late as it may be":    {19 * time.Second, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				provider, stop := dialled(l, c.dial)
				defer stop()
				report, err := l.answer(ticket(7, domain()))
				if err != nil || report.Requests != 1 || provider.requests.Load() != 1 {
					l.Errorf("Answer = %+v, %v with %d requests on the wire, want one", report, err, provider.requests.Load())
				}
				if got := strings.Count(l.did(), "take"); l.voids != c.void || got != c.void+1 || strings.Count(l.did(), "release") != c.void {
					l.Errorf("%d void permits told with steps %q, want %d, each given back", l.voids, l.did(), c.void)
				}
				l.sleep(dayOff)
			})
		})
	}
}

// dayOff is longer than whatever net/http has begun.
const dayOff = time.Minute

// TestHandsDoNotSpendTheWindowOnDialing has as many hands as there are permits in a minute, and connections that are closed, unused,
// before the next minute's permits come.
func TestHandsDoNotSpendTheWindowOnDialing(t *testing.T) {
	for _, dial := range []time.Duration{1500 * time.Millisecond, 5 * time.Second, 15 * time.Second} {
		t.Run(dial.String(), func(t *testing.T) {
			inLab(t, func(l *lab) {
				const hands = 4
				l.enricher.Budget = window{l, make(chan struct{}, 4)}
				provider, stop := dialled(l, dial)
				defer stop()
				ctx, cancel := context.WithTimeout(l.Context(), 3*time.Minute)
				defer cancel()
				var working sync.WaitGroup
				for id := range int64(hands) {
					working.Go(func() {
						job := ticket(id+1, indicator.Object{Kind: indicator.Domain, Value: string(rune('a'+id)) + ".com"})
						if _, err := l.enricher.Answer(ctx, l.Context(), job); err != nil {
							l.Errorf("Answer of job %d = %v after %d void permits", id+1, err, l.voids)
						}
					})
				}
				working.Wait()
				if got := provider.requests.Load(); got != hands {
					l.Errorf("%d requests on the wire, want %d", got, hands)
				}
				l.sleep(dayOff)
			})
		})
	}
}

// TestNoWayToTheProvider is a failure, so that the breaker learns of it: at first after some permits, and then with each.
func TestNoWayToTheProvider(t *testing.T) {
	inLab(t, func(l *lab) {
		_, stop := dialled(l, rest.DialTimeout+rest.TLSTimeout)
		defer stop()
		for i, want := range []int{4, 1, 1} {
			before := l.voids
			if _, err := l.answer(ticket(7, domain())); fault.KindOf(err) != fault.Transient {
				l.Errorf("Answer %d = %v of kind %v, want a transient fault", i, err, fault.KindOf(err))
			}
			if got := l.voids - before; got != want {
				l.Errorf("answer %d took %d permits, want %d", i, got, want)
			}
		}
		if took, back := strings.Count(l.did(), "take"), strings.Count(l.did(), "release"); took != back {
			l.Errorf("%d permits of %d were given back, want all", back, took)
		}
		l.sleep(dayOff)
	})
}

// A hung budget gives permits that are void before their time is told to be up, as on a machine that stood still.
type hung struct{ *lab }

type hungPermit struct{ enrich.Permit }

// Take implements enrich.Budget.
func (h hung) Take(ctx context.Context, want enrich.Want) (enrich.Permit, error) {
	permit, err := h.lab.Take(ctx, want)
	return hungPermit{permit}, err
}

// Void implements enrich.Permit.
func (p hungPermit) Void() bool { return true }

// TestAConnectionOfTheLastMoment stands when the permit is just void: nothing is written to it.
func TestAConnectionOfTheLastMoment(t *testing.T) {
	for name, wait := range map[string]time.Duration{"it was given up": life + time.Nanosecond, "nobody has looked yet": 0} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				if wait == 0 {
					l.enricher.Budget = hung{l}
				}
				l.enricher.Provider = looker(func(ctx context.Context, o indicator.Object) (verdict.Verdict, error) {
					l.sleep(wait)
					near, _ := net.Pipe()
					httptrace.ContextClientTrace(ctx).GotConn(httptrace.GotConnInfo{Conn: near})
					if _, err := near.Write(nil); err != nil {
						return verdict.Verdict{}, err
					}
					l.Error("a request went out after its permit was void")
					return known(o), nil
				})
				ctx, cancel := context.WithTimeout(l.Context(), wait+life/2)
				defer cancel()
				if _, err := l.enricher.Answer(ctx, l.Context(), ticket(7, domain())); fault.KindOf(err) != fault.Interrupted || l.voids != 1 {
					l.Errorf("Answer = %v with %d void permits, want one, and an interruption", err, l.voids)
				}
			})
		})
	}
}

type looker func(ctx context.Context, object indicator.Object) (verdict.Verdict, error)

// Look implements enrich.Looker.
func (f looker) Look(ctx context.Context, o indicator.Object) (verdict.Verdict, error) {
	return f(ctx, o)
}
