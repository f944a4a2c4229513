package virustotal_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/virustotal"
)

// recordings is the folder of responses that others recorded, beside the checkout.
func recordings(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "samples", "virustotal")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recorded responses are required in CI: %v", err)
		}
		t.Skip("no recorded responses beside the checkout")
	}
	return dir
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordedReportsAreServed(t *testing.T) {
	reports, skips, err := virustotal.Reports(recordings(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 24 {
		t.Errorf("Reports() = %d reports, want 24", len(reports))
	}
	for _, skip := range skips {
		if folder := filepath.Dir(skip.Path); folder != "errors" && folder != "headers" && folder != "quotas" {
			t.Errorf("Reports() skipped %s: %s", skip.Path, skip.Reason)
		}
	}
	for _, report := range reports {
		t.Run(report.Path, func(t *testing.T) {
			s := &virustotal.Server{Keys: map[string]virustotal.Key{virustotal.DefaultKey: {GTI: true}}}
			add(t, s, string(report.Raw))
			for _, path := range paths(t, report) {
				w := get(t, s, path, "X-Tool", "vtq")
				if w.Code != http.StatusOK || w.Body.String() != string(report.Raw) {
					t.Errorf("GET %s = %d, %d bytes; want 200 and the %d bytes of the recording",
						path, w.Code, w.Body.Len(), len(report.Raw))
				}
				gti := strings.Contains(get(t, s, path).Body.String(), "gti_assessment")
				if gti {
					t.Errorf("GET %s without x-tool has a GTI assessment", path)
				}
			}
		})
	}
}

// paths are all those that find a report.
func paths(t *testing.T, report virustotal.Report) []string {
	t.Helper()
	var body struct {
		Data struct {
			ID         string
			Attributes struct{ MD5, SHA1, SHA256, URL string }
		}
	}
	if err := json.Unmarshal(report.Raw, &body); err != nil {
		t.Fatal(err)
	}
	a := body.Data.Attributes
	switch report.Kind {
	case virustotal.File:
		return []string{"/api/v3/files/" + a.MD5, "/api/v3/files/" + a.SHA1, "/api/v3/files/" + a.SHA256}
	case virustotal.URL:
		raw := base64.RawURLEncoding.EncodeToString([]byte(strings.TrimSuffix(a.URL, "/")))
		return []string{"/api/v3/urls/" + report.ID, "/api/v3/urls/" + raw}
	case virustotal.Domain:
		return []string{"/api/v3/domains/" + body.Data.ID}
	case virustotal.IPAddress:
	}
	return []string{"/api/v3/ip_addresses/" + body.Data.ID}
}

func TestRecordedReportsOfOneObject(t *testing.T) {
	dir := recordings(t)
	reports, _, err := virustotal.Reports(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, group := range virustotal.ByObject(reports) {
		if len(group) > 1 {
			got[group[0].Value] = len(group)
		}
	}
	want := map[string]int{"google.com": 2, "8.8.8.8": 3, "1.1.1.1": 2, "http://www.google.com/": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects with several reports (-want +got):\n%s", diff)
	}
	loaded, skipped, err := new(virustotal.Server).LoadDir(dir)
	if err != nil || len(loaded) != 19 || len(loaded)+len(skipped) != 38 {
		t.Errorf("LoadDir = %d loaded, %d skipped, %v; want 19 and 19: nothing is lost silently", len(loaded), len(skipped), err)
	}
}

// TestRecordedErrors brings each recorded error about and compares body, length and the names of the headers.
func TestRecordedErrors(t *testing.T) {
	dir := recordings(t)
	const known = "/api/v3/files/"
	for name, c := range map[string]struct {
		era    virustotal.Era
		header string // The recorded header block, where there is one.
		path   string
		key    string
		limits virustotal.Limits
		length int // Where the recorded length is that of another id.
	}{
		"400_domain_InvalidArgumentError": {
			era: virustotal.Era2020, header: "400_domain_InvalidArgumentError", path: "/api/v3/domains/xpressco.za", key: "k",
		},
		"401_AuthenticationRequiredError_docs": {path: known + md5Hex},
		"401_WrongCredentialsError": {
			era: virustotal.Era2020, header: "401_WrongCredentialsError", path: known + md5Hex, key: "testapikey",
		},
		"404_file_NotFoundError_2020": {
			era: virustotal.Era2020, header: "404_file_NotFoundError_2020", key: "k", length: 130 + 32,
			path: known + "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
		},
		"404_file_NotFoundError_2026": {path: known + "0123456789abcdef0123456789abcdef", key: "k"},
		"404_url_NotFoundError_docs":  {path: "/api/v3/urls/thisurlidmakesnosenseatall", key: "k"},
		"429_QuotaExceededError": {
			era: virustotal.Era2020, header: "429_QuotaExceededError", path: known + md5Hex, key: "k",
			limits: virustotal.Limits{Day: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &virustotal.Server{Era: c.era, Keys: map[string]virustotal.Key{"k": {Limits: c.limits}}}
			if c.limits.Day > 0 {
				get(t, s, known+md5Hex, "X-Apikey", "k")
			}
			w := get(t, s, c.path, "X-Apikey", c.key)
			if status := strconv.Itoa(w.Code); !strings.HasPrefix(name, status) {
				t.Errorf("status = %s, want that of %s", status, name)
			}
			var want, got any
			read(t, filepath.Join(dir, "errors", name+".json"), &want)
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-recorded +got):\n%s", diff)
			}
			if strings.HasSuffix(name, "2026") { // The one file that nobody has indented.
				raw, err := os.ReadFile(filepath.Join(dir, "errors", name+".json"))
				if err != nil || w.Body.String() != string(raw) {
					t.Errorf("body = %s, want %s to the byte; %v", w.Body, raw, err)
				}
			}
			if c.header != "" {
				compareHeaders(t, filepath.Join(dir, "headers", c.header+"_headers.json"), w.Header(), c.length)
			}
		})
	}
}

func TestRecordedHeadersOf2026(t *testing.T) {
	dir := recordings(t)
	w := get(t, &virustotal.Server{}, "/api/v3/files/0123456789abcdef0123456789abcdef",
		"User-Agent", "vtq; gzip", "Accept-Encoding", "gzip")
	compareHeaders(t, filepath.Join(dir, "headers", "404_file_NotFoundError_2026_headers.json"), w.Header(), w.Body.Len())
}

// compareHeaders wants the same names and, but for those that differ each time, the same values.
func compareHeaders(t *testing.T, path string, got http.Header, length int) {
	t.Helper()
	var recorded struct{ Headers map[string]string }
	read(t, path, &recorded)
	want := http.Header{}
	for name, value := range recorded.Headers {
		want.Set(name, value)
	}
	if length > 0 {
		want.Set("Content-Length", strconv.Itoa(length))
	}
	for _, varies := range []string{"Date", "X-Cloud-Trace-Context"} {
		if len(got.Get(varies)) != len(want.Get(varies)) {
			t.Errorf("%s: %q, want one like %q", varies, got.Get(varies), want.Get(varies))
		}
		want.Set(varies, got.Get(varies))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-recorded +got):\n%s", diff)
	}
}

