package reversinglabs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/reversinglabs"
)

// shaped is the sample of the one file, in a shape.
func shaped(t *testing.T, sh reversinglabs.Shape, parameters string, shuffle bool) any {
	t.Helper()
	s := stocked(t)
	s.Shuffle = shuffle
	s.Shape = func(hash string) reversinglabs.Shape {
		if hash != sha1Hex {
			t.Errorf("Shape was asked about %q, want the primary hash %q", hash, sha1Hex)
		}
		return sh
	}
	return at(tree(t, get(t, s, xrefOne+"md5/"+md5Hex+"?format=json"+parameters)), "rl.sample")
}

func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		shape   reversinglabs.Shape
		path    string
		want    any
		results int
	}{
		"as recorded":         {reversinglabs.Shape{}, "single_scan", false, 5},
		"a number":            {reversinglabs.Shape{NumericSingleScan: true}, "single_scan", 1.0, 5},
		"no records":          {reversinglabs.Shape{NoRecords: true}, "xref", "", 0},
		"no records, history": {reversinglabs.Shape{NoRecords: true, History: 3}, "xref", "", 0},
		"all failed":          {reversinglabs.Shape{AllFailed: true}, "xref.0.results", nil, 0},
		"all failed, matches": {reversinglabs.Shape{AllFailed: true}, "xref.0.scanner_match", 0.0, 0},
		"all failed, count":   {reversinglabs.Shape{AllFailed: true}, "xref.0.scanner_count", 8.0, 0},
		"two failed":          {reversinglabs.Shape{Failed: 2}, "xref.0.scanner_match", 1.0, 3},
		"two failed, count":   {reversinglabs.Shape{Failed: 2}, "xref.0.scanner_count", 8.0, 3},
		"older ones unasked":  {reversinglabs.Shape{History: 3}, "xref.1", nil, 5},
		"first scanner":       {reversinglabs.Shape{}, "xref.0.scanners.0", map[string]any{"name": "alderwick_av", "version": "1.2", "timestamp": "2024-04-05T00:00:00"}, 5},
		"signatures undated":  {reversinglabs.Shape{}, "xref.0.scanners.1.timestamp", "2024-04-05T19:34:38", 5},
		"empty is scanned":    {reversinglabs.Shape{}, "xref.0.results.3", map[string]any{"scanner": "driftmark_av", "result": ""}, 5},
		"seen first":          {reversinglabs.Shape{}, "first_seen_on", "2024-02-01T00:00:00", 5},
		"scanned last":        {reversinglabs.Shape{}, "last_scanned_on", "2024-04-05T19:34:38", 5},
	} {
		t.Run(name, func(t *testing.T) {
			sample := shaped(t, c.shape, "", false)
			if diff := cmp.Diff(c.want, at(sample, c.path)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.path, diff)
			}
			if results, _ := at(sample, "xref.0.results").([]any); len(results) != c.results {
				t.Errorf("%d results, want %d", len(results), c.results)
			}
		})
	}
}

func TestScannersWithoutAnAnswer(t *testing.T) {
	sample := shaped(t, reversinglabs.Shape{}, "", false)
	answered := map[any]bool{}
	results, _ := at(sample, "xref.0.results").([]any)
	for _, result := range results {
		answered[at(result, "scanner")] = true
	}
	var failed []string
	scanners, _ := at(sample, "xref.0.scanners").([]any)
	for _, scanner := range scanners {
		if name := at(scanner, "name"); !answered[name] {
			failed = append(failed, fmt.Sprint(name))
		}
	}
	if diff := cmp.Diff([]string{"fathomlight_av", "gantrel_av", "hallowmere_av"}, failed); diff != "" {
		t.Errorf("failed scanners (-want +got):\n%s", diff)
	}
}

