package lookup_test

import (
	"slices"
	"testing"
	"time"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// pushTo asks about an object in a lane.
func (l *lab) pushTo(lane wire.Lane, id int64, object indicator.Object) {
	l.Helper()
	body, err := wire.EncodeJob(wire.Job{
		Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: id, Type: "FQDN", Value: object.Value}, Object: object,
	})
	if err != nil {
		l.Fatalf("encoding a job: %v", err)
	}
	at := wire.JobAddress{Lane: lane, Route: provider.VirusTotal, Key: object.Key(), ID: id}
	if stored, err := stream.PublishUnlessPending(l.Context(), l.js, at, body); err != nil || !stored {
		l.Fatalf("publishing a job: %v, %v", stored, err)
	}
}

// waits publishes an urgent job and tells how long its answer takes.
func (l *lab) waits(object indicator.Object) time.Duration {
	l.Helper()
	began := time.Now()
	l.pushTo(wire.Urgent, 0, object)
	l.until(10*time.Minute, func() bool { _, ok := l.verdict(0, object); return ok })
	return time.Since(began)
}

// TestUrgentGoesAroundTheBacklog of a public key, which keeps one request of four for it. The provider answers in 100 ms.
func TestUrgentGoesAroundTheBacklog(t *testing.T) {
	inLab(t, func(l *lab) {
		l.public = true
		l.config.UrgentReserve = 0.05
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.pushSites(400)
		r := l.start()
		l.sleep(10*time.Minute + 13*time.Second)
		var took []time.Duration
		for i := range 9 {
			took = append(took, l.waits(site(1000+i)))
			l.sleep(time.Minute + 7*time.Second*time.Duration(i))
		}
		r.stop()
		slices.Sort(took)
		if median := took[len(took)/2]; median > 2*time.Second { // The lab looks only so often.
			t.Errorf("urgent jobs took %v, want a median of hardly more than the provider's 100ms", took)
		}
		if got := l.vt.Requests().Outcome(simulator.Rejected); got > 0 {
			t.Errorf("%d requests were refused for the quota, want none", got)
		}
		if got := l.vt.MaxInWindow(time.Minute); got != 4 {
			t.Errorf("the fullest minute has %d requests, want 4", got)
		}
	})
}

// TestUrgentDoesNotWaitForItsTwin, which stands in the backlog and waits for a permit, nor for hashes of another sort.
func TestUrgentDoesNotWaitForItsTwin(t *testing.T) {
	inLab(t, func(l *lab) {
		l.public = true
		l.config.UrgentReserve = 0.05
		l.pushSites(8)
		r := l.start()
		l.sleep(10 * time.Second)                         // Three are answered, four in hand wait for a permit.
		if took := l.waits(site(5)); took > time.Minute { // It is one of those.
			t.Errorf("an urgent job took %v beside its twin in the backlog", took)
		}
		l.drained(5 * time.Minute)
		r.stop()
		l.answered(8)
		if got := l.vt.Lookups(); got != 8 {
			t.Errorf("%d requests for 8 objects, want one each: the twin finds the answer when it has its permit", got)
		}
	})
}

// TestUrgentSharesARequestUnderWay and costs none of its own.
func TestUrgentSharesARequestUnderWay(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Latency = 10 * time.Second
		l.push(1, site(1))
		r := l.start()
		l.sleep(5 * time.Second)
		if took := l.waits(site(1)); took > 7*time.Second {
			t.Errorf("an urgent job took %v, want the rest of the request under way", took)
		}
		l.drained(time.Minute)
		r.stop()
		if got := l.vt.Lookups(); got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
	})
}

// TestRefreshLeavesRoomForFresh: a day that begins with old answers alone has a quarter left for what is new.
func TestRefreshLeavesRoomForFresh(t *testing.T) {
	inLab(t, func(l *lab) {
		l.limits = lookup.Quota{Day: 40}
		l.config.ShareRefresh = 0.75
		for i := range 60 {
			l.pushTo(wire.Refresh, int64(i+1), site(i+1))
		}
		r := l.start()
		l.sleep(10 * time.Hour)
		if got := l.vt.Lookups(); got != 30 {
			t.Errorf("%d requests for refreshes, want their ceiling of 30", got)
		}
		for i := range 5 {
			l.push(int64(100+i), site(100+i))
		}
		l.sleep(time.Minute)
		if got := l.vt.Lookups(); got != 35 {
			t.Errorf("%d requests after 5 fresh jobs, want 35: they are asked at once", got)
		}
		l.sleep(time.Until(time.Now().UTC().Truncate(day).Add(day)))
		if got := l.vt.Lookups(); got != 40 {
			t.Errorf("%d requests by midnight, want the whole day: the last hour is anybody's", got)
		}
		r.stop()
	})
}
