package vtq_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	tqsim "vtq.internal/shared/simulator/threatq"
)

// A waypoint is a message to NATS, or a request to one of the services, by which a pipeline gets on.
type waypoint struct {
	published func(publication) bool
	asked     func(*http.Request) bool
	writes    bool // It is the writer's, which takes others in another mode.
}

// steps are all of them, on the way of an indicator. A test dies before and after each: before the other side hears of it, or when it
// has taken effect and the answer is lost.
func waypoints() map[string]waypoint {
	return map[string]waypoint{
		"a page is read":                    {asked: func(r *http.Request) bool { return r.Pattern == tqsim.EndpointQuery }},
		"a job is published":                {published: under("vtq.job.")},
		"the cursor moves":                  {published: under("$KV.vtq_state.cursor.")},
		"a slot is taken":                   {published: slot},
		"the day is charged":                {published: under("vtq.spend.")},
		"the provider is asked":             {asked: lookedUp},
		"an alias is published":             {published: under("vtq.alias.")},
		"a verdict is published":            {published: under("vtq.verdict.")},
		"lookup acknowledges":               {published: acknowledged("VTQ_JOBS")},
		"an entry of the ledger is claimed": {published: func(m publication) bool { return under("vtq.written.")(m) && claims(m) }, writes: true},
		"ThreatQ is written":                {asked: written, writes: true},
		"an entry of the ledger is kept":    {published: func(m publication) bool { return under("vtq.written.")(m) && !claims(m) }, writes: true},
		"the writer acknowledges":           {published: acknowledged("VTQ_VERDICTS"), writes: true},
	}
}

func under(prefix string) func(publication) bool {
	return func(m publication) bool { return strings.HasPrefix(m.subject, prefix) }
}

// slot tells a permit of the window from the holds and leases beside it.
func slot(m publication) bool {
	last := m.subject[strings.LastIndexByte(m.subject, '.')+1:]
	return under("vtq.quota.")(m) && strings.Trim(last, "0123456789") == ""
}

func acknowledged(stream string) func(publication) bool {
	return func(m publication) bool { return under("$JS.ACK."+stream+".")(m) && string(m.body) == "+ACK" }
}

func claims(m publication) bool { return bytes.Contains(m.body, []byte(`"claim"`)) }

// lookedUp tells the requests that cost something from that for the quota itself.
func lookedUp(r *http.Request) bool { return !strings.Contains(r.URL.Path, "/users/") }

// written tells the requests that change an indicator, in whichever way.
func written(r *http.Request) bool {
	return r.Method != http.MethodGet && (r.PathValue("id") != "" || strings.HasPrefix(r.URL.Path, "/api/indicators/consume"))
}

// A demise is the end of a process at the n-th time that it comes to a step.
type demise struct {
	step   string
	nth    int
	ending ending
}

func (d demise) String() string {
	when := map[ending]string{diesBefore: "before", diesAfter: "after"}[d.ending]
	return fmt.Sprintf("%s %s, number %d", when, d.step, d.nth)
}

// byRows is the way to write to ThreatQ that is tested in full; in other ways only what the writer does is another.
const byRows = "attributes"

// writeModes are the settings of each way to write to ThreatQ. Rows are compared with those that the same way comes to undisturbed.
func writeModes() map[string][]string {
	return map[string][]string{byRows: nil, "bulk": {"VTQ_WRITE_MODE=bulk"}}
}

// TestADeathAtAnyStepChangesNothing has the process die once, at each step, and another go on with what it left behind.
func TestADeathAtAnyStepChangesNothing(t *testing.T) {
	for mode, settings := range writeModes() {
		want := undisturbed(t, settings)
		for _, name := range slices.Sorted(maps.Keys(waypoints())) {
			if mode != byRows && !waypoints()[name].writes {
				continue
			}
			for _, ending := range []ending{diesBefore, diesAfter} {
				d := demise{name, 2, ending} // In the middle: one thing is done, and others wait.
				t.Run(mode+"/"+d.String(), func(t *testing.T) {
					inMorgue(t, func(m *morgue) {
						m.fill()
						if !m.dies(d) {
							t.Error("it never came to that step")
						}
						m.goesOn(want)
					}, settings)
				})
			}
		}
	}
}

// TestAnySeriesOfDeathsChangesNothing has rapid draw where each of up to five processes dies, one after the other.
func TestAnySeriesOfDeathsChangesNothing(t *testing.T) {
	deaths := rapid.Custom(func(t *rapid.T) demise {
		return demise{
			step:   rapid.SampledFrom(slices.Sorted(maps.Keys(waypoints()))).Draw(t, "step"),
			nth:    rapid.IntRange(1, 8).Draw(t, "nth"),
			ending: rapid.SampledFrom([]ending{diesBefore, diesAfter}).Draw(t, "ending"),
		}
	})
	for mode, settings := range writeModes() {
		want := undisturbed(t, settings)
		t.Run(mode, func(t *testing.T) {
			few(t, 8)
			rapid.Check(t, func(r *rapid.T) {
				series := rapid.SliceOfN(deaths, 1, 5).Draw(r, "deaths")
				ok := t.Run(fmt.Sprint(series), func(t *testing.T) {
					inMorgue(t, func(m *morgue) {
						m.fill()
						for _, d := range series {
							m.dies(d)
						}
						m.goesOn(want)
					}, settings)
				})
				if !ok {
					r.Fatal("rows, requests or letters differ: see above")
				}
			})
		})
	}
}

// few has rapid check so many cases, unless the command line says how many: each is a pipeline with its server.
func few(t *testing.T, n int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks == nil || checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) }) // It was good before.
}
