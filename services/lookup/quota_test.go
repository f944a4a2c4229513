package lookup_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// quotaDays is how long TestTheQuotaOfAFleet runs, in days of virtual time. QUOTA_DAYS names another figure.
func quotaDays(t *testing.T) int {
	t.Helper()
	text := os.Getenv("QUOTA_DAYS")
	if text == "" {
		return 3
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 {
		t.Fatalf("QUOTA_DAYS: wants a number of days (got %q)", text)
	}
	return days
}

// waiting is how many jobs wait at the beginning: more than can be done.
func waiting(days int) int {
	if days > 3 {
		return 40_000
	}
	return days*500 + 300
}

// TestTheQuotaOfAFleet lets three workers share a public key over some days, with more to do than they can. The simulator, which has
// the same limits and counts by its own clock, never has to refuse a request, and hardly a unit of any day is left over.
func TestTheQuotaOfAFleet(t *testing.T) {
	days := quotaDays(t)
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.vt.Keep = days * 600
		l.public = true
		l.pushSites(waiting(days))
		workers := []*run{l.start(), l.start(), l.start()}
		l.sleep(time.Until(testkit.Epoch().Add(time.Duration(days) * day)))
		for _, r := range workers {
			r.stop()
		}
		if got := l.vt.MaxInWindow(time.Minute); got != 4 {
			l.Errorf("the fullest minute has %d requests, want 4", got)
		}
		if got := l.vt.Requests().Outcome(simulator.Rejected); got > 0 {
			l.Errorf("%d requests were refused for the quota, want none", got)
		}
		perDay := map[int]int{}
		for _, call := range l.vt.Calls() {
			if call.Endpoint.Looks() {
				perDay[int(call.At.Sub(testkit.Epoch())/day)]++
			}
		}
		for d := range days {
			if got := perDay[d]; got > 500 || got < 495 {
				l.Errorf("day %d has %d requests, want 495 to 500", d+1, got)
			}
		}
	})
}

// TestAnotherUserOfTheKey lets a person spend most of the day by hand: the provider's own figures tell, and nobody runs into a 429.
func TestAnotherUserOfTheKey(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.Limits{Minute: 600, Day: 500}}}
		l.public = true
		l.spendByHand(480)
		l.pushSites(100)
		r := l.start()
		l.sleep(20 * time.Hour)
		r.stop()
		if got := l.vt.Lookups(); got != 500 {
			l.Errorf("%d requests in all, want the 500 of the day", got)
		}
		if got := l.vt.Requests().Outcome(simulator.Rejected); got > 0 {
			l.Errorf("%d requests were refused for the quota, want none", got)
		}
	})
}

// TestAVoidPermitPaysForNothing lets a connection take longer to stand than a permit lives: nothing goes out on it, and the job is
// asked with another permit.
func TestAVoidPermitPaysForNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		transport, ok := l.wire.(*http.Transport)
		if !ok {
			l.Fatalf("the wire is a %T", l.wire)
		}
		dial, slow := transport.DialContext, true
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if slow {
				slow = false
				l.sleep(1500 * time.Millisecond)
			}
			return dial(ctx, network, address)
		}
		l.quota = 60
		l.pushSites(1)
		r := l.start()
		l.drained(time.Minute)
		r.stop()
		l.answered(1)
		if got := l.vt.Requests().Total(); got != 1 {
			l.Errorf("%d requests on the wire, want 1", got)
		}
		quotas, err := l.js.Stream(l.Context(), stream.Quota)
		if err != nil {
			l.Fatal(err)
		}
		if got := quotas.CachedInfo().State.Msgs; got != 3 {
			l.Errorf("%d slots and leases were taken, want 3: one slot for nothing, one for the request, and the lease of who tends", got)
		}
	})
}
