package inquiry_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/inquiry"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

func job() wire.JobAddress {
	return wire.JobAddress{Lane: wire.Urgent, Route: provider.VirusTotal, Key: domain().Key()}
}

func TestNobodyAnswers(t *testing.T) {
	inLab(t, func(l *lab) {
		got, took := l.ask(time.Minute, sites(40)...)
		for _, a := range got {
			if !errors.Is(a.Err, inquiry.ErrNoAnswer) || a.Object.Value != a.Value {
				l.Errorf("Ask(%q) = %+v, want ErrNoAnswer", a.Value, a)
			}
		}
		if took != time.Minute {
			l.Errorf("it took %v, want a minute", took)
		}
		urgent, err := l.js.Stream(l.Context(), stream.Urgent)
		if err != nil {
			l.Fatal(err)
		}
		if n := urgent.CachedInfo().State.Msgs; n != 32 {
			l.Errorf("%d jobs are left behind, want the 32 that were open", n)
		}
	})
}

// TestAnAnswerThatWasMissed has the message come to nobody: the connection is away, or the answer stood there before.
func TestAnAnswerThatWasMissed(t *testing.T) {
	cases := map[string]struct {
		disturb func(l *lab)
		most    time.Duration // That the look into memory may take to find it.
	}{
		"in between":               {func(l *lab) { l.store(wire.AliasSubject(provider.VirusTotal, domain().Key()), alias(l)) }, 10 * time.Second},
		"while the server was off": {func(l *lab) { l.said(domain(), 9, time.Now()); l.server.Stop(); l.sleep(time.Second); l.server.Start() }, 30 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				done := make(chan struct{})
				go func() {
					defer close(done)
					l.sleep(time.Second)
					c.disturb(l)
				}()
				got, took := l.ask(time.Minute, "quiet-harbor.com")
				<-done
				if got[0].Err != nil || took > c.most {
					l.Errorf("Ask = %v after %v, want an answer within %v", got[0].Err, took, c.most)
				}
			})
		})
	}
}

// alias has an answer come under another name, for which no message is waited.
func alias(l *lab) []byte {
	other := domain()
	other.Value = "another." + other.Value
	l.said(other, 9, time.Now())
	body, err := wire.EncodeAlias(wire.Alias{Key: other.Key()})
	if err != nil {
		l.Errorf("encoding an alias: %v", err)
	}
	return body
}

func TestTheLastLookFindsIt(t *testing.T) {
	inLab(t, func(l *lab) {
		go func() {
			l.sleep(11 * time.Second) // Behind the second look.
			l.store(wire.AliasSubject(provider.VirusTotal, domain().Key()), alias(l))
		}()
		if got, took := l.ask(15*time.Second, "quiet-harbor.com"); got[0].Err != nil || took != 15*time.Second {
			l.Errorf("Ask = %v after %v, want the answer at the end of its time", got[0].Err, took)
		}
	})
}

func TestAJobThatPendsServes(t *testing.T) {
	inLab(t, func(l *lab) {
		body, err := wire.EncodeJob(wire.Job{Object: domain()})
		if err != nil {
			l.Fatal(err)
		}
		l.store(job().Subject(), body)
		defer l.worker()()
		if got, _ := l.ask(time.Minute, "quiet-harbor.com"); got[0].Err != nil || len(l.jobs) != 1 {
			l.Errorf("Ask = %v with %d jobs, want the answer to the one that pended", got[0].Err, len(l.jobs))
		}
	})
}

func TestAnAnswerOfLongAgoIsNoNewOne(t *testing.T) {
	for name, c := range map[string]struct {
		age    time.Duration
		cached bool
	}{"from the worker's memory": {time.Minute + time.Second, true}, "by another clock": {time.Minute - time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				defer l.work(func(j wire.Job) { l.said(j.Object, 9, time.Now().Add(-c.age)) })()
				if got, _ := l.ask(time.Minute, "quiet-harbor.com"); got[0].Err != nil || got[0].Cached != c.cached {
					l.Errorf("Ask = %+v, want cached = %v", got[0], c.cached)
				}
			})
		})
	}
}