// TestRecordedQuotaPages compares the members of the quota pages, which the vendor's documentation prints.
func TestRecordedQuotaPages(t *testing.T) {
	dir := recordings(t)
	s := &virustotal.Server{Keys: map[string]virustotal.Key{"k": {Group: "company"}}}
	get(t, s, "/api/v3/files/"+md5Hex, "X-Apikey", "k")
	var want, got struct {
		Data map[string]map[string]map[string]any
	}
	read(t, filepath.Join(dir, "quotas", "overall_quotas_docs_example.json"), &want)
	if err := json.Unmarshal(get(t, s, "/api/v3/users/user/overall_quotas", "X-Apikey", "k").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(members(want.Data), members(got.Data)); diff != "" {
		t.Errorf("members of overall_quotas (-documented +got):\n%s", diff)
	}
	hourly := "api_requests_hourly"
	if want, got := want.Data[hourly]["user"]["allowed"], got.Data[hourly]["user"]["allowed"]; want != got {
		t.Errorf("allowed per hour without a limit = %v, want %v", got, want)
	}
}

func members(page map[string]map[string]map[string]any) []string {
	var all []string
	for quota, owners := range page {
		for owner, share := range owners {
			for name := range maps.Keys(share) {
				all = append(all, quota+" "+owner+" "+name)
			}
		}
	}
	slices.Sort(all)
	return all
}