func TestHistory(t *testing.T) {
	for name, c := range map[string]struct {
		shuffle bool
		want    []string // Day and matches of each record.
	}{
		"the latest first": {false, []string{"2024-04-05 3", "2024-03-06 0", "2024-02-05 0"}},
		"out of order":     {true, []string{"2024-03-06 0", "2024-04-05 3", "2024-02-05 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			records, _ := at(shaped(t, reversinglabs.Shape{History: 2}, "&history=true", c.shuffle), "xref").([]any)
			var got []string
			for _, record := range records {
				on, _ := at(record, "scanned_on").(string)
				got = append(got, fmt.Sprint(on[:10], " ", at(record, "scanner_match")))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAFileWithoutEnginesHasNoRecords(t *testing.T) {
	s := &reversinglabs.Server{Shape: func(string) reversinglabs.Shape { return reversinglabs.Shape{History: 2} }}
	add(t, s, `{"data":{"type":"file","id":"`+md5Hex+`","attributes":{"last_analysis_stats":{}}}}`)
	if got := at(tree(t, get(t, s, xrefOne+"md5/"+md5Hex+"?format=json&history=true")), "rl.sample.xref"); got != "" {
		t.Errorf("xref = %v, want an empty text", got)
	}
	body := get(t, s, presenceOne+"md5/"+md5Hex+"?format=json&extended=true").Body.String()
	if !strings.Contains(body, `"status":"UNKNOWN"`) || strings.Contains(body, "scanner_percent") {
		t.Errorf("verdict = %s, want UNKNOWN without counts", body)
	}
}

func TestVerdictsFollowTheCount(t *testing.T) {
	for match, want := range []string{"KNOWN", "SUSPICIOUS", "SUSPICIOUS", "SUSPICIOUS", "SUSPICIOUS", "MALICIOUS", "MALICIOUS"} {
		engines := []string{`"Z":{"category":"undetected"}`}
		for i := range match {
			engines = append(engines, fmt.Sprintf(`"E%d":{"category":"malicious","result":"x"}`, i))
		}
		s := &reversinglabs.Server{}
		add(t, s, `{"data":{"type":"file","id":"`+md5Hex+`","attributes":{"last_analysis_results":{`+strings.Join(engines, ",")+`}}}}`)
		body := at(tree(t, get(t, s, presenceOne+"md5/"+md5Hex+"?format=json&extended=true")), "rl.malware_presence")
		if got := at(body, "status"); got != want {
			t.Errorf("status with %d matches = %v, want %s", match, got, want)
		}
		if named := at(body, "threat_name") == "Win32.Malware.Generic"; named != (match > 0) {
			t.Errorf("threat_name with %d matches = %v", match, at(body, "threat_name"))
		}
	}
}

func TestSamplesOfTheirOwn(t *testing.T) {
	s := &reversinglabs.Server{}
	record := func(on, result string) string {
		return `{"scanned_on":"` + on + `","scanners":[{"name":"clamav"},{"name":"drweb"}],"results":[{"scanner":"clamav","result":"` + result + `"}]}`
	}
	sample := `{"rl":{"sample":{"sha1":"` + sha1Hex + `","xref":[` + record("2021-01-01T00:00:00", "old") + `,` +
		record("2021-03-01T00:00:00", "new") + `,` + record("not a time", "") + `]}}}`
	if err := s.AddSample([]byte(sample)); err != nil {
		t.Fatal(err)
	}
	body := tree(t, get(t, s, xrefOne+"sha1/"+sha1Hex+"?format=json"))
	if got := at(body, "rl.sample.xref.0.results.0.result"); got != "new" || at(body, "rl.sample.xref.1") != nil {
		t.Errorf("the only record says %v, want the latest alone", got)
	}
	all, _ := at(tree(t, get(t, s, xrefOne+"sha1/"+sha1Hex+"?format=json&history=true")), "rl.sample.xref").([]any)
	if len(all) != 3 {
		t.Errorf("history has %d records, want 3", len(all))
	}
	for _, raw := range []string{`{"rl":{"sample":{}}}`, `{"rl":{}}`, `{"rl":{"sample":{"md5":"x"}}}`} {
		if err := s.AddSample([]byte(raw)); err == nil {
			t.Errorf("AddSample(%s) = nil, want an error", raw)
		}
	}
	if w := get(t, s, suiteFile+sha1Hex); !slices.Equal([]any{1.0, 0.0}, []any{
		at(tree(t, w), "data.attributes.last_analysis_stats.malicious"), at(tree(t, w), "data.attributes.last_analysis_stats.undetected"),
	}) {
		t.Errorf("the suite says %s, want one malicious and none undetected", w.Body)
	}
}
