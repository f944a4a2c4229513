package enrich_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

func TestAMissIsAskedOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		report, err := l.answer(ticket(7, domain()))
		if err != nil || report.Cache != recall.Miss || report.Requests != 1 {
			l.Errorf("Answer = %+v, %v, want a miss that cost one request", report, err)
		}
		if got, want := l.did(), "take fresh, ask quiet-harbor.com"; got != want {
			l.Errorf("steps %q, want %q", got, want)
		}
		got, _ := l.verdict(7, domain())
		want := wire.Verdict{
			Schema: 1, Indicator: indicator.Indicator{ID: 7, Type: "FQDN", Value: "quiet-harbor.com"}, Object: domain(),
			Verdict: verdict.Verdict{
				Provider: "virustotal", Kind: indicator.Domain, Asked: time.Now().UTC(), Found: true,
				Counts: verdict.Counts{verdict.Malicious: 14, verdict.Undetected: 58},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			l.Errorf("verdict (-want +got):\n%s", diff)
		}
	})
}

func TestMemoryComesBeforeThePermit(t *testing.T) {
	inLab(t, func(l *lab) {
		if _, err := l.answer(ticket(7, domain())); err != nil {
			l.Fatalf("Answer = %v", err)
		}
		asked := time.Now()
		l.sleep(time.Hour)
		before := l.did()
		report, err := l.answer(ticket(8, domain()))
		if err != nil || report.Cache != recall.Hit || report.Requests != 0 {
			l.Errorf("Answer = %+v, %v, want a hit without a request", report, err)
		}
		if got := l.did(); got != before {
			l.Errorf("steps %q, want no more than %q", got, before)
		}
		if v, ok := l.verdict(8, domain()); !ok || !v.Verdict.Asked.Equal(asked) || v.Indicator.ID != 8 {
			l.Errorf("published %+v, want the answer of before with its own date, for the indicator that asked", v)
		}
	})
}

func TestMemoryComesAgainBehindThePermit(t *testing.T) {
	inLab(t, func(l *lab) {
		l.takeFunc = func(ctx context.Context) error { // Meanwhile another worker finds the answer.
			l.takeFunc = nil
			_, err := l.enricher.Answer(ctx, ctx, ticket(8, domain()))
			return err
		}
		second := ticket(7, domain())
		second.Job.After = time.Unix(1, 0) // Apart from the other's flight.
		report, err := l.answer(second)
		if err != nil || report.Cache != recall.Hit || report.Requests != 0 {
			l.Errorf("Answer = %+v, %v, want a hit without a request", report, err)
		}
		if got, want := l.did(), "take fresh, ask quiet-harbor.com, take fresh, release"; got != want {
			l.Errorf("steps %q, want %q", got, want)
		}
		if _, ok := l.verdict(7, domain()); !ok {
			l.Error("no verdict for the one that waited")
		}
	})
}

func TestTheLaneIsTheJobs(t *testing.T) {
	inLab(t, func(l *lab) {
		job := ticket(7, domain())
		job.Lane = wire.Refresh
		if _, err := l.answer(job); err != nil || l.did() != "take refresh, ask quiet-harbor.com" {
			l.Errorf("Answer = %v with steps %q, want a permit of the lane refresh", err, l.did())
		}
	})
}

func TestAnAnswerThatGrewOldIsAskedAgain(t *testing.T) {
	inLab(t, func(l *lab) {
		if _, err := l.answer(ticket(7, domain())); err != nil {
			l.Fatalf("Answer = %v", err)
		}
		again := ticket(7, domain())
		again.ID, again.Job.After = "another message", time.Now().UTC()
		l.sleep(time.Minute)
		if report, err := l.answer(again); err != nil || report.Requests != 1 {
			l.Errorf("Answer = %+v, %v, want a request: what is known does not count", report, err)
		}
	})
}

