package reversinglabs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/simulator/dataset"
	simulator "vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/simulator/spoil"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
)

// simulated serves a simulator on loopback and returns a client of it.
func simulated(t *testing.T, server *simulator.Server) *reversinglabs.Client {
	t.Helper()
	loopback := httptest.NewServer(server)
	t.Cleanup(loopback.Close)
	return over(t, loopback.URL, func(c *reversinglabs.Config) {
		c.User, c.Password = simulator.DefaultUser, simulator.DefaultPassword
	})
}

// dated puts the time of answers aside, which no two calls share.
func dated(v verdict.Verdict) verdict.Verdict {
	v.Asked = time.Time{}
	return v
}

// TestManyIsAsOneByOne looks up a full batch both ways, under every habit that the service may have.
func TestManyIsAsOneByOne(t *testing.T) {
	var objects []indicator.Object
	classes := map[string]verdict.Class{}
	for item := range dataset.Many(reversinglabs.MaxHashes) {
		objects = append(objects, file(item.Value))
		classes[item.Value] = item.Class
	}
	cases := map[string]simulator.Server{
		"as it is":     {},
		"with groups":  {Groups: true},
		"in any order": {Shuffle: true, Groups: true},
		"odd records": {Shape: func(hash string) simulator.Shape {
			return simulator.Shape{NoRecords: hash[7] == '1', AllFailed: hash[7] == '2', Failed: 3, History: 2, NumericSingleScan: true}
		}},
	}
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			server := &simulator.Server{
				Synthesize: dataset.Synthesize, Groups: cases[name].Groups, Shuffle: cases[name].Shuffle, Shape: cases[name].Shape,
			}
			client := simulated(t, server)
			all, err := client.LookMany(t.Context(), objects)
			if err != nil {
				t.Fatalf("LookMany: %v", err)
			}
			for i, object := range objects {
				one, err := client.Look(t.Context(), object)
				if diff := cmp.Diff(dated(one), dated(all[i].Verdict)); err != nil || all[i].Err != nil || diff != "" {
					t.Fatalf("file %d: %v, %v (-alone +batch):\n%s", i, err, all[i].Err, diff)
				}
				got, want := verdict.DefaultPolicy().Classify(one), classes[object.Value]
				if name != "odd records" && got != want && want != verdict.ClassSuspicious { // Doubts have no word here.
					t.Errorf("file %d is %s, want %s: %v", i, got, want, one.Counts)
				}
				if one.Miscounted {
					t.Errorf("file %d is miscounted: %+v", i, one)
				}
			}
			if got := server.Requests().Endpoint(simulator.XrefBulk); got != 1 {
				t.Errorf("%d requests for one batch", got)
			}
		})
	}
}

