package virustotal_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/virustotal"
)

func TestQuotas(t *testing.T) {
	const user = `{"data":{"api_requests_daily":{"user":`
	cases := map[string]struct {
		body string
		want virustotal.Quotas
	}{
		"all three windows": {
			`{"data":{"api_requests_hourly":{"user":{"allowed":240,"used":1}},"api_requests_daily":{"user":{"allowed":500,"used":2}},` +
				`"api_requests_monthly":{"user":{"allowed":15500,"used":3}},"intelligence_searches_monthly":{"user":{"allowed":0,"used":0}}}}`,
			virustotal.Quotas{
				Hourly: &virustotal.Allowance{Allowed: 240, Used: 1}, Daily: &virustotal.Allowance{Allowed: 500, Used: 2},
				Monthly: &virustotal.Allowance{Allowed: 15500, Used: 3},
			},
		},
		"the group leaves less": {user + `{"allowed":9,"used":1},"group":{"allowed":1000,"used":999}}}}`, daily(1000, 999)},
		"the user leaves less":  {user + `{"allowed":9,"used":8},"group":{"allowed":1000,"used":998}}}}`, daily(9, 8)},
		"overdrawn":             {user + `{"allowed":500,"used":501}}}}`, daily(500, 501)},
		"no user":               {`{"data":{"api_requests_daily":{"group":{"allowed":5,"used":1}}}}`, daily(5, 1)},
		"numbers as others do":  {user + `{"allowed":1e9,"used":"17"}}}}`, daily(1_000_000_000, 17)},
		"less than nothing":     {user + `{"allowed":-1,"used":-1}}}}`, daily(0, 0)},
		"one window of an odd shape": {
			`{"data":{"api_requests_hourly":7,"api_requests_monthly":[],"api_requests_daily":{"user":{"allowed":5,"used":{}}}}}`, daily(5, 0),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, answers(http.StatusOK, jsonType, c.body)).Quotas(t.Context())
			if err != nil {
				t.Fatalf("Quotas: %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Quotas answered %s: %s", c.body, diff)
			}
		})
	}
}

func daily(allowed, used int64) virustotal.Quotas {
	return virustotal.Quotas{Daily: &virustotal.Allowance{Allowed: allowed, Used: used}}
}

func TestLeft(t *testing.T) {
	for _, c := range []struct {
		allowance virustotal.Allowance
		want      int64
	}{
		{virustotal.Allowance{Allowed: 500, Used: 499}, 1},
		{virustotal.Allowance{Allowed: 500, Used: 500}, 0},
		{virustotal.Allowance{Allowed: 500, Used: 501}, 0},
	} {
		if got := c.allowance.Left(); got != c.want {
			t.Errorf("%+v.Left() = %d, want %d", c.allowance, got, c.want)
		}
	}
}

func TestWhoseQuotas(t *testing.T) {
	for name, want := range map[string]string{"": key, "jane doe": "jane%20doe"} {
		var got string
		client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			got = r.URL.EscapedPath()
			return clienttest.Answer(r, http.StatusOK, jsonType, `{"data":{"api_requests_daily":{"user":{"allowed":1}}}}`), nil
		}), func(c *virustotal.Config) { c.User = name })
		if _, err := client.Quotas(t.Context()); err != nil {
			t.Fatalf("Quotas: %v", err)
		}
		if want := "/api/v3/users/" + want + "/overall_quotas"; got != want {
			t.Errorf("Quotas of %q asks %s, want %s", name, got, want)
		}
	}
}

func TestQuotasRefused(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		kind   fault.Kind
		want   string
	}{
		"nobody":      {404, errorBody("NotFoundError", "User "+key+" not found"), fault.Permanent, at + "users/{id}/overall_quotas: status 404 (Not Found): no such user, or a service without a quota page"},
		"a wrong key": {401, errorBody("WrongCredentialsError", "Wrong API key: "+key), fault.Denied, at + "users/{id}/overall_quotas: status 401 (Unauthorized): WrongCredentialsError"},
		"no quotas":   {200, `{"data":{}}`, fault.Transient, "the answer holds no request quotas"},
		"no data":     {200, `{}`, fault.Transient, "the answer holds no request quotas"},
		"not JSON":    {200, `<html>`, fault.Transient, at + "users/{id}/overall_quotas: status 200: the answer is no valid JSON at byte 1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, answers(c.status, jsonType, c.body)).Quotas(t.Context())
			if want := "reading the quotas: " + c.want; err == nil || err.Error() != want || fault.KindOf(err) != c.kind {
				t.Errorf("Quotas = %v: %v, want %v: %s", fault.KindOf(err), err, c.kind, want)
			}
			clienttest.AssertNoLeak(t, err, key)
		})
	}
}
