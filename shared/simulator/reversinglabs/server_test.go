package reversinglabs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/simulator/spoil"
	"vtq.internal/shared/testkit"
)

func TestTheZeroValueAnswers(t *testing.T) {
	var s reversinglabs.Server
	for target, want := range map[string]int{
		suiteFile + md5Hex: 404, xrefOne + "md5/" + md5Hex: 404, usagePage: 200, "/": 404, "/api/v3/": 404, "/%zz": 404,
		"/api/v3/domains/" + hostName: 404, "/api/v3/ip_addresses/" + address: 404, "/api/v3/files/": 404,
		"/api/v3/files/" + md5Hex + "/comments": 404, "/api/v3/users/user/api_usage": 404,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://rl/", http.NoBody)
		r.URL.RawPath, r.URL.Path = target, target
		r.Header.Set("X-Apikey", reversinglabs.DefaultKey)
		r.SetBasicAuth(reversinglabs.DefaultUser, reversinglabs.DefaultPassword)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", target, w.Code, want)
		}
	}
}

func TestWhoMayAsk(t *testing.T) {
	native := xrefOne + "md5/" + md5Hex
	keys := map[string]reversinglabs.Account{"good": {}, "locked": {Unlicensed: true}, "": {}}
	users := map[string]reversinglabs.User{"ann": {Password: "s3cret"}, "bob": {Account: reversinglabs.Account{Unlicensed: true}, Password: "b"}}
	basic := func(name, password string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.SetBasicAuth(name, password)
		return r.Header.Get("Authorization")
	}
	for name, c := range map[string]struct {
		target, header, value string
		want                  int
	}{
		"a key":              {suiteFile + md5Hex, "X-Apikey", "good", 200},
		"another key":        {suiteFile + md5Hex, "X-Apikey", "s3cret", 401},
		"no key":             {suiteFile + md5Hex, "X-Apikey", "", 401},
		"a locked key":       {suiteFile + md5Hex, "X-Apikey", "locked", 403},
		"the default key":    {suiteFile + md5Hex, "X-Apikey", reversinglabs.DefaultKey, 401},
		"no key, no path":    {"/api/v3/domains/" + hostName, "X-Apikey", "", 401},
		"Basic at the suite": {suiteFile + md5Hex, "Authorization", basic("ann", "s3cret"), 401},
		"a user":             {native, "Authorization", basic("ann", "s3cret"), 200},
		"another password":   {native, "Authorization", basic("ann", "secret"), 401},
		"no password":        {native, "Authorization", basic("ann", ""), 401},
		"nobody":             {native, "Authorization", basic("", ""), 401},
		"another user":       {native, "Authorization", basic("eve", ""), 401},
		"a locked user":      {native, "Authorization", basic("bob", "b"), 403},
		"the default user":   {native, "Authorization", basic(reversinglabs.DefaultUser, reversinglabs.DefaultPassword), 401},
		"no header":          {native, "Authorization", "", 401},
		"a token":            {native, "Authorization", "Bearer s3cret", 401},
		"a key natively":     {native, "X-Apikey", "good", 401},
		"no user, no path":   {"/api", "Authorization", "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			s := stocked(t)
			s.Keys, s.Users = keys, users
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://rl"+c.target, http.NoBody)
			r.Header.Set(c.header, c.value)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.want || strings.Contains(w.Body.String(), "s3cret") {
				t.Errorf("GET %s = %d %s, want %d without a credential in it", c.target, w.Code, w.Body, c.want)
			}
			challenged := w.Header().Get("WWW-Authenticate") != ""
			if native := !strings.HasPrefix(c.target, "/api/v3/"); challenged != (native && c.want == 401) {
				t.Errorf("GET %s = %d with WWW-Authenticate: %t", c.target, w.Code, challenged)
			}
			if free := s.Billed() == 0; free == (c.want == 200) {
				t.Errorf("GET %s = %d, billed %d", c.target, w.Code, s.Billed())
			}
		})
	}
}

