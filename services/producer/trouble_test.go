package producer_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// onPage asks for a fault at every page of indicators: its number, the first is 1, and its mark.
func (l *lab) onPage(fault func(n int, mark string, r *http.Request) *simulator.Fault) {
	var pages atomic.Int64
	l.tq.Fail = func(r *http.Request) *simulator.Fault {
		if r.Pattern != simulator.EndpointQuery {
			return nil
		}
		return fault(int(pages.Add(1)), r.URL.Query().Get("cursorMark"), r)
	}
}

// publishedOnce checks that each id has its one job, and always had.
func (l *lab) publishedOnce(ids []int64) {
	l.Helper()
	if diff := cmp.Diff(ids, l.jobs(wire.Fresh)); diff != "" {
		l.Errorf("jobs (-want +got):\n%s", diff)
	}
	if got := l.published(); got != len(ids) {
		l.Errorf("%d jobs were published, want %d", got, len(ids))
	}
}

func TestTroubleOnTheWay(t *testing.T) {
	once := func(fault *simulator.Fault) func(int, string, *http.Request) *simulator.Fault {
		return func(n int, _ string, _ *http.Request) *simulator.Fault {
			if n == 3 {
				return fault
			}
			return nil
		}
	}
	cases := map[string]struct {
		fault func(n int, mark string, r *http.Request) *simulator.Fault
		said  string // What the log says of it.
		took  time.Duration
	}{
		"nothing":               {once(nil), "", 0},
		"maintenance":           {once(simulator.ServiceUnavailableHTML()), "transient", 2 * time.Second},
		"HTML in place of JSON": {once(simulator.OKHTML()), "transient", 2 * time.Second},
		"half an answer":        {once(simulator.Truncated(99)), "transient", 2 * time.Second},
		"a cut line":            {once(simulator.CutConnection()), "transient", 2 * time.Second},
		"told to come back":     {once(simulator.TooManyRequests(time.Minute)), "quota", time.Minute},
		"a role that was taken": {once(simulator.Forbidden()), "denied", 2 * time.Second},
		"hidden indicators":     {once(simulator.EmptyObject()), "denied", 2 * time.Second},
		"every second page": {func(n int, _ string, _ *http.Request) *simulator.Fault {
			return []*simulator.Fault{simulator.InternalError(), nil}[n%2]
		}, "transient", 8 * time.Second},
		"a mark that is refused": {once(&simulator.Fault{Status: http.StatusBadRequest, Body: `{"errors":["unable to parse cursorMark"]}`}), "permanent", 2 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(38)
				l.onPage(c.fault)
				began := time.Now()
				r := l.start()
				r.walked(1)
				r.stop()
				l.publishedOnce(ids)
				if took := time.Since(began); took < c.took || took > c.took+time.Second {
					l.Errorf("the walk took %v, want %v", took, c.took)
				}
				if said := l.logs.count("walk interrupted", `"fault":"`+c.said+`"`) > 0; said != (c.said != "") {
					l.Errorf("the log speaks of a %q fault: %v; it says:\n%s", c.said, said, l.logs.text())
				}
			})
		})
	}
}

func TestARefusedMarkRestartsTheWalk(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		var marks []string
		l.onPage(func(n int, mark string, _ *http.Request) *simulator.Fault {
			marks = append(marks, mark)
			if n == 3 {
				return &simulator.Fault{Status: http.StatusBadRequest, Body: `{"errors":["unable to parse cursorMark"]}`}
			}
			return nil
		})
		l.sweepOnce()
		l.publishedOnce(ids)
		if len(marks) != 8 || marks[3] != "*" {
			l.Errorf("marks %q, want to begin again after the third", marks)
		}
	})
}

func TestThreatQIsDownForAnHour(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		var until time.Time
		var asked int
		var marks []string
		l.tq.Fail = func(r *http.Request) *simulator.Fault {
			if until.IsZero() && len(marks) == 2 {
				until = time.Now().Add(time.Hour)
			}
			if time.Now().Before(until) {
				asked++
				return simulator.ServiceUnavailableHTML()
			}
			if r.Pattern == simulator.EndpointQuery {
				marks = append(marks, r.URL.Query().Get("cursorMark"))
			}
			return nil
		}
		began := time.Now()
		r := l.start()
		l.until(2*time.Hour, func() bool { return r.Walks() > 0 })
		r.stop()
		l.publishedOnce(ids)
		if took := time.Since(began); took < time.Hour || took > time.Hour+6*time.Minute {
			l.Errorf("the walk took %v, want to go on within five minutes after an hour", took)
		}
		if asked < 10 || asked > 25 {
			l.Errorf("ThreatQ was asked %d times while it was down, want about every five minutes in the end", asked)
		}
		if len(marks) < 5 || slices.Contains(marks[1:5], "*") {
			l.Errorf("pages were read from %q, want the walk to go on where it stopped", marks)
		}
	})
}

