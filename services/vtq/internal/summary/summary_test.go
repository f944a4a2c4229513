package summary_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/services/vtq/internal/summary"
	"vtq.internal/shared/verdict"
)

// outcome has some of everything.
func outcome() demo.Outcome {
	written := map[string]string{"VirusTotal Verdict": "...", "VirusTotal Severity": "..."}
	return demo.Outcome{
		Indicators: []demo.Row{
			{Type: "IP Address", Value: "10.0.0.1", Skipped: "private_address"},
			{Type: "FQDN", Value: "quiet-harbor.com", Class: verdict.ClassHarmless, Severity: "Low", Detections: "0/94", Attributes: written},
			{Type: "URL", Value: "http://misty-mill.com/\x1b[2J", Class: verdict.ClassMalicious, Severity: "High", Detections: "9/94", Attributes: written},
			{
				Type: "MD5", Value: "d41d8cd98f00b204e9800998ecf8427e", Class: verdict.ClassMalicious, Severity: "High", Detections: "14/72",
				Attributes: map[string]string{"VirusTotal Verdict": "..."},
			},
		},
		Classes:          map[verdict.Class]int{verdict.ClassMalicious: 2, verdict.ClassHarmless: 1},
		Skipped:          map[string]int{"private_address": 1, "tlp": 2, "url_credentials": 1},
		ProviderRequests: 1234, QuotaPerMinute: 1200, Shared: demo.Shared{SameObject: 1, OtherHash: 12},
		ThreatQRequests: 10, ThreatQWrites: 1, SecondPass: demo.Requests{ThreatQ: 3, Writes: 1}, Took: 9.349,
	}
}

func written(s screen.Screen, o demo.Outcome, all bool) string {
	var b strings.Builder
	s.W = &b
	summary.Write(s, o, all)
	return b.String()
}

func TestTheGravestComesFirst(t *testing.T) {
	got, _, _ := strings.Cut(written(screen.Screen{}, outcome(), false), "\n\n  All of this")
	want := `
  TYPE        VALUE                             VERDICT    SEVERITY  DETECTIONS  WRITTEN, OR WHY NOT
  MD5         d41d8cd98f00b204e9800998ecf8427e  Malicious  High           14/72  1 attribute
  URL         hxxp://misty-mill[.]com/\x1b[2J   Malicious  High            9/94  2 attributes
  FQDN        quiet-harbor[.]com                Harmless   Low             0/94  2 attributes
  IP Address  10[.]0[.]0[.]1                    skipped                          private address

  3 of 4 indicators enriched in 9.3 s

  by verdict   2 Malicious, 1 Harmless
  skipped      2 TLP above the ceiling, 1 private address, 1 URL with credentials
  VirusTotal   1,234 requests, at up to 1,200 a minute; 13 indicators shared one: 12 as another hash of a file, 1 as
               another spelling
  ThreatQ      9 reads and 1 write, for 5 attributes
  second pass  0 provider requests, 1 ThreatQ write`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// failedOver is what came of two providers.
func failedOver() demo.Outcome {
	o := outcome()
	o.Indicators[1].Provider, o.Indicators[2].Provider, o.Indicators[3].Provider = "virustotal", "virustotal", "reversinglabs"
	o.Indicators = append(o.Indicators, demo.Row{Type: "FQDN", Value: "misty-mill.com", Waits: []string{"virustotal"}})
	o.Waiting, o.Failovers = 1, 1
	o.Providers = []demo.Provider{
		{Name: "virustotal", Requests: 60, Spent: 60, PerDay: 60, Answered: 2},
		{Name: "reversinglabs", Requests: 3, Spent: 1084, Answered: 1},
	}
	return o
}

func TestTwoProvidersShowApart(t *testing.T) {
	got, _, _ := strings.Cut(written(screen.Screen{}, failedOver(), false), "\n  ThreatQ  ")
	want := `
  TYPE        VALUE                             VERDICT    SEVERITY  DETECTIONS  PROVIDER       WRITTEN, OR WHY NOT
  MD5         d41d8cd98f00b204e9800998ecf8427e  Malicious  High           14/72  ReversingLabs  1 attribute
  URL         hxxp://misty-mill[.]com/\x1b[2J   Malicious  High            9/94  VirusTotal     2 attributes
  FQDN        quiet-harbor[.]com                Harmless   Low             0/94  VirusTotal     2 attributes
  FQDN        misty-mill[.]com                  waiting                                         the quota is spent
  IP Address  10[.]0[.]0[.]1                    skipped                                         private address

  3 of 5 indicators enriched in 9.3 s, 1 waits for the quota

  by verdict     2 Malicious, 1 Harmless
  skipped        2 TLP above the ceiling, 1 private address, 1 URL with credentials
  waiting        1 indicator, until the day of VirusTotal begins anew at 00:00 UTC: nobody else answers their kinds
  VirusTotal     60 requests of 60 a day; answered 2 indicators
  ReversingLabs  3 requests, billed as 1,084; answered 1 indicator
  failover       jobs went to another provider once; nobody was asked for what another had answered
  shared         13 indicators shared one: 12 as another hash of a file, 1 as another spelling`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestFailoversAreCounted(t *testing.T) {
	o := failedOver()
	for n, want := range map[int]string{0: "  not once; ", 3: "jobs went to another provider, and back, 3 times; "} {
		o.Failovers = n
		if got := written(screen.Screen{}, o, false); !strings.Contains(got, want) {
			t.Errorf("the summary of %d failovers lacks %q:\n%s", n, want, got)
		}
	}
	o.AskedTwice = 2
	if got := written(screen.Screen{}, o, false); !strings.Contains(got, "2 requests asked for what had been asked before") {
		t.Errorf("the summary hides that something was asked twice:\n%s", got)
	}
}

func TestAnotherProviderShowsByItsName(t *testing.T) {
	o := outcome()
	o.Providers = []demo.Provider{{Name: "reversinglabs"}}
	o.Indicators[1] = demo.Row{Type: "FQDN", Value: "quiet-harbor.com", Skipped: "unsupported_type"}
	o.Indicators = append(o.Indicators, demo.Row{Type: "CIDR Block", Value: "203.0.113.0/24", Skipped: "unsupported_type"})
	o.Skipped["unsupported_type"] = 2
	got := written(screen.Screen{Width: 200}, o, false)
	for _, want := range []string{
		"\n  ReversingLabs  1,234 requests, at up to 1,200 a minute; 13 indicators shared one",
		"1 no provider answers the kind", "1 unsupported type", "VT_BASE_URL=https://data.reversinglabs.com/api/v3   ReversingLabs in VirusTotal's place",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary lacks %q:\n%s", want, got)
		}
	}
}

func TestReasonsAreWords(t *testing.T) {
	o := outcome()
	o.Skipped = map[string]int{"tlp": 1, "status": 1, "url_credentials": 1, "unsupported_type": 3, "bad_hash": 1000}
	want := "1,000 bad hash, 3 unsupported type, 1 whitelisted, 1 TLP above the ceiling, 1 URL with credentials"
	if got := written(screen.Screen{}, o, false); !strings.Contains(got, "\n  skipped      "+want+"\n") {
		t.Errorf("the summary lacks %q:\n%s", want, got)
	}
	o.Skipped = nil
	if got := written(screen.Screen{}, o, false); strings.Contains(got, "\n  skipped  ") {
		t.Errorf("nothing was skipped, and the summary says:\n%s", got)
	}
}

func TestWhatToSetIsSaid(t *testing.T) {
	got := written(screen.Screen{}, outcome(), false)
	for _, want := range []string{"THREATQ_URL=", "THREATQ_CLIENT_ID=", "THREATQ_CLIENT_SECRET=", "THREATQ_COLLECTION=", "VT_API_KEY=", "vtq check", "vtq up"} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary lacks %q:\n%s", want, got)
		}
	}
}

