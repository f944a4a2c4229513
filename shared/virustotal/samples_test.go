package virustotal_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// samples gives the recorded answers that match a pattern. They live beside the project, not in it.
func samples(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 && os.Getenv("CI") == "true" {
		t.Fatalf("no recorded samples match %q, want them with CI=true", pattern)
	}
	if len(files) == 0 {
		t.Skipf("no recorded samples match %q", pattern)
	}
	return files
}

func content(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// recorded are the counts that the folder's own table gives for each report: those that are not zero.
func recorded(t *testing.T) map[string]verdict.Counts {
	t.Helper()
	row := regexp.MustCompile("(?m)^\\| `([^`]+\\.json)` \\| (.*) \\|$")
	all := map[string]verdict.Counts{}
	for _, match := range row.FindAllStringSubmatch(content(t, samples(t, "virustotal/README.md")[0]), -1) {
		counts := verdict.Counts{}
		for pair := range strings.FieldsSeq(match[2]) {
			name, n, _ := strings.Cut(pair, "=")
			if value, err := strconv.Atoi(n); err == nil {
				counts[verdict.Category(name)] = value
			}
		}
		all[match[1]] = counts
	}
	return all
}

// subject is the object that a recorded report is about.
func subject(t *testing.T, folder, body string) indicator.Object {
	t.Helper()
	var report struct {
		Data struct {
			ID         string
			Attributes struct{ URL, SHA256 string }
		}
	}
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatal(err)
	}
	switch folder {
	case "files":
		return indicator.Object{Kind: indicator.File, Value: report.Data.ID}
	case "urls":
		return indicator.Object{Kind: indicator.URL, Value: report.Data.Attributes.URL}
	case "domains":
		return indicator.Object{Kind: indicator.Domain, Value: report.Data.ID}
	case "ip_addresses":
		return indicator.Object{Kind: indicator.IP, Value: report.Data.ID}
	}
	t.Fatalf("no object lies in %s", folder)
	return indicator.Object{}
}

func TestRecordedReports(t *testing.T) {
	want := recorded(t)
	for _, folder := range []string{"files", "urls", "domains", "ip_addresses"} {
		for _, file := range samples(t, "virustotal/"+folder+"/*.json") {
			name := folder + "/" + filepath.Base(file)
			t.Run(name, func(t *testing.T) {
				body := content(t, file)
				object := subject(t, folder, body)
				v, err := newClient(t, answers(http.StatusOK, jsonType, body), private).Look(t.Context(), object)
				if err != nil {
					t.Fatalf("Look: %v", err)
				}
				assertRecorded(t, v, object, want[name])
				clean(t, v)
			})
		}
	}
}

// assertRecorded checks what can be said of every recording.
func assertRecorded(t *testing.T, v verdict.Verdict, object indicator.Object, want verdict.Counts) {
	t.Helper()
	got := verdict.Counts{}
	for category, n := range v.Counts {
		if n != 0 {
			got[category] = n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts: %s", diff)
	}
	if (v.Counts == nil) != (len(want) == 0) {
		t.Errorf("counts are %v, but %d were recorded", v.Counts, len(want))
	}
	if detecting := want.Of(verdict.Malicious) + want.Of(verdict.Suspicious); len(v.Engines) != detecting {
		t.Errorf("%d engines, want the %d that were counted", len(v.Engines), detecting)
	}
	if !v.Found || v.Object == "" || v.Facts.Reputation == nil || !strings.HasPrefix(v.Facts.Link, virustotal.DefaultLinkBase) {
		t.Errorf("a report without its essentials: %+v", v)
	}
	switch object.Kind {
	case indicator.File:
		if v.Facts.MD5 == "" || v.Facts.SHA1 == "" || v.Facts.SHA256 != v.Object || v.Facts.FileType == "" || v.Facts.FirstSubmission.IsZero() {
			t.Errorf("facts of a file: %+v", v.Facts)
		}
	case indicator.URL:
		if v.Facts.URL != object.Value || v.Facts.LastAnalysis.IsZero() || len(v.Facts.Categories) == 0 || !strings.HasSuffix(v.Facts.Link, v.Object) {
			t.Errorf("facts of a URL: %+v", v.Facts)
		}
	case indicator.Domain:
		if v.Facts.Registrar == "" || len(v.Facts.Categories) == 0 {
			t.Errorf("facts of a domain: %+v", v.Facts)
		}
	case indicator.IP:
		if v.Facts.ASN == 0 || v.Facts.ASOwner == "" {
			t.Errorf("facts of an address: %+v", v.Facts)
		}
	}
}

// clean checks that the verdict, as it will be stored, is of one piece and holds nothing of the answers of scanned sites.
func clean(t *testing.T, v verdict.Verdict) {
	t.Helper()
	stored, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again verdict.Verdict
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, again); diff != "" {
		t.Errorf("a verdict changes when it is stored: %s", diff)
	}
	for _, noise := range []string{"set-cookie", "Set-Cookie", "content-type", "Content-Type"} {
		if strings.Contains(string(stored), noise) {
			t.Errorf("a header of a scanned site was kept: %s", stored)
		}
	}
}