func TestATokenRevokedOnTheWay(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		l.onPage(func(n int, _ string, _ *http.Request) *simulator.Fault {
			if n == 2 {
				l.tq.Revoke()
			}
			return nil
		})
		l.sweepOnce()
		l.publishedOnce(ids)
		if n := l.logs.count("interrupted"); n > 0 {
			l.Errorf("a revoked token shows in the log:\n%s", l.logs.text())
		}
	})
}

func TestCredentialsThatAreWrongForAWhile(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(3)
		mended := time.Now().Add(20 * time.Minute)
		l.tq.Fail = func(r *http.Request) *simulator.Fault {
			if r.Pattern == simulator.EndpointToken && time.Now().Before(mended) {
				return &simulator.Fault{Status: http.StatusBadRequest, Body: `{"error":"invalid_credentials"}`}
			}
			return nil
		}
		r := l.start()
		l.sleep(19 * time.Minute)
		if got := r.counted(); got["vtq_credentials_denied{producer}"] != 1 || got["vtq_walks_interrupted_total{denied}"] < 3 {
			l.Errorf("metrics = %v while the login is refused, want denied credentials and interrupted walks", got)
		}
		l.until(7*time.Minute, func() bool { return r.Walks() > 0 })
		if got := r.counted(); got["vtq_credentials_denied{producer}"] != 0 {
			l.Errorf("metrics = %v when the login works again, want no denied credentials", got)
		}
		r.stop()
		l.publishedOnce(ids)
		if l.logs.count(`"level":"error"`, "THREATQ_CLIENT_SECRET") == 0 {
			l.Errorf("the log does not say loudly what to mend:\n%s", l.logs.text())
		}
	})
}

func TestAKilledWalkGoesOnAtItsPage(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(68)
		reached, killed := make(chan struct{}), make(chan struct{})
		var marks []string
		l.onPage(func(n int, mark string, _ *http.Request) *simulator.Fault {
			marks = append(marks, mark)
			if n%2 == 0 && n <= 8 {
				reached <- struct{}{}
				<-killed // Nothing of this page is seen.
			}
			return nil
		})
		for range 4 {
			r := l.start()
			<-reached
			r.stop()
			killed <- struct{}{}
		}
		l.sweepOnce()
		l.publishedOnce(ids)
		seen := map[string]int{}
		for _, mark := range marks {
			if seen[mark]++; seen[mark] > 2 {
				l.Errorf("page %q was read %d times, want at most once more for a kill", mark, seen[mark])
			}
		}
	})
}

func TestTwoProducers(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(98)
		l.tq.Latency = 700 * time.Millisecond
		first := l.start()
		l.sleep(300 * time.Millisecond)
		second := l.start()
		l.until(time.Hour, func() bool { return first.Walks()+second.Walks() >= 10 })
		l.publishedOnce(ids)
		l.answerAll()
		first.stop() // And one goes on alone.
		more := l.add(1)
		l.until(10*time.Minute, func() bool { return len(l.jobs(wire.Fresh)) == 1 })
		second.stop()
		if diff := cmp.Diff(more, l.jobs(wire.Fresh)); diff != "" {
			l.Errorf("jobs of the one that stayed (-want +got):\n%s", diff)
		}
		if l.logs.count("another producer moved the cursor") == 0 || l.logs.count(`"level":"error"`) > 0 {
			l.Errorf("the log of two producers:\n%s", l.logs.text())
		}
	})
}

func TestAFullStreamIsBackpressure(t *testing.T) {
	inLab(t, func(l *lab) {
		l.add(38)
		r := l.start()
		l.sleep(30 * time.Minute)
		if pages := l.tq.Counts()[simulator.EndpointQuery]; pages != 1 || r.Walks() > 0 {
			l.Errorf("%d pages were read and %d walks ended while the first page waits", pages, r.Walks())
		}
		if warned := l.logs.count(`"level":"warn"`, "job stream full"); warned != 1 {
			l.Errorf("%d warnings of a full stream, want one for a page", warned)
		}
		for range 8 {
			l.answerAll()
			l.sleep(time.Minute)
		}
		r.walked(1)
		r.stop()
		if got := l.published(); got != 38 {
			l.Errorf("%d jobs were published, want 38", got)
		}
	}, func(all *stream.Topology) { all.Streams[0].MaxMsgs = 6 })
}

func TestNATSIsGoneForAWhile(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		l.onPage(func(n int, _ string, _ *http.Request) *simulator.Fault {
			if n == 2 {
				l.server.Stop()
				time.AfterFunc(time.Minute, l.server.Start)
			}
			return nil
		})
		r := l.start()
		l.until(10*time.Minute, func() bool { return r.Walks() > 0 })
		r.stop()
		l.publishedOnce(ids)
	})
}

func TestWithoutABucketThereIsNoProducer(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.js.DeleteKeyValue(l.Context(), stream.State); err != nil {
			l.Fatalf("deleting the bucket: %v", err)
		}
		r := l.start()
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), stream.State) {
			l.Errorf("Run = %v, want an error that names the bucket", err)
		}
	})
}
