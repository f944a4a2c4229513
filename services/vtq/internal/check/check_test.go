package check_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/simulation"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// An expectation is one result: its check and state, and a part of what it says.
type expectation struct {
	check string
	state check.State
	says  string
}

// expect makes the checks, and compares what they find with what is expected, in this order.
func expect(t *testing.T, environ []string, want ...expectation) {
	t.Helper()
	got := slices.Collect(check.All(t.Context(), environ))
	for i, result := range got {
		if result.Tried == "" || result.Found == "" || result.State == check.Failed && result.Mend == "" {
			t.Errorf("result %+v: want what was tried, what was found and, of a failure, how to mend it", result)
		}
		if i >= len(want) {
			t.Errorf("unexpected result %+v", result)
			continue
		}
		if said := result.Found + " -> " + result.Mend; result.Check != want[i].check || result.State != want[i].state || !strings.Contains(said, want[i].says) {
			t.Errorf("result %d = %+v, want %+v", i, result, want[i])
		}
	}
	if len(got) < len(want) {
		t.Errorf("%d results, want %d", len(got), len(want))
	}
}

// good is what everything says that is well.
func good() []expectation {
	return []expectation{
		{"configuration", check.OK, "complete"},
		{"NATS", check.OK, "vtq up starts it"},
		{"ThreatQ", check.OK, `known there as "vtq"`},
		{"indicators", check.OK, "200 can be read"},
		{"routes", check.OK, "file, url, domain, ip: VirusTotal"},
		{"VirusTotal", check.OK, "the key works: 0 of 240 used this hour; 0 of 500 used today; 0 used this month, without a limit"},
	}
}

// but replaces the last expectations about a check.
func but(name string, instead ...expectation) []expectation {
	all := slices.DeleteFunc(good(), func(e expectation) bool { return e.check == name })
	i := slices.IndexFunc(good(), func(e expectation) bool { return e.check == name })
	return slices.Insert(all, i, instead...)
}

// world is the environment of simulators that run until the test ends.
func world(t *testing.T, seeds []simulation.Seed) []string {
	t.Helper()
	_, env := simulated(t, simulation.Options{PerMinute: 4, PerDay: 500}, seeds)
	return env
}

// simulated runs simulators until the test ends, and gives their environment.
func simulated(t *testing.T, o simulation.Options, seeds []simulation.Seed) (*simulation.Simulation, []string) {
	t.Helper()
	sim, err := simulation.Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Fill(seeds); err != nil {
		t.Fatal(err)
	}
	if _, err := sim.ThreatQ.AddCollection("Suspicious hashes", `{"filters":{"+and":[{"type_name":"MD5"}]}}`); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(t.Context()) }() // Its end comes before the cleanups.
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Errorf("the simulation ended with %v, want nil", err)
		}
	})
	return sim, append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir())
}

func TestAllIsWell(t *testing.T) {
	expect(t, world(t, simulation.Synthetic()), good()...)
}

func TestEveryComplaintIsAResult(t *testing.T) {
	expect(t, []string{"VTQ_POLL=never", "VTQ_PALL=1m", "VTQ_DATA_DIR=" + t.TempDir()},
		expectation{"configuration", check.Wrong, "THREATQ_URL: must be set"},
		expectation{"configuration", check.Wrong, "THREATQ_CLIENT_ID: must be set"},
		expectation{"configuration", check.Wrong, "VT_API_KEY: must be set"},
		expectation{"configuration", check.Wrong, "(got \"never\") -> set all of these"},
		expectation{"configuration", check.Note, "VTQ_PALL: no such variable"},
		expectation{"NATS", check.OK, "vtq up starts it"},
		expectation{"ThreatQ", check.Note, "its configuration is wrong"},
		expectation{"routes", check.OK, "file, url, domain, ip: VirusTotal"},
		expectation{"providers", check.Note, "its configuration is wrong"},
	)
}

func TestARequestThatOutlastsAShutdownIsANote(t *testing.T) {
	env := append(world(t, simulation.Synthetic()), "VT_TIMEOUT=25s")
	expect(t, env, but("configuration", expectation{"configuration", check.Note, "VT_TIMEOUT: should be below VTQ_SHUTDOWN_GRACE"})...)
}

