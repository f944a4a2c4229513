package repocheck_test

// layers is the order of the rooms, lower ones first: domain <- wire <- streams
// and clients <- services <- commands, and who alone may hold the heavy things.
func layers() []layer {
	const (
		module    = "vtq.internal/"
		shared    = module + "shared/"
		services  = module + "services/"
		indicator = shared + "indicator/..."
		verdict   = shared + "verdict/..."
		fault     = shared + "fault/..."
		wire      = shared + "wire/..."
		testkit   = shared + "testkit/..."
		simulator = shared + "simulator/..."
		producer  = services + "producer/..."
		lookup    = services + "lookup/..."
		writer    = services + "writer/..."
		command   = services + "vtq/..."
		idna      = "golang.org/x/net/idna"
		unicode   = "golang.org/x/text/..." // what idna is built from
	)
	return []layer{
		{
			who:    []string{indicator, verdict, fault},
			only:   []string{indicator, verdict, fault, idna, unicode},
			reason: "the domain is pure, so that what an indicator or a verdict means can be read, tested and fuzzed without anything running",
		},
		{
			who:    []string{wire},
			only:   []string{indicator, verdict, fault, wire, idna, unicode},
			reason: "messages outlive every library, and whoever reads them must not need a client of anything",
		},
		{
			who:    []string{shared + "..."},
			never:  []string{services + "...", module + "scripts/..."},
			tests:  true,
			reason: "shared is what services speak, and it knows none of them",
		},
		{
			who:    []string{producer},
			never:  []string{lookup, writer, command},
			tests:  true,
			reason: "stages meet in shared/wire alone, so that each is released, scaled and replaced by itself",
		},
		{
			who:    []string{lookup},
			never:  []string{producer, writer, command},
			tests:  true,
			reason: "stages meet in shared/wire alone, so that each is released, scaled and replaced by itself",
		},
		{
			who:    []string{writer},
			never:  []string{producer, lookup, command},
			tests:  true,
			reason: "stages meet in shared/wire alone, so that each is released, scaled and replaced by itself",
		},
		{
			who:    []string{shared + "...", services + "..."},
			except: []string{testkit, command},
			never:  []string{"github.com/nats-io/nats-server/v2/..."},
			reason: "a stage is a client of NATS, and a server inside it would be a second authority; vtq alone embeds one",
		},
		{
			who:    []string{module + "..."},
			except: []string{services + "lookup/internal/breaker"},
			never:  []string{"github.com/sony/gobreaker/v2/..."},
			direct: true,
			tests:  true,
			reason: "what opens the breaker is decided in services/lookup/internal/breaker, once",
		},
		{
			who:    []string{module + "..."},
			except: []string{shared + "telemetry"},
			never:  []string{"go.opentelemetry.io/..."},
			direct: true,
			reason: "what is in a span, and what never is, is decided in shared/telemetry, once",
		},
		{
			who:    []string{shared + "...", services + "..."},
			except: []string{testkit},
			never:  []string{testkit},
			reason: "test kit stays out of what is shipped",
		},
		{
			who:    []string{services + "..."},
			never:  []string{"testing"},
			reason: "what is shipped carries no test machinery, neither ours nor anybody else's",
		},
		{
			who:    []string{shared + "...", services + "..."},
			except: []string{simulator, testkit, command},
			never:  []string{simulator},
			reason: "of what is shipped, only vtq simulates: no stage may ever mistake made-up verdicts for real ones",
		},
	}
}
