package lookup_test

import (
	"testing"
	"time"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
)

// TestTheQuotaAsEveryWorkerTellsIt has two workers, of which one spends: the other hears of it within minutes, both tell a whole day after
// midnight, and neither tells of a limit that there is not.
func TestTheQuotaAsEveryWorkerTellsIt(t *testing.T) {
	const remaining = "vtq_quota_remaining{virustotal}"
	inLab(t, func(l *lab) {
		l.sleep(22 * time.Hour)
		l.limits = lookup.Quota{Requests: 60, Day: 500}
		busy := l.start()
		l.sleep(time.Second)
		l.pushSites(20)
		l.drained(time.Minute)
		idle := l.start()
		l.sleep(time.Second)
		began := values(l.T, idle.registry)
		if got := began[remaining+"{day}"]; got != 480 {
			l.Errorf("a worker that has just begun tells of %v requests that are left of the day, want 480", got)
		}
		if _, told := began[remaining+"{month}"]; told || began["vtq_quota_limit{virustotal}{day}"] != 500 || began["vtq_quota_limit{virustotal}{minute}"] != 60 {
			l.Errorf("limits = %v, want 60 a minute, 500 a day and none of the month", began)
		}
		for i := range 20 {
			l.push(int64(100+i), site(100+i))
		}
		l.drained(time.Minute)
		l.sleep(7 * time.Minute)
		for name, r := range map[string]*run{"one worker": busy, "the other": idle} {
			if got := values(l.T, r.registry)[remaining+"{day}"]; got != 460 {
				l.Errorf("%s tells of %v requests that are left of the day, want 460", name, got)
			}
		}
		l.sleep(2 * time.Hour)
		for name, r := range map[string]*run{"one worker": busy, "the other": idle} {
			if got := values(l.T, r.registry)[remaining+"{day}"]; got != 500 {
				l.Errorf("after midnight %s tells of %v requests that are left of the day, want 500", name, got)
			}
		}
		busy.stop()
		idle.stop()
	})
}

// TestTheQuotaTellsOfTheReserve by the settings, as the desk passes them on: what remains is the backlog's.
func TestTheQuotaTellsOfTheReserve(t *testing.T) {
	inLab(t, func(l *lab) {
		l.sleep(time.Hour)
		l.limits = lookup.Quota{Requests: 60, Day: 500, Month: 15_500}
		l.more = func(o *lookup.Options) {
			o.Config.UrgentReserve, o.Config.ShareFresh, o.Config.ShareRefresh = 0.05, 0.5, 0.25
		}
		r := l.start()
		l.sleep(time.Second)
		told := values(l.T, r.registry)
		for series, want := range map[string]float64{
			"remaining{virustotal}{minute}": 59, "remaining{virustotal}{day}": 375, "remaining{virustotal}{month}": 15_500,
			"reserved{virustotal}{minute}": 1, "reserved{virustotal}{day}": 125, "reserved{virustotal}{month}": 0,
		} {
			if got, is := told["vtq_quota_"+series]; !is || got != want {
				l.Errorf("vtq_quota_%s = %v, told %t, want %v", series, got, is, want)
			}
		}
		r.stop()
	})
}

// TestADriftIsToldByEveryWorker has somebody change a stream by hand, and put it right again.
func TestADriftIsToldByEveryWorker(t *testing.T) {
	inLab(t, func(l *lab) {
		l.more = func(o *lookup.Options) {
			o.Topology, _ = stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * day})
		}
		workers := []*run{l.start(), l.start()}
		l.sleep(time.Second)
		tell := func(want float64, when string) {
			t.Helper()
			for _, r := range workers {
				if got := values(l.T, r.registry)["vtq_topology_drift"]; got != want {
					l.Errorf("vtq_topology_drift = %v %s, want %v", got, when, want)
				}
			}
		}
		tell(0, "at first")
		set := func(most int64) {
			t.Helper()
			config := l.stream(stream.Jobs).CachedInfo().Config
			config.MaxMsgs = most
			if _, err := l.js.UpdateStream(l.Context(), config); err != nil {
				l.Fatalf("changing a stream: %v", err)
			}
		}
		was := l.stream(stream.Jobs).CachedInfo().Config.MaxMsgs
		set(5)
		l.sleep(7 * time.Minute)
		tell(1, "with a stream that was changed")
		set(was)
		if err := l.js.DeleteStream(l.Context(), stream.DeadLetters); err != nil {
			l.Fatalf("deleting a stream: %v", err)
		}
		l.sleep(7 * time.Minute)
		tell(1, "with a stream that is gone")
		for _, r := range workers {
			r.stop()
		}
	})
}
