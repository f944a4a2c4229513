package virustotal_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/virustotal"
)

func TestZeroValueAnswers(t *testing.T) {
	var s virustotal.Server
	add(t, &s, fileReport(""))
	found := get(t, &s, "/api/v3/files/"+md5Hex)
	if found.Code != http.StatusOK || found.Body.String() != fileReport("") {
		t.Errorf("known file = %d %s, want 200 and the report to the byte", found.Code, found.Body)
	}
	unknown := get(t, &s, "/api/v3/files/"+strings.Repeat("ab", 16))
	if unknown.Code != http.StatusNotFound {
		t.Errorf("unknown file = %d, want 404", unknown.Code)
	}
}

func TestGates(t *testing.T) {
	keys := map[string]virustotal.Key{
		"free": {}, "sleeper": {Inactive: true}, "paid": {Private: true}, "google": {GTI: true},
	}
	for name, c := range map[string]struct {
		method, path, key string
		status            int
		contains          string
	}{
		"post":              {http.MethodPost, "/api/v3/urls", "free", 405, "Method Not Allowed"},
		"head":              {http.MethodHead, "/api/v3/files/" + md5Hex, "free", 405, ""},
		"no key":            {"", "/api/v3/files/" + md5Hex, "", 401, `"AuthenticationRequiredError"`},
		"unknown key":       {"", "/api/v3/files/" + md5Hex, "s3cret", 401, "Wrong API key: s3cret"},
		"inactive key":      {"", "/api/v3/files/" + md5Hex, "sleeper", 401, `"UserNotActiveError"`},
		"no key, no path":   {"", "/", "", 401, `"AuthenticationRequiredError"`},
		"root":              {"", "/", "free", 404, "Resource not found"},
		"version 2":         {"", "/vtapi/v2/file/report", "free", 404, "Resource not found"},
		"collection":        {"", "/api/v3/files", "free", 404, "Resource not found"},
		"slash at the end":  {"", "/api/v3/files/" + md5Hex + "/", "free", 404, "Resource not found"},
		"relationship":      {"", "/api/v3/files/" + md5Hex + "/comments", "free", 404, "Resource not found"},
		"empty id":          {"", "/api/v3/files/", "free", 404, "Resource not found"},
		"search, free":      {"", "/api/v3/intelligence/search", "free", 403, `"ForbiddenError"`},
		"search, paid":      {"", "/api/v3/intelligence/search", "paid", 404, "Resource not found"},
		"search, google":    {"", "/api/v3/intelligence/search", "google", 404, "Resource not found"},
		"download, free":    {"", "/api/v3/files/" + md5Hex + "/download", "free", 403, `"ForbiddenError"`},
		"no hash":           {"", "/api/v3/files/None", "free", 404, "Resource not found"},
		"hash of 33 digits": {"", "/api/v3/files/" + md5Hex + "0", "free", 404, "Resource not found"},
		"unknown file":      {"", "/api/v3/files/" + md5Hex, "free", 404, `File \"` + md5Hex + `\" not found`},
	} {
		t.Run(name, func(t *testing.T) {
			s := &virustotal.Server{Keys: keys}
			r := request(t, c.path, "X-Apikey", c.key)
			if c.method != "" {
				r.Method = c.method
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.contains) {
				t.Errorf("%s %s = %d %s, want %d with %s", r.Method, c.path, w.Code, w.Body, c.status, c.contains)
			}
			if free := !strings.Contains(name, "hash") && name != "unknown file"; free != (s.Lookups() == 0) {
				t.Errorf("%s %s counted %d, want free = %t", r.Method, c.path, s.Lookups(), free)
			}
		})
	}
}

func TestIdentifiers(t *testing.T) {
	id := func(url string) string { return base64.RawURLEncoding.EncodeToString([]byte(url)) }
	const inReport = "https://quiet-harbor-metrics.com/a/?qu=%7Bx%7D>>>>"
	s := &virustotal.Server{Keys: map[string]virustotal.Key{virustotal.DefaultKey: {}}}
	add(t, s, fileReport(""))
	add(t, s, `{"data":{"type":"url","id":"u-00-1","attributes":{"url":"`+inReport+`"}}}`)
	add(t, s, `{"data":{"type":"url","id":"`+strings.Repeat("c4", 32)+`","attributes":{}}}`)
	add(t, s, `{"data":{"type":"domain","id":"quiet-harbor-metrics.com","attributes":{}}}`)
	add(t, s, `{"data":{"type":"ip_address","id":"2a0e:b107::1","attributes":{}}}`)
	for name, c := range map[string]struct {
		path   string
		status int
	}{
		"md5":                   {"files/" + md5Hex, 200},
		"sha1":                  {"files/" + sha1Hex, 200},
		"sha256":                {"files/" + sha256Hex, 200},
		"upper case":            {"files/" + strings.ToUpper(sha256Hex), 200},
		"url":                   {"urls/" + id(inReport), 200},
		"url, host and port":    {"urls/" + id("HTTPS://Quiet-Harbor-Metrics.com:443/a/?qu=%7Bx%7D>>>>#top"), 200},
		"url, other query":      {"urls/" + id("https://quiet-harbor-metrics.com/a/?qu={x}>>>>"), 404},
		"url, padded":           {"urls/" + base64.URLEncoding.EncodeToString([]byte(inReport)), 404},
		"url, standard base64":  {"urls/" + base64.RawStdEncoding.EncodeToString([]byte(inReport)), 404},
		"url, no scheme":        {"urls/" + id("quiet-harbor-metrics.com/a/"), 404},
		"url, no host":          {"urls/" + id("http:///a"), 404},
		"url, stray bits":       {"urls/aHR0cDovL2F", 404},
		"url by id":             {"urls/" + strings.Repeat("c4", 32), 200},
		"url by sha1":           {"urls/" + sha1Hex, 404},
		"domain":                {"domains/quiet-harbor-metrics.com", 200},
		"domain, upper case":    {"domains/Quiet-Harbor-Metrics.COM", 200},
		"domain, unknown":       {"domains/www.quiet-harbor-metrics.com", 404},
		"domain, dot at end":    {"domains/quiet-harbor-metrics.com.", 400},
		"domain, reserved":      {"domains/quiet-harbor.test", 400},
		"domain, closed suffix": {"domains/xpressco.za", 400},
		"domain, one label":     {"domains/localhost", 400},
		"domain, umlaut":        {"domains/h%C3%A4fen.com", 400},
		"domain, hyphen":        {"domains/-harbor.com", 400},
		"domain, empty label":   {"domains/quiet..com", 400},
		"domain, label of 63":   {"domains/" + strings.Repeat("a", 63) + ".com", 404},
		"domain, label of 64":   {"domains/" + strings.Repeat("a", 64) + ".com", 400},
		"domain, 253":           {"domains/" + strings.Repeat("a.", 125) + "com", 404},
		"domain, 255":           {"domains/" + strings.Repeat("a.", 126) + "com", 400},
		"address":               {"ip_addresses/2a0e:b107:0:0::1", 200},
		"address, escaped":      {"ip_addresses/2a0e%3Ab107%3A%3A1", 200},
		"address, unknown":      {"ip_addresses/45.9.148.1", 404},
		"address, zone":         {"ip_addresses/fe80::1%25eth0", 400},
		"address, none":         {"ip_addresses/45.9.148", 400},
	} {
		t.Run(name, func(t *testing.T) {
			if w := get(t, s, "/api/v3/"+c.path); w.Code != c.status {
				t.Errorf("GET %s = %d %s, want %d", c.path, w.Code, w.Body, c.status)
			}
		})
	}
}

