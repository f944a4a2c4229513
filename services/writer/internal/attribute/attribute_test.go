package attribute_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// mapping is the default one.
func mapping() attribute.Mapping {
	return attribute.Mapping{Policy: verdict.DefaultPolicy(), Prefix: "VirusTotal"}
}

// full is a verdict in which nothing is missing.
func full() verdict.Verdict {
	at := func(day int) time.Time { return time.Date(2026, 3, day, 14, 5, 9, 0, time.FixedZone("", 2*60*60)) }
	number := func(n int64) *int64 { return &n }
	return verdict.Verdict{
		Provider: "virustotal", Kind: indicator.File, Asked: at(9), Found: true,
		Counts: verdict.Counts{
			verdict.Malicious: 14, verdict.Suspicious: 2, verdict.Harmless: 0, verdict.Undetected: 56,
			verdict.Timeout: 3, verdict.ConfirmedTimeout: 1, verdict.Failure: 4, verdict.TypeUnsupported: 9,
		},
		Engines: []verdict.Engine{
			{Name: "Alpha", Category: verdict.Malicious, Result: "Trojan.A"}, {Name: "Beta Shield", Category: verdict.Suspicious},
		},
		Facts: verdict.Facts{
			Link: "https://www.virustotal.com/gui/file/ab", ThreatLabel: "trojan.emotet", LastAnalysis: at(8), FirstSubmission: at(1),
			Reputation: number(-17), Tags: []string{"peexe", "signed"}, FileType: "Win32 EXE", FileName: "invoice.exe",
			MD5: "not shown", SHA1: "not shown", SHA256: "not shown", URL: "not shown", ASN: 64512,
			FinalURL: "https://example.org/end", Title: "Sign in", Registrar: "Example Registrar", Categories: []string{"phishing", "spam"},
			Country: "NL", ASOwner: "Example Hosting",
			Private: verdict.Private{
				Sandboxes: []string{"Zenbox: malicious"}, YARA: []string{"rule_a", "rule_b"}, Sigma: []string{"Rare process"},
				FirstSeenITW: at(2), GTIVerdict: "VERDICT_MALICIOUS", GTISeverity: "SEVERITY_HIGH", GTIScore: number(0),
			},
		},
	}
}

// written gives the attributes that have a value, as name=value.
func written(all []attribute.Attribute) []string {
	var lines []string
	for _, a := range all {
		if a.Value != "" {
			lines = append(lines, a.Name+"="+a.Value)
		}
	}
	return lines
}

func TestOfAFullVerdict(t *testing.T) {
	want := []string{
		"VirusTotal Verdict=Malicious",
		"VirusTotal Severity=High",
		"VirusTotal Detections=14/72",
		"VirusTotal Malicious Count=14",
		"VirusTotal Suspicious Count=2",
		"VirusTotal Harmless Count=0",
		"VirusTotal Undetected Count=56",
		"VirusTotal Detecting Engines=Alpha, Beta Shield",
		"VirusTotal Threat Label=trojan.emotet",
		"VirusTotal Last Analysis=2026-03-08 12:05:09",
		"VirusTotal First Submission=2026-03-01 12:05:09",
		"VirusTotal Reputation=-17",
		"VirusTotal Tags=peexe, signed",
		"VirusTotal Link=https://www.virustotal.com/gui/file/ab",
		"VirusTotal File Type=Win32 EXE",
		"VirusTotal File Name=invoice.exe",
		"VirusTotal Registrar=Example Registrar",
		"VirusTotal Categories=phishing, spam",
		"VirusTotal Country=NL",
		"VirusTotal AS Owner=Example Hosting",
		"VirusTotal Final URL=https://example.org/end",
		"VirusTotal Title=Sign in",
		"VirusTotal Sandbox Verdicts=Zenbox: malicious",
		"VirusTotal YARA Rules=rule_a, rule_b",
		"VirusTotal Sigma Rules=Rare process",
		"VirusTotal First Seen In The Wild=2026-03-02 12:05:09",
		"VirusTotal GTI Verdict=VERDICT_MALICIOUS",
		"VirusTotal GTI Severity=SEVERITY_HIGH",
		"VirusTotal GTI Score=0",
	}
	if diff := cmp.Diff(want, written(mapping().Of(full()))); diff != "" {
		t.Errorf("Of(a full verdict) (-want +got):\n%s", diff)
	}
	if got := len(attribute.Known()); got != len(want) {
		t.Errorf("Known() lists %d fields, the full verdict has %d", got, len(want))
	}
}

func TestOfWhatSaysLittle(t *testing.T) {
	cases := map[string]struct {
		verdict verdict.Verdict
		want    []string
	}{
		"not found": {verdict.Verdict{}, []string{"VirusTotal Verdict=Not Found", "VirusTotal Severity=None"}},
		"no counts": {
			verdict.Verdict{Found: true, Facts: verdict.Facts{Link: "https://report"}},
			[]string{"VirusTotal Verdict=No Verdict", "VirusTotal Severity=None", "VirusTotal Link=https://report"},
		},
		"only failures": {
			verdict.Verdict{Found: true, Counts: verdict.Counts{verdict.Malicious: 0, verdict.Failure: 4, verdict.Timeout: 60}},
			[]string{"VirusTotal Verdict=No Verdict", "VirusTotal Severity=None", "VirusTotal Malicious Count=0"},
		},
		"a count that was not sent is not zero": {
			verdict.Verdict{Found: true, Counts: verdict.Counts{verdict.Malicious: 1, verdict.Undetected: 9}},
			[]string{
				"VirusTotal Verdict=Suspicious", "VirusTotal Severity=Medium", "VirusTotal Detections=1/10",
				"VirusTotal Malicious Count=1", "VirusTotal Undetected Count=9",
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			all := mapping().Of(c.verdict)
			if diff := cmp.Diff(c.want, written(all)); diff != "" {
				t.Errorf("Of(%+v) (-want +got):\n%s", c.verdict, diff)
			}
			// Those without a value are told as well, so that what stood there is taken away.
			if len(all) != len(attribute.Known()) {
				t.Errorf("Of(%+v) gives %d attributes, want all %d", c.verdict, len(all), len(attribute.Known()))
			}
		})
	}
}