// TestTheRecordedFileThroughTheSimulator asks for it by each of its hashes.
func TestTheRecordedFileThroughTheSimulator(t *testing.T) {
	server := &simulator.Server{}
	if err := server.AddSample([]byte(recorded(t, "tca0103_xref_single_malicious.json"))); err != nil {
		t.Fatalf("AddSample: %v", err)
	}
	client := simulated(t, server)
	for _, hash := range []string{"3133c2231fcee5d6b0b4c988a5201da1", other, "2f6edf41016e97c58f9de01aa4cc66c9c7fe7dae23fe72e50a69cbd221f55346"} {
		all, err := client.LookMany(t.Context(), files(strings.ToUpper(hash)))
		if err != nil || all[0].Err != nil {
			t.Fatalf("LookMany: %+v, %v", all, err)
		}
		if diff := cmp.Diff(counts(41, 5, 1), all[0].Verdict.Counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	}
}

func TestSimulatedFailures(t *testing.T) {
	page := func() *simulator.Fault {
		return &simulator.Fault{Status: http.StatusNotFound, ContentType: "text/html", Body: []byte("<html>")}
	}
	cases := map[string]struct {
		fail   func() *simulator.Fault
		change func(*reversinglabs.Config)
		want   fault.Kind
	}{
		"503":              {simulator.Unavailable, nil, fault.Transient},
		"500":              {simulator.InternalError, nil, fault.Transient},
		"a page":           {page, nil, fault.Transient},
		"empty":            {spoil.Empty, nil, fault.Transient},
		"cut short":        {spoil.Truncated, nil, fault.Transient},
		"reset":            {spoil.ConnectionReset, nil, fault.Transient},
		"too slow":         {func() *simulator.Fault { return spoil.SlowBody(time.Hour) }, func(c *reversinglabs.Config) { c.Timeout = 50 * time.Millisecond }, fault.Transient},
		"too large":        {func() *simulator.Fault { return spoil.HugeBody(reversinglabs.MaxMany) }, nil, fault.Permanent},
		"a wrong user":     {nil, func(c *reversinglabs.Config) { c.User = user }, fault.Denied},
		"a wrong password": {nil, func(c *reversinglabs.Config) { c.Password = password }, fault.Denied},
		"a wrong path":     {nil, func(c *reversinglabs.Config) { c.BaseURL += "/rl" }, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := &simulator.Server{Synthesize: dataset.Synthesize, Fail: func(*http.Request) *simulator.Fault {
				if c.fail == nil {
					return nil
				}
				return c.fail()
			}}
			loopback := httptest.NewServer(server)
			defer loopback.Close()
			config := []func(*reversinglabs.Config){func(r *reversinglabs.Config) {
				r.BaseURL, r.User, r.Password = loopback.URL, simulator.DefaultUser, simulator.DefaultPassword
				if c.change != nil {
					c.change(r)
				}
			}}
			_, err := newClient(t, http.DefaultTransport, config...).LookMany(t.Context(), files(sha1, other))
			if got := fault.KindOf(err); got != c.want {
				t.Errorf("LookMany: %v (%v), want %v", err, got, c.want)
			}
			clienttest.AssertNoLeak(t, err, append(secrets(), simulator.DefaultUser, simulator.DefaultPassword)...)
			if got := server.Requests().Total(); got != 1 {
				t.Errorf("%d requests for one call", got)
			}
		})
	}
}

func TestSimulatedLimits(t *testing.T) {
	morning := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	account := func(day int) map[string]simulator.User {
		return map[string]simulator.User{simulator.DefaultUser: {
			Password: simulator.DefaultPassword, Account: simulator.Account{Limits: simulator.Limits{Day: day}},
		}}
	}
	now := func() time.Time { return morning }
	cases := map[string]struct {
		server *simulator.Server
		kind   fault.Kind
		wait   time.Duration
	}{
		"the day":                {&simulator.Server{Users: account(3)}, fault.Quota, 15 * time.Hour},
		"the day, as 403":        {&simulator.Server{Users: account(3), QuotaForbidden: true}, fault.Denied, 0},
		"the rate":               {&simulator.Server{Rates: map[simulator.Product]int{"TCA-0103": 1}}, fault.Quota, reversinglabs.RatePause},
		"the rate without words": {&simulator.Server{Rates: map[simulator.Product]int{"TCA-0103": 1}, RateText: simulator.RateTextNever}, fault.Quota, 15 * time.Hour},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.server.Now = now
			client := simulated(t, c.server)
			if _, err := client.LookMany(t.Context(), files(sha1, other)); err != nil {
				t.Fatalf("the first LookMany: %v", err)
			}
			_, err := client.LookMany(t.Context(), files(sha1, other))
			if fault.KindOf(err) != c.kind || fault.RetryAfter(err) != c.wait {
				t.Errorf("the second LookMany: %v (%v, wait %v), want %v for %v", err, fault.KindOf(err), fault.RetryAfter(err), c.kind, c.wait)
			}
		})
	}
}

// TestSimulatedSize makes the service refuse a batch that we take for small enough.
func TestSimulatedSize(t *testing.T) {
	for status, want := range map[int]error{http.StatusRequestEntityTooLarge: reversinglabs.ErrTooMany, http.StatusBadRequest: reversinglabs.ErrSingly} {
		server := &simulator.Server{Fail: func(r *http.Request) *simulator.Fault {
			if r.Method != http.MethodPost {
				return nil
			}
			return simulator.Text(status, "Too many items in the query")
		}}
		client := simulated(t, server)
		if _, err := client.LookMany(t.Context(), files(sha1, other)); !errors.Is(err, want) {
			t.Errorf("LookMany refused with %d: %v, want %v", status, err, want)
		}
		if _, err := client.Look(t.Context(), file(sha1)); err != nil {
			t.Errorf("Look: %v", err)
		}
	}
}