func TestSynthesizeFillsWhatIsNotStored(t *testing.T) {
	var asked []string
	s := &virustotal.Server{
		Keys: map[string]virustotal.Key{virustotal.DefaultKey: {}},
		Synthesize: func(kind, id string) []byte {
			asked = append(asked, kind+" "+id)
			if kind == "domain" {
				return nil
			}
			return []byte("{}")
		},
	}
	add(t, s, fileReport(""))
	for path, status := range map[string]int{
		"files/" + sha256Hex: 200, "files/" + strings.Repeat("AB", 16): 200, "domains/quiet-harbor.com": 404,
		"urls/" + base64.RawURLEncoding.EncodeToString([]byte(strings.ToUpper(pageURL[:4])+pageURL[4:])): 200,
	} {
		if w := get(t, s, "/api/v3/"+path); w.Code != status {
			t.Errorf("GET %s = %d, want %d", path, w.Code, status)
		}
	}
	for _, want := range []string{"file " + strings.Repeat("ab", 16), "url " + pageURL, "domain quiet-harbor.com"} {
		if !strings.Contains(strings.Join(asked, "\n"), want) {
			t.Errorf("Synthesize was asked %q, want %q among it", asked, want)
		}
	}
	if len(asked) != 3 {
		t.Errorf("Synthesize was asked %d times, want 3: what is stored needs no asking", len(asked))
	}
}

func TestGTIAssessment(t *testing.T) {
	keys := map[string]virustotal.Key{"free": {}, "google": {GTI: true}}
	for name, c := range map[string]struct {
		key, tool string
		want      bool
	}{
		"free key":             {"free", "vtq", false},
		"gti key without tool": {"google", "", false},
		"gti key with tool":    {"google", "vtq", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &virustotal.Server{Keys: keys}
			add(t, s, fileReport(`, "size": 9007199254740993, "gti_assessment": {"x": 1}, "mandiant_ic_score": 80`))
			body := get(t, s, "/api/v3/files/"+md5Hex, "X-Apikey", c.key, "X-Tool", c.tool).Body.String()
			if got := strings.Contains(body, "gti_assessment") || strings.Contains(body, "mandiant"); got != c.want {
				t.Errorf("GTI fields present = %t, want %t in %s", got, c.want, body)
			}
			if !strings.Contains(body, "9007199254740993") {
				t.Errorf("body = %s, want the other attributes as they were", body)
			}
		})
	}
}

func TestLatencyPassesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := mount(t, &virustotal.Server{Latency: 3 * time.Second})
		start := time.Now()
		response, err := fetch(t, client)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("an answer took %v, want 3s", took)
		}
	})
}

func TestClientThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &virustotal.Server{Latency: time.Hour}
		client := mount(t, s)
		client.Timeout = time.Second
		response, err := fetch(t, client)
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("fetch = %v, want the client's timeout", err)
		}
		synctest.Wait()
		if s.Lookups() != 1 || s.Requests().Outcome(virustotal.Left) != 1 {
			t.Errorf("Lookups() = %d, Requests() = %v, want one request, counted, whose client left", s.Lookups(), s.Requests())
		}
	})
}

// TestReportsMayComeWhileServing is for the race detector.
func TestReportsMayComeWhileServing(t *testing.T) {
	s := &virustotal.Server{Keys: map[string]virustotal.Key{virustotal.DefaultKey: {}}, Keep: 10}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				get(t, s, lookup)
				s.Calls()
				s.Requests()
			}
		})
	}
	for range 50 {
		add(t, s, fileReport(""))
	}
	group.Wait()
	if got := s.Lookups(); got != 200 {
		t.Errorf("Lookups() = %d, want 200", got)
	}
}
