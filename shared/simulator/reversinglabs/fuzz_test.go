package reversinglabs_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"vtq.internal/shared/simulator/reversinglabs"
)

func FuzzBulkBodies(f *testing.F) {
	for _, body := range []string{
		bulk("md5", md5Hex, sha1Hex, ""), bulk("sha1", numbered(101)...), `{"rl":{"query":null}}`, `{"rl":{"query":{"hashes":null}}}`,
		`{"rl":{"query":{"urls":["` + pageURL + `"]}}}`, `{"rl":{"query":{"ips":["1.2.3.4","::1%eth0"]}}}`, `{"rl":[]}`, `null`, ``, `{`,
		`{"rl":{"query":{"network_locations":[{"network_location":"\ud800","type":"url"},null]}}}`,
		"<rl><query><hash_type>md5</hash_type><hashes><item>" + md5Hex + "</item></hashes></query></rl>", "<rl><query/></rl>", "<rl>&x;</rl>",
		`{"rl":{"query":{"hash_type":"md5","hashes":["` + md5Hex + `"],"response_format":"xml"}}}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := stocked(t)
		s.Groups, s.Shuffle = true, true
		for _, format := range []string{"json", "xml"} {
			for _, path := range []string{
				"/api/xref/v2/bulk_query/", "/api/databrowser/malware_presence/bulk_query/", "/api/networking/reputation/v1/query/",
				"/api/networking/url/v1/report/bulk_query/", "/api/networking/ip/report/v1/query/",
			} {
				before := s.Billed()
				w := post(t, s, path+format, body, "Content-Type", "application/"+format)
				if !slices.Contains([]int{200, 400, 404, 413}, w.Code) {
					t.Errorf("POST %s with %q = %d, want a documented answer", path+format, body, w.Code)
				}
				if cost := s.Billed() - before; (w.Code != http.StatusOK && cost > 0) || cost > reversinglabs.MaxItems {
					t.Errorf("POST %s with %q = %d, billed %d", path+format, body, w.Code, cost)
				}
			}
		}
	})
}

func FuzzURLIDs(f *testing.F) {
	for _, id := range []string{sha1Of(pageURL), base64.RawURLEncoding.EncodeToString([]byte(pageURL)), "", "=", "a/b", "\n", "%", "\xff", md5Hex} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s := stocked(t)
		w := get(t, s, suiteURL+url.PathEscape(id))
		text, safe := base64.RawURLEncoding.Strict().DecodeString(id)
		standard, plain := base64.RawStdEncoding.Strict().DecodeString(id)
		names := (safe == nil && string(text) == pageURL) || (plain == nil && string(standard) == pageURL)
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Errorf("GET a URL by %q = %d, want 200 or 404", id, w.Code)
		}
		if w.Code == http.StatusOK && !names && len(id) != len(sha1Hex) {
			t.Errorf("GET a URL by %q = 200, which names another", id)
		}
		named := "http://a.com/" + url.QueryEscape(id)
		if s.AddReport([]byte(locationReport("url", named))) != nil {
			return // Too long.
		}
		for _, known := range []string{sha1Of(named), base64.RawURLEncoding.EncodeToString([]byte(named))} {
			if w := get(t, s, suiteURL+known); w.Code != http.StatusOK {
				t.Errorf("GET %q by %q = %d, want 200", named, known, w.Code)
			}
		}
	})
}