func TestThreatQ(t *testing.T) {
	env := world(t, simulation.Synthetic())
	cases := map[string]struct {
		set  string
		want []expectation
	}{
		"a wrong secret": {"THREATQ_CLIENT_SECRET=wrong", []expectation{
			{"ThreatQ", check.Failed, "the login was refused"}, {"indicators", check.Note, "the login failed"},
		}},
		"nobody there": {"THREATQ_URL=" + closed(t), []expectation{
			{"ThreatQ", check.Failed, "see whether ThreatQ is up"}, {"indicators", check.Note, "the login failed"},
		}},
		"a web page": {"THREATQ_URL=" + serve(t, http.NotFoundHandler()), []expectation{
			{"ThreatQ", check.Failed, "check THREATQ_URL"}, {"indicators", check.Note, "the login failed"},
		}},
		"a CA file of nothing": {"THREATQ_CA_FILE=check_test.go", []expectation{{"ThreatQ", check.Failed, "check THREATQ_CA_FILE"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := but("ThreatQ", c.want...)
			if len(c.want) == 1 || c.want[0].state == check.Failed {
				want = slices.DeleteFunc(want, func(e expectation) bool { return e.says == "200 can be read" })
			}
			expect(t, append(slices.Clone(env), c.set), want...)
		})
	}
}

func TestIndicators(t *testing.T) {
	env := world(t, simulation.Synthetic())
	expect(t, append(slices.Clone(env), "THREATQ_COLLECTION=suspicious hashes"), but("indicators", expectation{"indicators", check.OK, "can be read"})...)
	expect(t, append(slices.Clone(env), "THREATQ_COLLECTION=Others"),
		but("indicators", expectation{"indicators", check.Failed, `there are "Suspicious hashes"`})...)
	expect(t, world(t, nil), but("indicators", expectation{"indicators", check.Note, "there is none"})...)
}

func TestIndicatorsOfAFile(t *testing.T) {
	env := world(t, simulation.Synthetic())
	cases := map[string]struct {
		lines string
		want  expectation
	}{
		"ids and values": {"\ufeff# ours\n4711\n\n  quiet-harbor.com\t\r\n", expectation{"indicators", check.OK, "it names 2; whether"}},
		"none":           {"\ufeff# nothing yet\n \n", expectation{"indicators", check.Note, "it names no indicator -> write"}},
		"no text":        {strings.Repeat("x", 1<<17), expectation{"indicators", check.Failed, "check THREATQ_SELECTION_FILE"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "selection.txt")
			if err := os.WriteFile(path, []byte(c.lines), 0o600); err != nil {
				t.Fatal(err)
			}
			expect(t, append(slices.Clone(env), "THREATQ_SELECTION_FILE="+path), but("indicators", c.want)...)
		})
	}
}

func TestVirusTotal(t *testing.T) {
	env := world(t, simulation.Synthetic())
	cases := map[string]struct {
		set  string
		want expectation
	}{
		"a wrong key":           {"VT_API_KEY=wrong", expectation{"VirusTotal", check.Failed, "check VT_API_KEY"}},
		"nobody there":          {"VT_BASE_URL=" + closed(t), expectation{"VirusTotal", check.Failed, "check VT_BASE_URL"}},
		"no quota page":         {"VT_BASE_URL=" + serve(t, http.NotFoundHandler()), expectation{"VirusTotal", check.Note, "the first look-up"}},
		"more than is allowed":  {"VT_REQUESTS_PER_MINUTE=5", expectation{"VirusTotal", check.Note, "5 requests a minute are set, the key allows 4"}},
		"as much as is allowed": {"VT_REQUESTS_PER_MINUTE=4", expectation{"VirusTotal", check.OK, "the key works"}},
		"no limit set":          {"VT_REQUESTS_PER_MINUTE=0", expectation{"VirusTotal", check.Note, "no limit is set, the key allows 4"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, append(slices.Clone(env), c.set), but("VirusTotal", c.want)...)
		})
	}
}

func TestASpentDayIsSaid(t *testing.T) {
	sim := &vtsim.Server{Keys: map[string]vtsim.Key{vtsim.DefaultKey: {Limits: vtsim.Limits{Day: 1}}}}
	address := serve(t, sim)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/api/v3/files/"+strings.Repeat("a", 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Apikey", vtsim.DefaultKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	env := append(world(t, simulation.Synthetic()), "VT_BASE_URL="+address+"/api/v3")
	expect(t, env, but("VirusTotal", expectation{"VirusTotal", check.Note, "nothing is left"})...)
}

// closed is an address where nobody listens any more.
func closed(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
