package lookup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

func TestAJobBecomesAVerdict(t *testing.T) {
	item := fileUnderItsMD5(t)
	object := indicator.Object{Kind: indicator.File, Value: item.Value}
	inLab(t, func(l *lab) {
		if err := l.vt.AddReport(item.Report); err != nil {
			l.Fatalf("adding a report: %v", err)
		}
		r := l.start()
		l.push(7, object)
		l.drained(time.Minute)
		r.stop()
		got, ok := l.verdict(7, object)
		if class := verdict.DefaultPolicy().Classify(got.Verdict); !ok || class != item.Class || got.Indicator.ID != 7 {
			l.Errorf("verdict %+v of class %v, want one of class %v for indicator 7", got, class, item.Class)
		}
		sha256 := indicator.Object{Kind: indicator.File, Value: item.Object}
		if _, err := l.stream(stream.Verdicts).GetLastMsgForSubject(l.Context(), wire.AliasSubject(provider.VirusTotal, sha256.Key())); err != nil {
			l.Errorf("reading the alias of the file's SHA-256: %v", err)
		}
		if n := l.messages(stream.Verdicts); n != 3 {
			l.Errorf("%d messages, want a verdict and two aliases", n)
		}
		want := map[string]float64{
			"vtq_lookup_answers_total{miss}": 1, "vtq_lookup_settled_total{none}{ack}": 1,
			"vtq_provider_requests_total{none}{file}{virustotal}": 1, "vtq_provider_request_duration_seconds{virustotal}": 0.1,
			"vtq_permits_total{granted}{virustotal}": 1, "vtq_message_age_seconds{lookup}": 0.1, "vtq_message_duration_seconds{lookup}": 0.1,
		}
		if diff := cmp.Diff(want, r.counted()); diff != "" {
			l.Errorf("counters that are not zero (-want +got):\n%s", diff)
		}
		if l.logs.count(`"message":"settled"`, `"indicator_id":7`, `"outcome":"ok"`, `"settle":"ack"`, `"cache":"miss"`) != 1 {
			l.Errorf("no line tells of the job:\n%s", l.logs.text())
		}
		if strings.Contains(l.logs.text(), item.Value) {
			l.Error("the log repeats the indicator's value")
		}
	})
}

// fileUnderItsMD5 is a file that the provider knows, as an indicator by its MD5.
func fileUnderItsMD5(t *testing.T) dataset.Item {
	t.Helper()
	for _, item := range dataset.Demo() {
		if item.Type == "MD5" && item.Class == verdict.ClassMalicious {
			return item
		}
	}
	t.Fatal("the data set has no file under its MD5")
	return dataset.Item{}
}

func TestAnUnknownObjectIsAVerdict(t *testing.T) {
	inLab(t, func(l *lab) {
		r := l.start()
		l.push(7, site(1))
		l.drained(time.Minute)
		r.stop()
		if v, ok := l.verdict(7, site(1)); !ok || v.Verdict.Found {
			l.Errorf("verdict %+v, want not found", v)
		}
	})
}

func TestBothLanesAreWorkedOn(t *testing.T) {
	inLab(t, func(l *lab) {
		at := wire.JobAddress{Lane: wire.Refresh, Route: provider.VirusTotal, Key: site(1).Key(), ID: 7}
		body, err := wire.EncodeJob(wire.Job{
			Indicator: indicator.Indicator{ID: 7}, Object: site(1), After: time.Now().Add(-time.Hour),
		})
		if err != nil {
			l.Fatalf("encoding a job: %v", err)
		}
		l.store(at.Subject(), body)
		l.push(8, site(2))
		r := l.start()
		l.drained(time.Minute)
		r.stop()
		for id, object := range map[int64]indicator.Object{7: site(1), 8: site(2)} {
			if _, ok := l.verdict(id, object); !ok {
				l.Errorf("no verdict for indicator %d", id)
			}
		}
	})
}

func TestManyIndicatorsOfOneObjectCostOneRequest(t *testing.T) {
	inLab(t, func(l *lab) {
		l.report(site(1), verdict.ClassSuspicious)
		for id := range int64(20) {
			l.push(id+1, site(1))
		}
		r := l.start()
		l.drained(time.Minute)
		r.stop()
		for id := range int64(20) {
			if v, ok := l.verdict(id+1, site(1)); !ok || !v.Verdict.Found {
				l.Errorf("verdict %+v for indicator %d, want what is known", v, id+1)
			}
		}
		if got := l.vt.Lookups(); got != 1 {
			l.Errorf("%d requests, want 1", got)
		}
	})
}

func TestTheQuotaIsKept(t *testing.T) {
	inLab(t, func(l *lab) {
		l.vt.Keys = map[string]simulator.Key{simulator.DefaultKey: {Limits: simulator.PublicLimits()}}
		l.quota = 4
		l.pushSites(40)
		began := time.Now()
		r := l.start()
		l.drained(time.Hour)
		r.stop()
		l.answered(40)
		if took := time.Since(began); took > 11*time.Minute {
			l.Errorf("40 requests at 4 a minute took %v", took)
		}
		if most, rejected := l.vt.MaxInWindow(time.Minute), l.vt.Requests().Outcome(simulator.Rejected); most > 4 || rejected > 0 {
			l.Errorf("%d requests in a minute, %d rejected, want at most 4 and none", most, rejected)
		}
	})
}