func TestFailuresShowFirst(t *testing.T) {
	o := outcome()
	o.Indicators[1] = demo.Row{Type: "FQDN", Value: "a.za", Failed: "dead letter: refused"}
	got := written(screen.Screen{}, o, false)
	if !strings.Contains(got, "1 indicator failed") || strings.Index(got, "dead letter: refused") > strings.Index(got, "Malicious  High") {
		t.Errorf("the failure does not show before all else:\n%s", got)
	}
}

// many has n malicious files, one malicious address, and as many of every other sort.
func many(n int) demo.Outcome {
	o := demo.Outcome{}
	for i := range n {
		o.Indicators = append(o.Indicators, demo.Row{
			Type: "SHA-256", Value: strings.Repeat("a", 60) + fmt.Sprintf("%04d", i), Class: verdict.ClassMalicious, Detections: fmt.Sprintf("%d/72", i),
		})
	}
	for _, class := range verdict.Classes() {
		o.Indicators = append(o.Indicators, demo.Row{Type: "IP Address", Value: "45.1.2.3", Class: class, Detections: "0/94"})
	}
	return o
}

func TestTheTableShowsSomeOfEverything(t *testing.T) {
	got := written(screen.Screen{Width: 100}, many(500), false)
	table, _, _ := strings.Cut(got, "\n\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
	if want := summary.MaxRows + 2; len(rows) != want {
		t.Errorf("%d lines below the titles, want %d: %d indicators, how many more, and --all", len(rows), want, summary.MaxRows)
	}
	for _, want := range []string{"499/72", "45[.]1[.]2[.]3", "Not Found", "and 476 more Malicious", "--all shows every one"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	for line := range strings.Lines(table) {
		if n := utf8.RuneCountInString(line) - 1; n > 100 {
			t.Errorf("a line takes %d columns of 100: %q", n, line)
		}
	}
}

func TestAllShowsAll(t *testing.T) {
	got := written(screen.Screen{}, many(500), true)
	if n := strings.Count(got, "aaaa"); strings.Contains(got, " more ") || n < 500 {
		t.Errorf("with all, the table leaves some out:\n%s", got)
	}
}

func TestRecordedReportsShowTheirFile(t *testing.T) {
	o := outcome()
	o.Indicators[1].Report = "domains/harbor.json"
	got := written(screen.Screen{}, o, false)
	if !strings.Contains(got, "REPORT") || !strings.Contains(got, "  harbor.json\n") {
		t.Errorf("the table lacks the file:\n%s", got)
	}
}