func TestRecordedPrivateFields(t *testing.T) {
	body := content(t, samples(t, "virustotal/files/file_gti_enterprise_2025.json")[0])
	v, err := newClient(t, answers(http.StatusOK, jsonType, body), private).Look(t.Context(), subject(t, "files", body))
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	got := v.Facts.Private
	if got.GTIVerdict != "VERDICT_MALICIOUS" || got.GTISeverity != "SEVERITY_HIGH" || got.GTIScore == nil || *got.GTIScore != 80 {
		t.Errorf("assessment: %+v", got)
	}
	if diff := cmp.Diff([]string{"C2AE: undetected"}, got.Sandboxes); diff != "" {
		t.Errorf("sandboxes: %s", diff)
	}
}

func TestRecordedErrors(t *testing.T) {
	cases := map[string]fault.Kind{
		"400_domain_InvalidArgumentError.json":      fault.Permanent,
		"401_AuthenticationRequiredError_docs.json": fault.Denied,
		"401_WrongCredentialsError.json":            fault.Denied,
		"404_file_NotFoundError_2020.json":          fault.Unknown,
		"404_file_NotFoundError_2026.json":          fault.Unknown,
		"404_url_NotFoundError_docs.json":           fault.Unknown,
		"429_QuotaExceededError.json":               fault.Quota,
	}
	for _, file := range samples(t, "virustotal/errors/*.json") {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			want, known := cases[name]
			if !known {
				t.Fatalf("nobody said what %s means", name)
			}
			status, _ := strconv.Atoi(name[:3])
			v, err := newClient(t, answers(status, jsonType, content(t, file))).Look(t.Context(), emptyMD5())
			if got := fault.KindOf(err); got != want || (err == nil) != (status == http.StatusNotFound) || v.Found {
				t.Errorf("Look = %+v, %v (%v), want %v", v, err, got, want)
			}
			if err != nil {
				clienttest.AssertNoLeak(t, err, "testapikey", "xpressco.za")
			}
		})
	}
}

func TestRecordedQuotas(t *testing.T) {
	body := content(t, samples(t, "virustotal/quotas/overall_quotas_docs_example.json")[0])
	got, err := newClient(t, answers(http.StatusOK, jsonType, body)).Quotas(t.Context())
	if err != nil {
		t.Fatalf("Quotas: %v", err)
	}
	want := virustotal.Quotas{ // Of the group each time but the last: it leaves less.
		Hourly:  &virustotal.Allowance{Allowed: 3_300_000, Used: 653},
		Daily:   &virustotal.Allowance{Allowed: 99_000_000, Used: 45_073},
		Monthly: &virustotal.Allowance{Allowed: 1_000_000_000, Used: 137},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Quotas: %s", diff)
	}
}