// fetch asks for the one file through a client.
func fetch(ctx context.Context, t *testing.T, transport http.RoundTripper) (status int, body []byte, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://rl"+suiteFile+md5Hex, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Apikey", reversinglabs.DefaultKey)
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

func TestLatencyInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stocked(t)
		s.Latency = time.Minute
		transport, stop := testkit.Serve(t, s)
		defer stop()
		start := time.Now()
		if status, _, err := fetch(t.Context(), t, transport); status != http.StatusOK || time.Since(start) != time.Minute {
			t.Errorf("answer = %d, %v after %s, want 200 after a minute", status, err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := fetch(ctx, t, transport); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a client without patience = %v, want its deadline", err)
		}
		synctest.Wait()
		if got := s.Requests().Outcome(reversinglabs.Left); got != 1 {
			t.Errorf("%d have left, want 1", got)
		}
	})
}

func TestFaults(t *testing.T) {
	honest := get(t, stocked(t), suiteFile+md5Hex).Body.String()
	for name, c := range map[string]struct {
		fault  *reversinglabs.Fault
		status int // 0 for no answer.
		body   string
		took   time.Duration
	}{
		"none":      {nil, 200, honest, 0},
		"nothing":   {&reversinglabs.Fault{}, 200, honest, 0},
		"text":      {reversinglabs.Text(418, "I'm a teapot"), 418, "I'm a teapot\n", 0},
		"500":       {reversinglabs.InternalError(), 500, "Internal server error\n", 0},
		"503":       {reversinglabs.Unavailable(), 503, "Service unavailable\n", 0},
		"empty":     {spoil.Empty(), 200, "", 0},
		"truncated": {spoil.Truncated(), 200, honest[:len(honest)/2], 0},
		"slow":      {spoil.SlowBody(time.Minute), 200, honest, time.Minute},
		"huge":      {spoil.HugeBody(100_000), 200, strings.Repeat(" ", 100_000) + honest, 0},
		"reset":     {spoil.ConnectionReset(), 0, "", 0},
		"uncounted": {&reversinglabs.Fault{Uncounted: true, Status: 502, Body: []byte("x")}, 502, "x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := stocked(t)
				s.Fail = func(*http.Request) *reversinglabs.Fault { return c.fault }
				transport, stop := testkit.Serve(t, s)
				defer stop()
				start := time.Now()
				status, body, err := fetch(t.Context(), t, transport)
				if status != c.status || string(body) != c.body || (err == nil) != (c.status != 0) || time.Since(start) != c.took {
					t.Errorf("answer = %d, %d bytes, %v after %s; want %d, %d bytes, after %s",
						status, len(body), err, time.Since(start), c.status, len(c.body), c.took)
				}
				if faulty := s.Requests().Outcome(reversinglabs.Faulty) == 1; faulty != (c.fault != nil) {
					t.Errorf("counted as %v", s.Requests())
				}
			})
		})
	}
}

func TestRefusalsComeThroughUnspoilt(t *testing.T) {
	s := limited(t, reversinglabs.Limits{Day: 1})
	s.Fail = func(*http.Request) *reversinglabs.Fault { return spoil.Truncated() }
	var got []int
	for _, key := range []string{reversinglabs.DefaultKey, reversinglabs.DefaultKey, "wrong"} {
		got = append(got, get(t, s, suiteFile+md5Hex, "X-Apikey", key).Code)
	}
	if want := []int{200, 429, 401}; !slices.Equal(got, want) || s.Requests().Outcome(reversinglabs.Faulty) != 1 {
		t.Errorf("answers = %v with %v, want %v and one spoilt", got, s.Requests(), want)
	}
}

func TestTheDateIsTheServers(t *testing.T) {
	s := &reversinglabs.Server{Now: func() time.Time { return time.Date(2080, time.January, 1, 1, 0, 0, 0, time.FixedZone("", 3600)) }}
	if got := get(t, s, usagePage).Header().Get("Date"); got != "Mon, 01 Jan 2080 00:00:00 GMT" {
		t.Errorf("Date = %q", got)
	}
}