func TestAJobThatDies(t *testing.T) {
	inLab(t, func(l *lab) {
		settler := stream.NewSettler(l.js, "lookup", time.Now())
		consumer, err := l.js.Consumer(l.Context(), stream.Urgent, stream.LookupConsumer(wire.Urgent, provider.VirusTotal))
		if err != nil {
			l.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			done <- stream.One(l.Context(), consumer, func(m jetstream.Msg) {
				settler.Settle(context.Background(), m, fault.New(fault.Permanent, errors.New("no such\x1b[31m thing")))
			})
		}()
		got, took := l.ask(time.Minute, "quiet-harbor.com")
		if err := <-done; err != nil {
			l.Fatal(err)
		}
		if err := got[0].Err; !errors.Is(err, inquiry.ErrGivenUp) || !strings.Contains(err.Error(), "no such[31m thing") || took > time.Second {
			l.Errorf("Ask = %q after %v, want ErrGivenUp at once, with its reason in readable letters", err, took)
		}
	})
}

func TestWhatIsNoAnswerIsNotTakenForOne(t *testing.T) {
	other := domain()
	other.Value = "another." + other.Value
	cases := map[string]func() ([]byte, error){
		"no JSON":              func() ([]byte, error) { return []byte("no JSON"), nil },
		"of a newer schema":    func() ([]byte, error) { return []byte(`{"schema":2}`), nil },
		"about something else": func() ([]byte, error) { return wire.EncodeVerdict(answer(other, 9, time.Now())) },
	}
	for name, encode := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				go func() {
					l.sleep(time.Second)
					body, err := encode()
					if err != nil {
						l.Errorf("encoding what is no answer: %v", err)
					}
					l.store(verdictSubject(domain()), body)
				}()
				if got, took := l.ask(30*time.Second, "quiet-harbor.com"); !errors.Is(got[0].Err, inquiry.ErrNoAnswer) || took != 30*time.Second {
					l.Errorf("Ask = %+v after %v, want none", got[0], took)
				}
			})
		})
	}
}

func TestTheServerComesBack(t *testing.T) {
	inLab(t, func(l *lab) {
		l.server.Stop()
		go func() {
			l.sleep(12 * time.Second)
			l.server.Start()
		}()
		stop := make(chan func(), 1)
		go func() {
			l.sleep(20 * time.Second)
			stop <- l.worker()
		}()
		got, _ := l.ask(2*time.Minute, "quiet-harbor.com")
		(<-stop)()
		if got[0].Err != nil || len(l.jobs) != 1 {
			l.Errorf("Ask = %v with %d jobs, want the answer to one", got[0].Err, len(l.jobs))
		}
	})
}

func TestWithoutAConnectionItSaysSo(t *testing.T) {
	inLab(t, func(l *lab) {
		l.inquirer.NATS.Close()
		got, _ := l.ask(time.Minute, "quiet-harbor.com")
		if err := got[0].Err; !errors.Is(err, inquiry.ErrNoAnswer) || !errors.Is(err, nats.ErrConnectionClosed) {
			l.Errorf("Ask = %v, want ErrNoAnswer because of the connection", err)
		}
		if text, err := l.inquirer.Obstacle(l.Context()); err == nil {
			l.Errorf("Obstacle = %q, want an error", text)
		}
	})
}

func TestAFullLaneIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		urgent, err := l.js.Stream(l.Context(), stream.Urgent)
		if err != nil {
			l.Fatal(err)
		}
		full := urgent.CachedInfo().Config
		full.MaxMsgs = 1
		if _, err := l.js.UpdateStream(l.Context(), full); err != nil {
			l.Fatal(err)
		}
		l.ask(time.Second, "first.quiet-harbor.com")
		if got, _ := l.ask(time.Minute, "quiet-harbor.com"); !errors.Is(got[0].Err, stream.ErrFull) || !errors.Is(got[0].Err, inquiry.ErrNoAnswer) {
			l.Errorf("Ask = %v, want ErrNoAnswer because of ErrFull", got[0].Err)
		}
	})
}