func TestAliasesComeBeforeTheVerdict(t *testing.T) {
	hashes := verdict.Facts{
		MD5: "d41d8cd98f00b204e9800998ecf8427e", SHA1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}
	file := func(hash string) indicator.Object { return indicator.Object{Kind: indicator.File, Value: hash} }
	inLab(t, func(l *lab) {
		l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
			v := known(o)
			v.Facts = hashes
			return v, nil
		}
		if _, err := l.answer(ticket(7, file(hashes.SHA1))); err != nil {
			l.Fatalf("Answer = %v", err)
		}
		want := []string{
			wire.AliasSubject("virustotal", file(hashes.MD5).Key()), wire.AliasSubject("virustotal", file(hashes.SHA256).Key()),
			wire.VerdictAddress{Provider: "virustotal", Key: file(hashes.SHA1).Key(), ID: 7}.Subject(),
		}
		if diff := cmp.Diff(want, l.stored()); diff != "" {
			l.Errorf("published (-want +got):\n%s", diff)
		}
		report, err := l.answer(ticket(8, file(hashes.MD5)))
		if err != nil || report.Cache != recall.Alias || report.Requests != 0 {
			l.Errorf("Answer by another hash = %+v, %v, want it by its alias", report, err)
		}
	})
}

func TestConcurrentJobsForOneObjectShareARequest(t *testing.T) {
	inLab(t, func(l *lab) {
		l.lookFunc = func(_ context.Context, o indicator.Object) (verdict.Verdict, error) {
			l.sleep(2 * time.Second)
			return known(o), nil
		}
		reports := make([]enrich.Report, 3)
		var working sync.WaitGroup
		for i := range reports {
			working.Go(func() {
				var err error
				if reports[i], err = l.answer(ticket(int64(i+1), domain())); err != nil {
					l.Errorf("Answer of job %d = %v", i+1, err)
				}
			})
		}
		working.Wait()
		requests, hits := 0, 0
		for i, report := range reports {
			requests += report.Requests
			if report.Cache == recall.Hit {
				hits++
			}
			if _, ok := l.verdict(int64(i+1), domain()); !ok {
				l.Errorf("no verdict for indicator %d", i+1)
			}
		}
		if got := l.did(); got != "take fresh, ask quiet-harbor.com" || requests != 1 || hits != 2 {
			l.Errorf("steps %q with %d requests and %d hits told, want one request for all three", got, requests, hits)
		}
	})
}

func TestTheMessageIDIsTheTickets(t *testing.T) {
	inLab(t, func(l *lab) {
		for range 2 { // Delivered again, since the ack was lost.
			if _, err := l.answer(ticket(7, domain())); err != nil {
				l.Fatalf("Answer = %v", err)
			}
		}
		if got := l.stored(); len(got) != 1 {
			l.Errorf("published %q, want it once", got)
		}
	})
}

func TestNothingPrivateIsAskedAbout(t *testing.T) {
	url := indicator.Object{Kind: indicator.URL, Value: "http://quiet-harbor.com/"}
	cases := map[string]wire.Job{
		"a private address": {Object: indicator.Object{Kind: indicator.IP, Value: "10.1.2.3"}},
		"an internal name":  {Object: indicator.Object{Kind: indicator.Domain, Value: "printer.local"}},
		"no kind at all":    {Object: indicator.Object{Value: "quiet-harbor.com"}},
		"a password":        {Object: indicator.Object{Kind: indicator.URL, Value: "http://ann:pw@quiet-harbor.com/"}},
		"its other scheme":  {Object: url, Other: &indicator.Object{Kind: indicator.URL, Value: "https://10.1.2.3/"}},
	}
	for name, job := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.enricher.OtherScheme = true
				_, err := l.answer(enrich.Ticket{Job: job, Lane: wire.Fresh, ID: "message"})
				if fault.KindOf(err) != fault.Permanent {
					l.Errorf("Answer = %v of kind %v, want a permanent fault", err, fault.KindOf(err))
				}
				if l.did() != "" || len(l.stored()) > 0 {
					l.Errorf("steps %q, published %q, want nothing", l.did(), l.stored())
				}
			})
		})
	}
}
