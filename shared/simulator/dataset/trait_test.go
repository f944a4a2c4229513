package dataset_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/verdict"
)

// TestTraits compares a plain report with one that has the trait.
func TestTraits(t *testing.T) {
	file, url, domain, ip := indicator.File, indicator.URL, indicator.Domain, indicator.IP
	for name, c := range map[string]struct {
		trait   dataset.Trait
		kind    indicator.Kind
		class   verdict.Class
		added   []string // Members that only the report with the trait has.
		removed []string // Members that only the plain one has.
	}{
		"no stats": {
			dataset.NoStats, domain, verdict.ClassNoVerdict, nil,
			[]string{"last_analysis_stats", "last_analysis_results", "last_analysis_date"},
		},
		"no counts": {dataset.NoCounts, url, verdict.ClassNoVerdict, nil, []string{"engine_name"}},
		"one more":  {dataset.OneMore, ip, verdict.ClassHarmless, nil, []string{"last_analysis_date"}},
		"no date":   {dataset.NoDate, file, verdict.ClassUndetected, nil, []string{"last_analysis_date"}},
		"sparse file": {
			dataset.Sparse, file, verdict.ClassMalicious, nil,
			[]string{"meaningful_name", "popular_threat_classification", "tlsh", "first_seen_itw_date"},
		},
		"sparse url":     {dataset.Sparse, url, verdict.ClassHarmless, nil, []string{`"title"`, "redirection_chain"}},
		"sparse domain":  {dataset.Sparse, domain, verdict.ClassHarmless, nil, []string{"registrar", "whois"}},
		"sparse address": {dataset.Sparse, ip, verdict.ClassHarmless, nil, []string{"country", `"asn"`, "as_owner"}},
		"disliked":       {dataset.Disliked, file, verdict.ClassHarmless, []string{`"reputation":-`}, nil},
		"crowd": {
			dataset.Crowd, file, verdict.ClassUndetected,
			[]string{"sandbox_verdicts", "sigma_analysis_results", "crowdsourced_yara_results"},
			nil,
		},
		"assessed file":    {dataset.Assessed, file, verdict.ClassMalicious, []string{"gti_assessment", "VERDICT_MALICIOUS"}, nil},
		"assessed address": {dataset.Assessed, ip, verdict.ClassSuspicious, []string{"VERDICT_SUSPICIOUS", "mandiant_ic_score"}, nil},
		"edge":             {dataset.Edge, url, verdict.ClassMalicious, []string{`"malicious":5,`}, nil},
		"edge, suspicious": {dataset.Edge, url, verdict.ClassSuspicious, []string{`"malicious":1,`}, nil},
		"doubted":          {dataset.Doubted, domain, verdict.ClassSuspicious, []string{`"malicious":0,`, `"suspicious":3,`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			recipe := dataset.Recipe{Kind: c.kind, Object: objects()[c.kind], Class: c.class}
			plain := withoutSeverity(dataset.Report(recipe))
			recipe.Traits = c.trait
			special := withoutSeverity(dataset.Report(recipe))
			for _, member := range c.added {
				if !strings.Contains(special, member) || strings.Contains(plain, member) {
					t.Errorf("%s is not what the trait adds", member)
				}
			}
			for _, member := range c.removed {
				if strings.Contains(special, member) || !strings.Contains(plain, member) {
					t.Errorf("%s is not what the trait takes away", member)
				}
			}
		})
	}
}

// withoutSeverity hides the other member that is called last_analysis_date.
func withoutSeverity(report []byte) string {
	return regexp.MustCompile(`"threat_severity":\{.*?"version":[^}]*\}`).ReplaceAllString(string(report), "")
}

// TestHostileTextsNeedCleaning holds that every one is changed by cleaning, or is of the kind that is harmless as text.
func TestHostileTextsNeedCleaning(t *testing.T) {
	recipe := dataset.Recipe{
		Kind: indicator.File, Object: objects()[indicator.File], Class: verdict.ClassMalicious, Traits: dataset.Hostile,
	}
	names := parse(t, dataset.Report(recipe)).Names
	cleaned, long := 0, 0
	for _, name := range names {
		clean := verdict.Clean(name, verdict.MaxText)
		if strings.ContainsFunc(clean, unicode.IsControl) || strings.ContainsRune(clean, '\u202e') {
			t.Errorf("Clean(%q) = %q, want no control and no override", name, clean)
		}
		if clean != name {
			cleaned++
		}
		if len(name) > verdict.MaxText {
			long++
		}
	}
	if len(names) < 8 || cleaned < 4 || long < 1 {
		t.Errorf("%d hostile names, %d changed by cleaning, %d too long; want at least 8, 4 and 1", len(names), cleaned, long)
	}
}

// TestDemoInThreatQ looks at what ThreatQ would refuse or not know.
func TestDemoInThreatQ(t *testing.T) {
	statuses := []string{"Active", "Expired", "Indirect", "Review", "Whitelisted"}
	levels := []string{"", "WHITE", "GREEN", "AMBER", "RED"}
	types := append(indicator.Types(), "Email Address", "CVE", "Mutex", "Filename", "CIDR Block")
	red, white := 0, 0
	for _, it := range dataset.Demo() {
		if !slices.Contains(statuses, it.Status) || !slices.Contains(types, it.Type) {
			t.Errorf("%s is a %s, %s; ThreatQ has no such type or status", it.Value, it.Type, it.Status)
		}
		if it.Status == "Whitelisted" {
			white++
		}
		for _, source := range it.Sources {
			if !slices.Contains(levels, source.TLP) || source.Name == "" {
				t.Errorf("%s has source %+v", it.Value, source)
			}
			if source.TLP == "RED" {
				red++
			}
		}
		scheme := schemeOf(it)
		if it.Type == "URL" && strings.HasPrefix(it.Object, "https://") && scheme != "https" {
			t.Errorf("%s is under https, and its Scheme is %q", it.Value, scheme)
		}
		if it.Type != "URL" && scheme != "" {
			t.Errorf("%s is a %s with a Scheme", it.Value, it.Type)
		}
	}
	if red != 1 || white != 1 {
		t.Errorf("%d under TLP:RED, %d whitelisted; want one each", red, white)
	}
}
