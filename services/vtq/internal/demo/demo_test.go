package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/verdict"
)

// chosen are the synthetic seeds with one of some notes, the first of each.
func chosen(t *testing.T, notes ...string) []simulation.Seed {
	t.Helper()
	var seeds []simulation.Seed
	for _, note := range notes {
		found := false
		for _, seed := range simulation.Synthetic() {
			if !found && seed.Note == note {
				seeds, found = append(seeds, seed), true
			}
		}
		if !found {
			t.Fatalf("no seed has the note %q", note)
		}
	}
	return seeds
}

// run runs a demonstration of one round.
func run(t *testing.T, o demo.Options) demo.Outcome {
	t.Helper()
	out, err := demo.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("running the demonstration: %v", err)
	}
	return out
}

func TestEveryIndicatorEndsSomehow(t *testing.T) {
	seeds := chosen(t, "sandboxes and rules", "negative reputation", "unknown to the provider", "whitelisted", "TLP:RED", "private address", "unsupported type")
	// This name passes every rule of ours, and the service refuses it as no "valid domain pattern" (recorded 2020-09-30).
	seeds = append(seeds, simulation.Seed{Item: dataset.Item{Type: "FQDN", Value: "xpressco.za"}})
	out := run(t, demo.Options{Rounds: [][]simulation.Seed{seeds}})
	if len(out.Indicators) != len(seeds) {
		t.Fatalf("%d rows, want %d", len(out.Indicators), len(seeds))
	}
	for i, row := range out.Indicators {
		if row.Class != seeds[i].Class || row.Type != seeds[i].Type || row.Value != seeds[i].Value || row.Note != seeds[i].Note {
			t.Errorf("row %d = %+v, want that of %+v", i, row, seeds[i].Item)
		}
	}
	skips := map[string]int{"status": 1, "tlp": 1, "private_address": 1, "unsupported_type": 1}
	if diff := cmp.Diff(skips, out.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	refused := out.Indicators[len(seeds)-1]
	if !strings.HasPrefix(refused.Failed, "dead letter: ") || out.Failed() != 1 || out.Warnings == 0 {
		t.Errorf("the refused name = %+v, %d failed, %d warnings; want a dead letter that is told of", refused, out.Failed(), out.Warnings)
	}
	if out.Enriched() != 3 || out.ProviderRequests != 4 || out.ThreatQWrites != 3 {
		t.Errorf("enriched %d with %d requests and %d writes, want 3 with 4 and 3", out.Enriched(), out.ProviderRequests, out.ThreatQWrites)
	}
	if out.SecondPass.Provider != 0 || out.SecondPass.Writes != 0 {
		t.Errorf("second pass = %+v, want no provider request and no write", out.SecondPass)
	}
	want := []demo.Provider{{Name: provider.VirusTotal, Requests: 4, Spent: 4, Answered: 3}}
	if diff := cmp.Diff(want, out.Providers); diff != "" || out.AskedTwice != 0 || out.Failovers != 0 {
		t.Errorf("%d failovers, %d asked twice, and providers (-want +got):\n%s", out.Failovers, out.AskedTwice, diff)
	}
}

// TestAnotherProviderInItsPlace has nobody who answers for names and addresses.
func TestAnotherProviderInItsPlace(t *testing.T) {
	seeds := chosen(t, "sandboxes and rules", "one of three hashes of a file", "negative reputation")
	seeds = append(seeds, simulation.Seed{Item: dataset.Item{Type: "FQDN", Value: "quiet-harbor.com"}})
	out := run(t, demo.Options{Providers: []string{provider.ReversingLabs}, Rounds: [][]simulation.Seed{seeds}})
	files := 0
	for i, row := range out.Indicators {
		switch seeds[i].Type {
		case indicator.TypeFQDN, indicator.TypeIP, indicator.TypeIPv6:
			if row.Skipped != string(indicator.UnsupportedType) || row.Provider != "" {
				t.Errorf("row %+v, want it skipped for its kind", row)
			}
			continue
		}
		files++
		if row.Provider != provider.ReversingLabs || row.Attributes["ReversingLabs Verdict"] != string(row.Class) || row.Class == "" {
			t.Errorf("row %+v, want it answered by ReversingLabs", row)
		}
	}
	want := []demo.Provider{{Name: provider.ReversingLabs, Requests: files, Spent: files, Answered: files}}
	if diff := cmp.Diff(want, out.Providers); diff != "" || files == 0 || out.Failed() > 0 {
		t.Errorf("%d failed, and providers (-want +got):\n%s", out.Failed(), diff)
	}
}

// TestASpentDayFailsOver has more files and names than VirusTotal's day pays for.
func TestASpentDayFailsOver(t *testing.T) {
	var seeds []simulation.Seed
	for _, seed := range simulation.Synthetic() {
		if seed.Class != "" && (seed.Type == indicator.TypeSHA256 || seed.Type == indicator.TypeFQDN) {
			seeds = append(seeds, seed)
		}
	}
	perDay := len(seeds) * 3 / 10
	waited := 0
	out := run(t, demo.Options{
		Providers: []string{provider.VirusTotal, provider.ReversingLabs}, Rounds: [][]simulation.Seed{seeds},
		TellFunc: func(p demo.Progress) { waited = max(waited, p.Waiting) },
	})
	waiting := 0
	for _, row := range out.Indicators {
		switch {
		case row.Waits != nil:
			waiting++
			if diff := cmp.Diff([]string{provider.VirusTotal}, row.Waits); diff != "" || row.Type != indicator.TypeFQDN || row.Class != "" || row.Failed != "" {
				t.Errorf("row %+v waits, want names alone, for VirusTotal", row)
			}
		case row.Class == "" || row.Provider == "" || row.Type == indicator.TypeFQDN && row.Provider != provider.VirusTotal:
			t.Errorf("row %+v, want it answered by whoever can", row)
		}
	}
	vt, rl := out.Providers[0], out.Providers[1]
	if vt.Requests != perDay || vt.Answered < perDay || rl.Answered == 0 || vt.Answered+rl.Answered+waiting != len(seeds) {
		t.Errorf("%+v and %+v of %d, %d wait; want a day of %d, and the other to go on", vt, rl, len(seeds), waiting, perDay)
	}
	if out.Failovers != 1 || out.AskedTwice != 0 || out.Waiting != waiting || waited != waiting || waiting == 0 || out.Failed() > 0 || out.Warnings > 0 {
		t.Errorf("%d failovers, %d asked twice, %d of %d wait (%d told), %d failed, %d warnings; want one failover and nothing lost",
			out.Failovers, out.AskedTwice, out.Waiting, waiting, waited, out.Failed(), out.Warnings)
	}
	if out.SecondPass.Provider != 0 || out.SecondPass.Writes != 0 {
		t.Errorf("second pass = %+v, want no provider request and no write", out.SecondPass)
	}
}

func TestARowTellsWhatStandsInThreatQ(t *testing.T) {
	seeds := chosen(t, "the fewest engines for its class")
	row := run(t, demo.Options{Rounds: [][]simulation.Seed{seeds}}).Indicators[0]
	for name, want := range map[string]string{
		"VirusTotal Verdict": string(row.Class), "VirusTotal Severity": row.Severity,
		"VirusTotal Detections": row.Detections, "VirusTotal Link": row.Link,
	} {
		if got := row.Attributes[name]; got != want || got == "" {
			t.Errorf("attribute %q = %q, row says %q; want the same, and something", name, got, want)
		}
	}
	if _, foreign := row.Attributes["Scheme"]; foreign || row.Skipped != "" || row.Failed != "" {
		t.Errorf("row = %+v, want our attributes alone and nothing wrong", row)
	}
}

func TestThreeHashesOfAFileShareARequest(t *testing.T) {
	out := run(t, demo.Options{Rounds: [][]simulation.Seed{simulation.Synthetic()[:6]}})
	if out.Enriched() != 6 || out.ProviderRequests+out.Shared.OtherHash+out.Shared.SameObject != 6 {
		t.Errorf("outcome = %d enriched, %d requests, %+v shared; want each of 6 answered by a request or a shared one",
			out.Enriched(), out.ProviderRequests, out.Shared)
	}
}

func TestProgressRunsToTheEndOfEachPass(t *testing.T) {
	seed := chosen(t, "a plain report", "private address")
	var last map[bool]demo.Progress
	rounds := map[int]bool{}
	var logs strings.Builder
	run(t, demo.Options{
		Rounds: [][]simulation.Seed{seed, seed}, Logs: &logs,
		TellFunc: func(p demo.Progress) {
			if last == nil {
				last = map[bool]demo.Progress{}
			}
			last[p.Again], rounds[p.Round] = p, true
		},
	})
	for again, p := range last {
		if p.Done() != 2 || p.Total != 2 || p.Skipped != 1 || p.Rounds != 2 {
			t.Errorf("the last progress (second pass: %v) = %+v, want all of it done", again, p)
		}
	}
	if len(last) != 2 || len(rounds) != 2 {
		t.Errorf("told of %d passes in %d rounds, want 2 in 2", len(last), len(rounds))
	}
	for line := range strings.Lines(logs.String()) {
		var fields struct{ Level, Stage string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil || fields.Level == "debug" {
			t.Errorf("log line %q: %v; want JSON above debug", line, err)
		}
	}
}

func TestAnInterruptionEndsIt(t *testing.T) {
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	out, err := demo.Run(ctx, demo.Options{
		Rounds:   [][]simulation.Seed{simulation.Synthetic()},
		TellFunc: func(demo.Progress) { cancel(stop) },
	})
	if !errors.Is(err, stop) || out.Enriched() != 0 {
		t.Errorf("Run = %d enriched, %v; want none, and the cause", out.Enriched(), err)
	}
}

func TestTheDocumentHasItsMembers(t *testing.T) {
	raw, err := json.Marshal(demo.Outcome{
		Indicators: []demo.Row{{ID: 1, Type: "FQDN", Value: "a.com", Class: verdict.ClassNotFound}},
		Classes:    map[verdict.Class]int{verdict.ClassNotFound: 1}, Took: 1.5,
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"indicators":[{"id":1,"type":"FQDN","value":"a.com","class":"Not Found"}],"classes":{"Not Found":1},"skipped":null,"providers":null,"failovers":0,"asked_twice":0,` +
		`"provider_requests":0,"quota_per_minute":0,"shared":{"same_object":0,"other_hash":0},"threatq_requests":0,"threatq_writes":0,` +
		`"second_pass":{"provider_requests":0,"threatq_requests":0,"threatq_writes":0},"took_s":1.5}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}
