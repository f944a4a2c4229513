package virustotal_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/simulator/spoil"
	simulator "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// simulated serves a simulator on loopback and returns a client of it.
func simulated(t *testing.T, server *simulator.Server, changes ...func(*virustotal.Config)) *virustotal.Client {
	t.Helper()
	loopback := httptest.NewServer(server)
	t.Cleanup(loopback.Close)
	transport, err := rest.NewTransport(rest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	changes = append([]func(*virustotal.Config){func(c *virustotal.Config) {
		c.BaseURL, c.APIKey, c.Transport = loopback.URL+"/api/v3", simulator.DefaultKey, transport
	}}, changes...)
	return newClient(t, nil, changes...)
}

// unlimited is a simulator whose key has no limits.
func unlimited(t *testing.T, reports ...string) *simulator.Server {
	t.Helper()
	server := &simulator.Server{Keys: map[string]simulator.Key{simulator.DefaultKey: {}}}
	for _, report := range reports {
		if err := server.AddReport([]byte(report)); err != nil {
			t.Fatalf("AddReport(%s): %v", report, err)
		}
	}
	return server
}

const emptyReport = `{"data":{"type":"file","id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attributes":{
	"md5":"d41d8cd98f00b204e9800998ecf8427e","sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709",
	"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"last_analysis_stats":{"malicious":0,"undetected":60}}}}`

func TestAgainstTheSimulator(t *testing.T) {
	server := unlimited(t, emptyReport,
		`{"data":{"type":"url","id":"x","attributes":{"url":"http://lure.example.com/","last_analysis_stats":{"malicious":7}}}}`,
		`{"data":{"type":"domain","id":"example.com","attributes":{"last_analysis_stats":{"harmless":7}}}}`,
		`{"data":{"type":"ip_address","id":"2001:db8::1","attributes":{"last_analysis_stats":{"suspicious":7}}}}`,
	)
	client := simulated(t, server)
	cases := map[string]struct {
		object indicator.Object
		found  bool
	}{
		"a file by its MD5":     {emptyMD5(), true},
		"a file by its SHA-1":   {emptySHA1(), true},
		"a file by its SHA-256": {emptySHA256(), true},
		"a URL, canonicalised":  {indicator.Object{Kind: indicator.URL, Value: "http://LURE.example.com:80"}, true},
		"a domain":              {indicator.Object{Kind: indicator.Domain, Value: "example.com"}, true},
		"an address":            {indicator.Object{Kind: indicator.IP, Value: "2001:db8::1"}, true},
		"an unknown file":       {indicator.Object{Kind: indicator.File, Value: strings.Repeat("0", 64)}, false},
		"an unknown URL":        {indicator.Object{Kind: indicator.URL, Value: "http://unknown.example.com/?~~~"}, false},
		"an unknown domain":     {indicator.Object{Kind: indicator.Domain, Value: "unknown.example.com"}, false},
		"an unknown address":    {address(), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v, err := client.Look(t.Context(), c.object)
			if err != nil || v.Found != c.found || (v.Counts != nil) != c.found {
				t.Errorf("Look(%v) = %+v, %v; want found %t", c.object, v, err, c.found)
			}
		})
	}
	if got := server.Lookups(); got != len(cases) {
		t.Errorf("the simulator counted %d look-ups, want %d", got, len(cases))
	}
}

func TestSimulatedFailures(t *testing.T) {
	cases := map[string]struct {
		fail   func() *simulator.Fault
		change func(*virustotal.Config)
		want   fault.Kind
	}{
		"503":              {simulator.Transient, nil, fault.Transient},
		"504":              {simulator.DeadlineExceeded, nil, fault.Transient},
		"502 page":         {simulator.BadGateway, nil, fault.Transient},
		"429":              {simulator.TooManyRequests, nil, fault.Quota},
		"empty":            {spoil.Empty, nil, fault.Transient},
		"cut short":        {spoil.Truncated, nil, fault.Transient},
		"of another type":  {spoil.WrongContentType, nil, fault.Transient},
		"reset":            {spoil.ConnectionReset, nil, fault.Transient},
		"too large":        {func() *simulator.Fault { return spoil.HugeBody(virustotal.MaxBody) }, nil, fault.Permanent},
		"too slow":         {func() *simulator.Fault { return spoil.SlowBody(time.Hour) }, func(c *virustotal.Config) { c.Timeout = 50 * time.Millisecond }, fault.Transient},
		"a wrong key":      {nil, func(c *virustotal.Config) { c.APIKey = key }, fault.Denied},
		"a wrong base URL": {nil, func(c *virustotal.Config) { c.BaseURL += "/v3" }, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := unlimited(t, emptyReport)
			server.Fail = func(*http.Request) *simulator.Fault {
				if c.fail == nil {
					return nil
				}
				return c.fail()
			}
			if c.change == nil {
				c.change = func(*virustotal.Config) {}
			}
			_, err := simulated(t, server, c.change).Look(t.Context(), emptyMD5())
			if got := fault.KindOf(err); got != c.want {
				t.Errorf("Look: %v (%v), want %v", err, got, c.want)
			}
			clienttest.AssertNoLeak(t, err, key, simulator.DefaultKey, emptyMD5().Value)
		})
	}
}

func TestSimulatedQuota(t *testing.T) {
	client := simulated(t, &simulator.Server{RetryAfter: simulator.RetryAfterSeconds})
	for range 4 {
		v, err := client.Look(t.Context(), emptyMD5())
		if err != nil || v.Found || v.Counts.Provided(verdict.Malicious) {
			t.Fatalf("Look = %+v, %v; want not found", v, err)
		}
	}
	_, err := client.Look(t.Context(), emptyMD5())
	if wait := fault.RetryAfter(err); fault.KindOf(err) != fault.Quota || wait <= 0 || wait > time.Minute {
		t.Errorf("the fifth Look in a minute: %v (%v, wait %v), want quota and up to a minute", err, fault.KindOf(err), wait)
	}
	quotas, err := client.Quotas(t.Context())
	if err != nil || quotas.Daily == nil || *quotas.Daily != (virustotal.Allowance{Allowed: 500, Used: 4}) || quotas.Hourly.Allowed != 240 {
		t.Errorf("Quotas = %+v, %v; want 4 of 500, and 240 an hour", quotas.Daily, err)
	}
}
