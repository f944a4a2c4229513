package check_test

import (
	"net/http"
	"slices"
	"testing"

	"vtq.internal/services/vtq/internal/check"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/wire"
)

// with is what everything says that is well, of other routes and providers.
func with(routes expectation, providers ...expectation) []expectation {
	return slices.Concat(good()[:4], []expectation{routes}, providers)
}

// What is said of ReversingLabs that is well.
func native() expectation { return expectation{"ReversingLabs", check.OK, "the user works"} }

func suite(key string) expectation {
	return expectation{"ReversingLabs", check.Note, "asks for a key -> whether it takes " + key + " shows at the first look-up"}
}

// inTurn are the routes of VirusTotal first.
func inTurn() expectation {
	return expectation{"routes", check.OK, "file, url: VirusTotal, then ReversingLabs; domain, ip: VirusTotal"}
}

func TestEveryProviderInUseIsTried(t *testing.T) {
	sim, env := simulated(t, simulation.Options{
		Providers: []string{provider.VirusTotal, provider.ReversingLabs}, PerMinute: 4, PerDay: 500,
	}, simulation.Synthetic())
	virusTotal := good()[len(good())-1]
	cases := map[string]struct {
		set  []string
		want []expectation
	}{
		"both":           {nil, with(inTurn(), virusTotal, native(), suite("RL_API_KEY"))},
		"by user alone":  {[]string{"RL_API_KEY="}, with(expectation{"routes", check.OK, "file: VirusTotal, then ReversingLabs; url, domain, ip: VirusTotal"}, virusTotal, native())},
		"by key alone":   {[]string{"RL_USER=", "RL_PASSWORD="}, with(inTurn(), virusTotal, suite("RL_API_KEY"))},
		"both, each":     {[]string{"VTQ_ROUTE_POLICY=all"}, with(expectation{"routes", check.OK, "file, url: VirusTotal and ReversingLabs; domain, ip"}, virusTotal, native(), suite("RL_API_KEY"))},
		"a single route": {[]string{"VTQ_ROUTES=url=reversinglabs"}, with(expectation{"routes", check.OK, "file: VirusTotal, then ReversingLabs; url: ReversingLabs; domain"}, virusTotal, native(), suite("RL_API_KEY"))},
		"one alone":      {[]string{"VTQ_PROVIDERS=reversinglabs"}, with(expectation{"routes", check.Note, "file, url: ReversingLabs -> nobody answers domain, ip: "}, native(), suite("RL_API_KEY"))},
		"a wrong route":  {[]string{"VTQ_ROUTES=url=nobody"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if want == nil {
				want = slices.Concat([]expectation{{"configuration", check.Wrong, "VTQ_ROUTES: wants providers that are in use"}, {"NATS", check.Note, "configuration is wrong"}},
					good()[2:4], []expectation{{"routes", check.Note, "configuration is wrong"}, {"providers", check.Note, "configuration is wrong"}})
			}
			expect(t, slices.Concat(env, c.set), want...)
		})
	}
	if sim.VirusTotal.Lookups() != 0 || sim.ReversingLabs.Billed() != 0 {
		t.Errorf("the checks cost %d look-ups of VirusTotal and %d of ReversingLabs, want none", sim.VirusTotal.Lookups(), sim.ReversingLabs.Billed())
	}
}