func TestOfEveryClass(t *testing.T) {
	cases := map[verdict.Class]struct {
		counts   verdict.Counts
		severity string
	}{
		verdict.ClassMalicious:  {verdict.Counts{verdict.Malicious: 5, verdict.Harmless: 60}, "High"},
		verdict.ClassSuspicious: {verdict.Counts{verdict.Suspicious: 3}, "Medium"},
		verdict.ClassHarmless:   {verdict.Counts{verdict.Malicious: 0, verdict.Harmless: 1, verdict.Undetected: 60}, "Low"},
		verdict.ClassUndetected: {verdict.Counts{verdict.Malicious: 0, verdict.Undetected: 60}, "Low"},
	}
	for class, c := range cases {
		got := written(mapping().Of(verdict.Verdict{Found: true, Counts: c.counts}))[:2]
		want := []string{"VirusTotal Verdict=" + string(class), "VirusTotal Severity=" + c.severity}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Of(%v) (-want +got):\n%s", c.counts, diff)
		}
	}
}

func TestDetectingEnginesAreBounded(t *testing.T) {
	name := func(i int) string { return fmt.Sprintf("%0*d", verdict.MaxName, i) } // As long as names are.
	var names []string
	for i := range attribute.MaxEngines {
		names = append(names, name(i))
	}
	shown := strings.Join(names, ", ")
	cases := map[string]struct {
		engines int
		want    string
	}{
		"none":        {0, ""},
		"one":         {1, name(0)},
		"at the edge": {attribute.MaxEngines, shown},
		"one over":    {attribute.MaxEngines + 1, shown + " and 1 more"},
		"the most":    {verdict.MaxEngines, fmt.Sprintf("%s and %d more", shown, verdict.MaxEngines-attribute.MaxEngines)},
	}
	for title, c := range cases {
		var v verdict.Verdict
		for i := range c.engines {
			v.Engines = append(v.Engines, verdict.Engine{Name: name(i)})
		}
		if got := only(t, "engines", v); got != c.want {
			t.Errorf("%s: %d engines make %q, want %q", title, c.engines, got, c.want)
		}
	}
}

// TestDetectingEnginesAreCounted has names that are longer than any should be: how many more there are is told all the same.
func TestDetectingEnginesAreCounted(t *testing.T) {
	var v verdict.Verdict
	for range attribute.MaxEngines + 7 {
		v.Engines = append(v.Engines, verdict.Engine{Name: strings.Repeat("x", 10*verdict.MaxName)})
	}
	if got := only(t, "engines", v); !strings.HasSuffix(got, " and 7 more") {
		t.Errorf("%d engines with long names make %q, want it to end with the count", len(v.Engines), got)
	}
}

// only gives the value of one field.
func only(t *testing.T, field attribute.Field, v verdict.Verdict) string {
	t.Helper()
	m := mapping()
	m.Fields = []attribute.Field{field}
	all := m.Of(v)
	if len(all) != 1 {
		t.Fatalf("Of gives %d attributes for one field, want 1", len(all))
	}
	return all[0].Value
}

func TestNamesFollowTheSite(t *testing.T) {
	cases := map[string]struct {
		mapping attribute.Mapping
		want    []string
	}{
		"another prefix": {attribute.Mapping{Prefix: "VT", Fields: []attribute.Field{"link", "verdict"}}, []string{"VT Verdict", "VT Link"}},
		"no prefix":      {attribute.Mapping{Fields: []attribute.Field{"as_owner"}}, []string{"AS Owner"}},
		"a name of its own": {
			attribute.Mapping{
				Prefix: "VT", Fields: []attribute.Field{"verdict", "link"},
				Names: map[attribute.Field]string{"link": "Report", "tags": "Not Written"},
			},
			[]string{"VT Verdict", "Report"},
		},
		"no fields at all": {attribute.Mapping{Fields: []attribute.Field{}}, nil},
	}
	for title, c := range cases {
		var got []string
		for _, a := range c.mapping.Of(full()) {
			got = append(got, a.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: names (-want +got):\n%s", title, diff)
		}
	}
}

func TestSeverityFollowsThePolicy(t *testing.T) {
	m := mapping()
	m.Policy.Thresholds.Malicious = 15
	m.Policy.Classes[verdict.ClassSuspicious] = verdict.Meaning{Severity: verdict.Low}
	m.Fields = []attribute.Field{"verdict", "severity"}
	want := []string{"VirusTotal Verdict=Suspicious", "VirusTotal Severity=Low"}
	if diff := cmp.Diff(want, written(m.Of(full()))); diff != "" {
		t.Errorf("under another policy (-want +got):\n%s", diff)
	}
}
