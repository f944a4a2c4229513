package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
)

const (
	nameProviders = "providers"
	nameRoutes    = "routes"
)

// reachProviders tries every provider in use, each in a way that costs nothing.
func reachProviders(ctx context.Context, environ []string) []Result {
	var s config.Providers
	if err := config.Load(environ, &s); err != nil {
		return untried(nameProviders, misconfigured)
	}
	var results []Result
	if name := s.VirusTotal.Endpoint.Name(); s.Routing.Uses(name) {
		if name == provider.VirusTotal {
			results = append(results, reachVirusTotal(ctx, s.VirusTotal))
		} else {
			results = append(results, knock(ctx, doorOf(s.VirusTotal)))
		}
	}
	if !s.Beside() {
		return results
	}
	if s.ReversingLabs.User != "" {
		results = append(results, reachNative(ctx, s.ReversingLabs))
	}
	if s.ReversingLabs.APIKey.IsSet() {
		results = append(results, knock(ctx, doorBeside(s.ReversingLabs)))
	}
	return results
}

// routes tells who is asked about what, and what nobody is asked about.
func routes(_ context.Context, environ []string) []Result {
	const tried = "reading VTQ_PROVIDERS, VTQ_ROUTES and VTQ_ROUTE_POLICY"
	var s config.Routing
	if err := config.Load(environ, &s); err != nil {
		return untried(nameRoutes, misconfigured)
	}
	table := s.Table()
	result := Result{Check: nameRoutes, State: OK, Tried: tried, Found: spell(table)}
	var without []string
	for _, kind := range indicator.Kinds() {
		if !slices.Contains(table.Kinds(), kind) {
			without = append(without, string(kind))
		}
	}
	if len(without) > 0 {
		result.State = Note
		result.Mend = fmt.Sprintf("nobody answers %s: such indicators are skipped as unsupported_type; "+
			"VirusTotal answers every kind, where VT_API_KEY, VT_KINDS and VTQ_PROVIDERS put it into use", strings.Join(without, ", "))
	}
	return []Result{result}
}

// spell has the kinds that go the same way together: "file, url: ReversingLabs, then VirusTotal; domain, ip: VirusTotal".
func spell(table provider.Table) string {
	var ways []string
	kinds := map[string][]string{}
	for _, kind := range table.Kinds() {
		way := wayOf(table.Of(kind))
		if kinds[way] == nil {
			ways = append(ways, way)
		}
		kinds[way] = append(kinds[way], string(kind))
	}
	for i, way := range ways {
		ways[i] = strings.Join(kinds[way], ", ") + ": " + way
	}
	return strings.Join(ways, "; ")
}

// wayOf words the routes of a kind: those of one are asked in turn, several are asked all.
func wayOf(routes []provider.Route) string {
	var all []string
	for _, route := range routes {
		var turn []string
		for _, name := range route.Providers {
			turn = append(turn, provider.Title(name))
		}
		all = append(all, strings.Join(turn, ", then "))
	}
	return strings.Join(all, " and ")
}
