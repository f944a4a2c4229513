package reversinglabs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/simulator/virustotal"
)

// recordings is a folder of responses that others recorded, beside the checkout.
func recordings(t *testing.T, provider string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "samples", provider)
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recorded responses are required in CI: %v", err)
		}
		t.Skip("no recorded responses beside the checkout")
	}
	return dir
}

func recorded(t *testing.T, name string) (raw []byte, body any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordings(t, "reversinglabs"), name+".json"))
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw, body
}

// members are the names and types in a tree; those of an array's elements are taken together.
func members(v any) []string {
	all := map[string]bool{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				walk(path+"."+name, member)
			}
		case []any:
			all[path+" array"] = true
			for _, item := range v {
				walk(path+"[]", item)
			}
		default:
			all[fmt.Sprintf("%s %T", path, v)] = true
		}
	}
	walk("", v)
	return slices.Sorted(maps.Keys(all))
}

// TestRecordedShapes makes each recorded answer anew and compares the names and types of all members.
func TestRecordedShapes(t *testing.T) {
	lesser := `{"data":{"type":"file","id":"` + strings.Repeat("1", 40) + `","attributes":{"first_submission_date":1,"last_submission_date":2,
		"last_analysis_results":{"A":{"category":"undetected"}}}}}`
	locations := `{"rl":{"query":{"network_locations":[{"network_location":"` + pageURL + `"},{"network_location":"` + address + `"},
		{"network_location":"` + hostName + `"}]}}}`
	for name, c := range map[string]struct{ target, body string }{
		"tca0101_file_reputation_malicious": {presenceOne + "sha1/" + sha1Hex + "?format=json&extended=true&show_hashes=true", ""},
		"tca0101_file_reputation_known":     {presenceOne + "sha1/" + strings.Repeat("1", 40) + "?format=json&extended=true", ""},
		"tca0103_xref_single_malicious":     {xrefOne + "sha1/" + sha1Hex + "?format=json", ""},
		"tca0403_url_report":                {"/api/networking/url/v1/report/query/json", `{"rl":{"query":{"url":"` + pageURL + `"}}}`},
		"tca0405_domain_report":             {"/api/networking/domain/report/v1/query/json", `{"rl":{"query":{"domain":"` + hostName + `"}}}`},
		"tca0406_ip_report":                 {"/api/networking/ip/report/v1/query/json", `{"rl":{"query":{"ip":"` + address + `"}}}`},
		"tca0407_network_reputation":        {reputation, locations},
		"tca9999_customer_usage":            {usagePage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, want := recorded(t, name)
			s := stocked(t)
			add(t, s, lesser)
			answer := get
			if c.body != "" {
				answer = func(t *testing.T, s *reversinglabs.Server, target string, headers ...string) *recorder {
					t.Helper()
					return post(t, s, target, c.body, headers...)
				}
			}
			if diff := cmp.Diff(members(want), members(tree(t, answer(t, s, c.target)))); diff != "" {
				t.Errorf("members (-recorded +got):\n%s", diff)
			}
		})
	}
}

// TestPrintedShape compares the suite's report with the one in the vendor's migration guide, whose one engine detects: a result
// is a text there, and null besides here.
func TestPrintedShape(t *testing.T) {
	_, want := recorded(t, "vtcompat_file_report_seed_example")
	raw := `{"data":{"type":"file","id":"` + sha256Hex + `","attributes":{"md5":"` + md5Hex + `","sha1":"` + sha1Hex + `",
		"first_submission_date":1,"last_analysis_date":2,"last_analysis_results":{
		"BitDefender":{"category":"malicious","result":"x","method":"blacklist"},"ESET":{"category":"timeout"}}}}}`
	s := &reversinglabs.Server{}
	add(t, s, raw)
	if diff := cmp.Diff(members(want), members(tree(t, get(t, s, suiteFile+md5Hex)))); diff != "" {
		t.Errorf("members (-printed +got):\n%s", diff)
	}
}

func TestTheRecordedSampleIsServedAsItWas(t *testing.T) {
	raw, want := recorded(t, "tca0103_xref_single_malicious")
	s := &reversinglabs.Server{}
	if err := s.AddSample(raw); err != nil {
		t.Fatal(err)
	}
	sha1, _ := at(want, "rl.sample.sha1").(string)
	if diff := cmp.Diff(want, tree(t, get(t, s, xrefOne+"sha1/"+sha1+"?format=json"))); diff != "" {
		t.Errorf("the single answer (-recorded +got):\n%s", diff)
	}
	many := tree(t, post(t, s, xrefMany, bulk("sha1", strings.ToUpper(sha1))))
	if diff := cmp.Diff(at(want, "rl.sample"), at(many, "rl.samples.0")); diff != "" {
		t.Errorf("the bulk answer (-recorded +got):\n%s", diff)
	}
	stats := at(tree(t, get(t, s, suiteFile+sha1)), "data.attributes.last_analysis_stats")
	if diff := cmp.Diff(map[string]any{"malicious": 41.0, "undetected": 5.0}, stats); diff != "" {
		t.Errorf("the suite's counts (-want +got):\n%s", diff)
	}
}

// TestRecordedVirusTotalReports takes everything that VirusTotal's simulator takes, and counts as it does.
func TestRecordedVirusTotalReports(t *testing.T) {
	reports, _, err := virustotal.Reports(recordings(t, "virustotal"))
	if err != nil || len(reports) == 0 {
		t.Fatalf("Reports = %d, %v", len(reports), err)
	}
	for _, report := range reports {
		s := &reversinglabs.Server{}
		if err := s.AddReport(report.Raw); err != nil {
			t.Errorf("AddReport(%s) = %v, want nil", report.Path, err)
			continue
		}
		target := suiteFile + report.ID
		switch report.Kind {
		case virustotal.File:
		case virustotal.URL:
			target = suiteURL + sha1Of(report.Value)
		default:
			continue
		}
		compare(t, report.Path, counts(t, report.Raw), counts(t, get(t, s, target).Body.Bytes()))
	}
}
