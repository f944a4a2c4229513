package lookup_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/simulator/dataset"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// inBulk runs a worker of ReversingLabs' own API, with these limits of the settings.
func inBulk(t *testing.T, limits config.Limits, f func(l *lab, sim *rlsim.Server, client *reversinglabs.Client)) {
	t.Helper()
	inLab(t, func(l *lab) {
		sim := &rlsim.Server{Latency: 100 * time.Millisecond, Shuffle: true, Synthesize: everyTenth, Keep: 1}
		sim.Users = map[string]rlsim.User{rlsim.DefaultUser: {
			Password: rlsim.DefaultPassword, Account: rlsim.Account{Limits: rlsim.Limits{Day: limits.Day}},
		}}
		transport, stop := testkit.Serve(t, sim)
		defer stop()
		client, err := reversinglabs.New(reversinglabs.Config{
			BaseURL: "http://reversinglabs.test", User: rlsim.DefaultUser, Password: rlsim.DefaultPassword, Tool: "vtq/test", Transport: transport,
		})
		if err != nil {
			t.Fatal(err)
		}
		route := provider.RouteOf(provider.ReversingLabs)
		all, err := stream.NewTopology(stream.Options{Routes: []string{route.Name}, VerdictAge: 60 * day})
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Ensure(l.Context(), l.js, all); err != nil {
			t.Fatal(err)
		}
		l.more = func(o *lookup.Options) {
			o.Providers = []lookup.Provider{lookup.ManyOf(client, "main", lookup.QuotaOf(limits))}
			o.Routes = []provider.Route{route}
		}
		f(l, sim, client)
	})
}

// everyTenth knows nine hashes of ten.
func everyTenth(kind, id string) []byte {
	if kind != "file" || id[len(id)-1] == '7' {
		return nil
	}
	return dataset.Report(dataset.Recipe{Kind: indicator.File, Object: id, Class: verdict.ClassMalicious})
}

func sha256Of(n int) indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: fmt.Sprintf("%064x", n)}
}

// askFiles asks about so many files, for the indicators 1 to n.
func (l *lab) askFiles(n int) {
	l.Helper()
	for i := 1; i <= n; i++ {
		object := sha256Of(i)
		body, err := wire.EncodeJob(wire.Job{
			Created: time.Now().UTC(), Indicator: indicator.Indicator{ID: int64(i), Type: "SHA-256", Value: object.Value}, Object: object,
		})
		if err != nil {
			l.Fatal(err)
		}
		at := wire.JobAddress{Lane: wire.Fresh, Route: provider.ReversingLabs, Key: object.Key(), ID: int64(i)}
		l.store(at.Subject(), body)
	}
}

// TestABacklogOfHashes asks about 2,000 of them or, with BULK_HASHES, as many as that says.
func TestABacklogOfHashes(t *testing.T) {
	n := 2000
	if text := os.Getenv("BULK_HASHES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("BULK_HASHES: %v", err)
		}
	}
	inBulk(t, config.Limits{}, func(l *lab, sim *rlsim.Server, client *reversinglabs.Client) {
		l.askFiles(n)
		run := l.start()
		defer run.stop()
		l.drained(time.Hour)
		requests := sim.Requests().Total()
		t.Logf("%d hashes in %d requests, %d billed", n, requests, sim.Billed())
		if most := (n + 99) / 100; requests > most || sim.Billed() != n {
			t.Errorf("%d requests and %d billed, want at most %d, and %d", requests, sim.Billed(), most, n)
		}
		for i := 1; i <= n; i += max(1, n/200) {
			at := wire.VerdictAddress{Provider: provider.ReversingLabs, Key: sha256Of(i).Key(), ID: int64(i)}
			message, err := l.stream(stream.Verdicts).GetLastMsgForSubject(l.Context(), at.Subject())
			if err != nil {
				t.Fatalf("the verdict for indicator %d: %v", i, err)
			}
			got, err := wire.DecodeVerdict(message.Data)
			if err != nil {
				t.Fatal(err)
			}
			want, err := client.Look(l.Context(), sha256Of(i))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Verdict, cmpopts.IgnoreFields(verdict.Verdict{}, "Asked")); diff != "" {
				t.Errorf("file %d, by itself and with others (-want +got):\n%s", i, diff)
			}
		}
	})
}

// TestADayOfHashes has a contract for 250 of them a day, of which a request must not ask for more than are left.
func TestADayOfHashes(t *testing.T) {
	inBulk(t, config.Limits{Day: 250}, func(l *lab, sim *rlsim.Server, _ *reversinglabs.Client) {
		l.askFiles(600)
		run := l.start()
		defer run.stop()
		for day := 1; day <= 3; day++ {
			l.sleep(12 * time.Hour)
			if got, want := sim.Billed(), min(day*250, 600); got != want || sim.Refused() > 0 {
				t.Errorf("day %d: %d billed and %d requests refused, want %d and none", day, got, sim.Refused(), want)
			}
			l.sleep(12 * time.Hour)
		}
		l.drained(time.Hour)
	})
}