func TestReversingLabs(t *testing.T) {
	_, env := simulated(t, simulation.Options{Providers: []string{provider.VirusTotal, provider.ReversingLabs}, PerMinute: 4, PerDay: 500}, simulation.Synthetic())
	virusTotal := good()[len(good())-1]
	spent := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "used up", http.StatusTooManyRequests) }))
	cases := map[string]struct {
		set           string
		native, suite expectation
	}{
		"a wrong password":        {"RL_PASSWORD=wrong", expectation{"ReversingLabs", check.Failed, "check RL_USER and RL_PASSWORD"}, suite("RL_API_KEY")},
		"nobody there, natively":  {"RL_NATIVE_URL=" + closed(t), expectation{"ReversingLabs", check.Failed, "check RL_NATIVE_URL"}, suite("RL_API_KEY")},
		"a web page, natively":    {"RL_NATIVE_URL=" + serve(t, page()), expectation{"ReversingLabs", check.Failed, "check RL_NATIVE_URL"}, suite("RL_API_KEY")},
		"the contract is used up": {"RL_NATIVE_URL=" + spent, expectation{"ReversingLabs", check.Note, "look-ups wait until the quota is renewed"}, suite("RL_API_KEY")},
		"nobody there, the suite": {"RL_BASE_URL=" + closed(t), native(), expectation{"ReversingLabs", check.Failed, "check RL_BASE_URL, RL_PROXY and RL_CA_FILE"}},
		"no such path, the suite": {"RL_BASE_URL=" + serve(t, http.NotFoundHandler()), native(), expectation{"ReversingLabs", check.Note, "status 404, where a key should be asked for -> check RL_BASE_URL"}},
		"a CA file of nothing":    {"RL_CA_FILE=check_test.go", expectation{"ReversingLabs", check.Failed, "check RL_USER, RL_PASSWORD, RL_CA_FILE"}, expectation{"ReversingLabs", check.Failed, "check RL_CA_FILE and RL_PROXY"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			expect(t, append(slices.Clone(env), c.set), with(inTurn(), virusTotal, c.native, c.suite)...)
		})
	}
}

// page answers everything with a page for people, as a proxy does.
func page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Log in</title>"))
	})
}

func TestSomebodyInVirusTotalsPlace(t *testing.T) {
	_, env := simulated(t, simulation.Options{Providers: []string{provider.ReversingLabs}}, simulation.Synthetic())
	routes := expectation{"routes", check.Note, "file, url: ReversingLabs -> nobody answers domain, ip: "}
	expect(t, env, with(routes, suite("VT_API_KEY"))...)
	expect(t, append(slices.Clone(env), "VT_BASE_URL="+closed(t)),
		with(routes, expectation{"ReversingLabs", check.Failed, "check VT_BASE_URL, VT_PROXY and VT_CA_FILE"})...)
	expect(t, append(slices.Clone(env), "VT_PROVIDER=compatible", "VT_KINDS=file"), with(
		expectation{"routes", check.Note, "file: Compatible -> nobody answers url, domain, ip: "},
		expectation{"Compatible", check.Note, "whether it takes VT_API_KEY shows"})...)
}

// TestJobsOfAFormerRouteAreReported leaves jobs on the route that the settings had before.
func TestJobsOfAFormerRouteAreReported(t *testing.T) {
	_, both := simulated(t, simulation.Options{Providers: []string{provider.VirusTotal, provider.ReversingLabs}, PerMinute: 4, PerDay: 500}, simulation.Synthetic())
	server, both := runningServer(t, both)
	setUp(t, server, both)
	js := administrator(t, server)
	for i, route := range []string{"virustotal-reversinglabs", "virustotal-reversinglabs", "virustotal"} {
		object := indicator.Object{Kind: indicator.Domain, Value: "quiet-harbor.com"}
		at := wire.JobAddress{Lane: wire.Fresh, Route: route, Key: object.Key(), ID: int64(i + 1)}
		if _, err := js.Publish(t.Context(), at.Subject(), []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	connected := expectation{"NATS", check.OK, "connected"}
	fine := expectation{"streams", check.OK, "as they should be"}
	threatQ := good()[2:4]
	virusTotal := good()[len(good())-1]
	expect(t, both, slices.Concat(good()[:1], []expectation{connected, fine}, threatQ, []expectation{inTurn(), virusTotal, native(), suite("RL_API_KEY")})...)

	alone := append(slices.Clone(both), "VTQ_PROVIDERS=reversinglabs")
	drift := expectation{"streams", check.OK, "some are not there yet"}
	expect(t, alone, slices.Concat(good()[:1], []expectation{
		connected, drift,
		{"streams", check.Note, "1 on virustotal -> nobody in use can answer them: they wait until VTQ_PROVIDERS names virustotal again"},
		{"streams", check.Note, "2 on virustotal-reversinglabs -> they are answered all the same"},
	}, threatQ, []expectation{{"routes", check.Note, "nobody answers domain, ip"}, native(), suite("RL_API_KEY")})...)
}
