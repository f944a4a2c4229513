package reversinglabs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"vtq.internal/shared/simulator/reversinglabs"
)

// The objects that most tests ask about.
const (
	md5Hex    = "00112233445566778899aabbccddeeff"
	sha1Hex   = "00112233445566778899aabbccddeeff00112233"
	sha256Hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	pageURL   = "http://quiet-harbor-metrics.com/index.html?a=>>>"
	hostName  = "quiet-harbor-metrics.com"
	address   = "45.1.2.3"
)

// The paths that most tests ask at.
const (
	suiteFile    = "/api/v3/files/"
	suiteURL     = "/api/v3/urls/"
	xrefOne      = "/api/xref/v2/query/"
	xrefMany     = "/api/xref/v2/bulk_query/json"
	presenceOne  = "/api/databrowser/malware_presence/query/"
	presenceMany = "/api/databrowser/malware_presence/bulk_query/json"
	reputation   = "/api/networking/reputation/v1/query/json"
	usagePage    = "/api/customer_usage/v1/usage"
)

// fileReport has three engines that detect, two that do not, one of each that failed, and two that have no say in a file.
const fileReport = `{"data": {"id": "` + sha256Hex + `", "type": "file", "links": {"self": "x"}, "attributes": {
	"md5": "` + md5Hex + `", "sha1": "` + sha1Hex + `", "sha256": "` + sha256Hex + `", "size": 4096, "magic": "PE32 executable",
	"popular_threat_classification": {"suggested_threat_label": "trojan.duskrelay/mossbot"},
	"first_submission_date": 1706745600, "last_submission_date": 1712345000, "last_analysis_date": 1712345678,
	"last_analysis_stats": {"malicious": 3, "suspicious": 1, "harmless": 0, "undetected": 2, "timeout": 1, "confirmed-timeout": 1,
		"failure": 1, "type-unsupported": 1},
	"last_analysis_results": {
		"Alderwick AV": {"category": "malicious", "result": "Trojan.Duskrelay", "engine_version": "1.2", "engine_update": "20240405"},
		"Basaltine AV": {"category": "malicious", "result": "W32/Duskrelay <1> & more", "engine_update": "never"},
		"Cindermoor AV": {"category": "malicious", "result": null},
		"Driftmark AV": {"category": "undetected", "result": null},
		"Emberlyn AV": {"category": "undetected", "result": null},
		"Fathomlight AV": {"category": "failure", "result": null},
		"Gantrel AV": {"category": "timeout", "result": null},
		"Hallowmere AV": {"category": "confirmed-timeout", "result": null},
		"Inletto AV": {"category": "suspicious", "result": "maybe"},
		"Kestrova AV": {"category": "type-unsupported", "result": null}}}}}`

// locationReport is of what is no file: one source of each category.
func locationReport(kind, id string) string {
	return fmt.Sprintf(`{"data": {"id": %q, "type": %q, "attributes": {"url": %q, "first_submission_date": 1706745600,
		"last_analysis_date": 1712345678, "last_analysis_stats": {"malicious": 1, "harmless": 1, "undetected": 1, "timeout": 1},
		"last_analysis_results": {
			"Alderwick AV": {"category": "malicious", "result": "phishing"}, "Basaltine AV": {"category": "harmless", "result": "clean"},
			"Cindermoor AV": {"category": "undetected", "result": "unrated"}, "Driftmark AV": {"category": "timeout", "result": null}}}}}`,
		id, kind, id)
}

// stocked knows one object of each kind.
func stocked(t *testing.T) *reversinglabs.Server {
	t.Helper()
	s := &reversinglabs.Server{}
	for _, raw := range []string{
		fileReport, locationReport("url", pageURL), locationReport("domain", hostName), locationReport("ip_address", address),
	} {
		add(t, s, raw)
	}
	return s
}

func add(t *testing.T, s *reversinglabs.Server, raw string) {
	t.Helper()
	if err := s.AddReport([]byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// ask sends a request with the credentials that the path takes; headers come in pairs and replace what is there.
func ask(t *testing.T, s *reversinglabs.Server, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://rl"+target, strings.NewReader(body))
	if strings.HasPrefix(target, "/api/v3/") {
		r.Header.Set("X-Apikey", reversinglabs.DefaultKey)
	} else {
		r.SetBasicAuth(reversinglabs.DefaultUser, reversinglabs.DefaultPassword)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type recorder = httptest.ResponseRecorder

func get(t *testing.T, s *reversinglabs.Server, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, s, http.MethodGet, target, "", headers...)
}

func post(t *testing.T, s *reversinglabs.Server, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, s, http.MethodPost, target, body, headers...)
}

// tree decodes an answer that must be a 200 with JSON.
func tree(t *testing.T, w *httptest.ResponseRecorder) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("answer = %d %s, %v; want 200 with JSON", w.Code, w.Body, err)
	}
	return v
}

// at walks into a tree: a name into an object, a number into an array. It is nil where there is nothing.
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// bulk is a query of hashes of one type.
func bulk(hashType string, hashes ...string) string {
	list, _ := json.Marshal(hashes)
	return fmt.Sprintf(`{"rl":{"query":{"hash_type":%q,"hashes":%s}}}`, hashType, list)
}

// numbered are n different SHA-1 that nobody knows.
func numbered(n int) []string {
	hashes := make([]string, n)
	for i := range hashes {
		hashes[i] = fmt.Sprintf("%040x", i)
	}
	return hashes
}
