package virustotal_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vtq.internal/shared/simulator/virustotal"
)

func TestCanonical(t *testing.T) {
	for raw, want := range map[string]string{
		"http://www.google.com":            "http://www.google.com/", // Recorded.
		"HTTP://WWW.Google.COM/Path":       "http://www.google.com/Path",
		"http://quiet.com:80/":             "http://quiet.com/",
		"https://quiet.com:443":            "https://quiet.com/",
		"http://quiet.com:443/":            "http://quiet.com:443/",
		"https://quiet.com:8443/a":         "https://quiet.com:8443/a",
		"http://quiet.com/a#part":          "http://quiet.com/a",
		"http://quiet.com#/a?b":            "http://quiet.com/",
		"http://quiet.com?q=1":             "http://quiet.com/?q=1",
		"http://quiet.com/a/../b//%2f%2F?": "http://quiet.com/a/../b//%2f%2F?",
		"http://User:Pass@Quiet.com/":      "http://User:Pass@quiet.com/",
		"http://quiet.com/@b":              "http://quiet.com/@b",
		"http://[2A0E::1]:80/":             "http://[2a0e::1]/",
		"ftp://quiet.com:21/f":             "ftp://quiet.com/f",
		"http://quiet.com/http://x":        "http://quiet.com/http://x",
		"quiet.com/a":                      "",
		"mailto:keeper@quiet.com":          "",
		"gopher://quiet.com/":              "",
		"http://":                          "",
		"http:///a":                        "",
		"http://:80/":                      "",
		"http://keeper@/":                  "",
		"":                                 "",
	} {
		got, ok := virustotal.Canonical(raw)
		if ok != (want != "") || ok && got != want {
			t.Errorf("Canonical(%q) = %q, %t; want %q", raw, got, ok, want)
		}
		if again, _ := virustotal.Canonical(got); ok && again != got {
			t.Errorf("Canonical(%q) = %q, want it to stay as it is", got, again)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		"http://www.google.com", "HTTPS://A@B:443?x#y", "ftp://h:21/", "http://[2A0E::1]:80/%2f", "x", "http://:80", "://",
		"http://h:80:80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		canonical, ok := virustotal.Canonical(raw)
		if ok && (strings.Contains(canonical, "#") || strings.Count(canonical, "/") < 3) {
			t.Errorf("Canonical(%q) = %q, want no fragment and a path", raw, canonical)
		}
	})
}

// FuzzServe asks for anything at all.
func FuzzServe(f *testing.F) {
	for _, seed := range []string{
		"files/" + md5Hex, "files/None", "urls/aHR0cDovL3F1aWV0LmNvbS8", "urls/a%2Fb", "domains/quiet.com", "domains/..", "users/user",
		"ip_addresses/::1", "ip_addresses/1.2.3.4%25", "users/user/api_usage?start_date=20260101", "", "%zz", "files//comments",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r := request(t, "/api/v3/")
		target, err := r.URL.Parse("http://vt/api/v3/" + path)
		if err != nil {
			t.Skip("no client can send it")
		}
		r.URL = target
		w := httptest.NewRecorder()
		new(virustotal.Server).ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		default:
			t.Errorf("GET %q = %d", path, w.Code)
		}
		if !strings.HasPrefix(w.Body.String(), "{") {
			t.Errorf("GET %q = %q, want JSON", path, w.Body)
		}
	})
}
