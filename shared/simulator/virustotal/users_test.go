package virustotal_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/virustotal"
)

const usagePage = "/api/v3/users/user/api_usage"

// decode reads the body of a page, which must be a 200.
func decode(t *testing.T, s *virustotal.Server, path string, into any) {
	t.Helper()
	w := get(t, s, path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s = %d %s, want 200", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

type share struct {
	Allowed   int64
	Used      int
	Inherited string `json:"inherited_from"`
}

func TestOverallQuotas(t *testing.T) {
	now := time.Date(2026, 8, 19, 23, 58, 0, 0, time.UTC)
	s := &virustotal.Server{
		Now: func() time.Time { return now },
		Keys: map[string]virustotal.Key{
			virustotal.DefaultKey: {Limits: virustotal.PublicLimits(), User: "ann", Group: "team"},
		},
		Groups: map[string]virustotal.Limits{"team": {Day: 1000}},
	}
	knock(t, s, 3)
	now = now.Add(3 * time.Minute) // Another hour, another day.
	knock(t, s, 1)
	var page struct {
		Data map[string]map[string]share
	}
	decode(t, s, "/api/v3/users/ann/overall_quotas", &page)
	want := map[string]map[string]share{
		"api_requests_hourly":  {"user": {240, 1, ""}, "group": {60_000_000_000, 1, "team"}},
		"api_requests_daily":   {"user": {500, 1, ""}, "group": {1000, 1, "team"}},
		"api_requests_monthly": {"user": {15500, 4, ""}, "group": {1_000_000_000, 4, "team"}},
	}
	if diff := cmp.Diff(want, page.Data); diff != "" {
		t.Errorf("overall_quotas (-want +got):\n%s", diff)
	}
}

func TestQuotaPagesAreFree(t *testing.T) {
	s := limited(virustotal.Limits{Day: 1})
	knock(t, s, 1)
	for _, path := range []string{"/api/v3/users/user", "/api/v3/users/user/overall_quotas", usagePage} {
		if w := get(t, s, path); w.Code != http.StatusOK {
			t.Errorf("GET %s with the day spent = %d, want 200", path, w.Code)
		}
	}
	if s.Lookups() != 1 || s.Requests().Endpoint(virustotal.Users) != 3 {
		t.Errorf("Lookups() = %d, want 1; %v, want 3 to users", s.Lookups(), s.Requests())
	}
}

func TestProfile(t *testing.T) {
	s := &virustotal.Server{Keys: map[string]virustotal.Key{virustotal.DefaultKey: {User: "ann", Private: true}}}
	for _, id := range []string{"ann", virustotal.DefaultKey} {
		var page struct {
			Data struct {
				ID, Type   string
				Attributes struct {
					APIKey     string
					Quotas     map[string]share
					Privileges map[string]struct{ Granted bool }
				}
			}
		}
		decode(t, s, "/api/v3/users/"+id, &page)
		a := page.Data.Attributes
		if page.Data.ID != "ann" || a.APIKey != virustotal.DefaultKey || len(a.Quotas) != 3 || !a.Privileges["private"].Granted {
			t.Errorf("users/%s = %+v, want ann with her key, three quotas and the private tier", id, page)
		}
	}
	for _, path := range []string{"/api/v3/users/bob", "/api/v3/users/bob/overall_quotas"} {
		if w := get(t, s, path); w.Code != http.StatusForbidden {
			t.Errorf("GET %s = %d, want 403", path, w.Code)
		}
	}
	if w := get(t, s, "/api/v3/users/ann/comments"); w.Code != http.StatusNotFound {
		t.Errorf("another page of the user = %d, want 404", w.Code)
	}
}

func TestAPIUsage(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	s := &virustotal.Server{Now: func() time.Time { return now }, Keys: map[string]virustotal.Key{virustotal.DefaultKey: {}}}
	for range 70 {
		now = now.AddDate(0, 0, 1)
		get(t, s, lookup)
	}
	get(t, s, "/api/v3/domains/quiet-harbor.com") // 2026-08-10.
	for name, c := range map[string]struct {
		query        string
		status, days int
		files        int
	}{
		"default":          {"", 200, 31, 31},
		"two days":         {"?start_date=20260809&end_date=20260810", 200, 2, 2},
		"longest":          {"?start_date=20260701&end_date=20260731", 200, 31, 31},
		"too long":         {"?start_date=20260701&end_date=20260801", 400, 0, 0},
		"oldest":           {"?start_date=20260611&end_date=20260612", 200, 2, 2},
		"too old":          {"?start_date=20260609&end_date=20260612", 400, 0, 0},
		"the wrong way":    {"?start_date=20260810&end_date=20260809", 400, 0, 0},
		"not in this form": {"?start_date=2026-08-09", 400, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := get(t, s, usagePage+c.query)
			var page struct {
				Data struct {
					Daily map[string]map[string]int
					Total map[string]int
				}
			}
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || len(page.Data.Daily) != c.days || page.Data.Total["files"] != c.files {
				t.Errorf("api_usage%s = %d, %d days, %v; want %d, %d days, %d files",
					c.query, w.Code, len(page.Data.Daily), page.Data.Total, c.status, c.days, c.files)
			}
			if last := page.Data.Daily["2026-08-10"]; len(last) > 0 && last["domains"] != 1 {
				t.Errorf("usage of 2026-08-10 = %v, want one domain", last)
			}
		})
	}
}

func TestPagesIn2020WereIndented(t *testing.T) {
	body := get(t, &virustotal.Server{Era: virustotal.Era2020}, usagePage).Body.String()
	if want := "{\n    \"data\": {\n        \"daily\": {},\n        \"total\": {}\n    }\n}"; body != want {
		t.Errorf("body = %s, want %s", body, want)
	}
}
