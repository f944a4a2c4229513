package provider

import (
	"slices"
	"strings"

	"vtq.internal/shared/indicator"
)

// Names of providers, as they stand in subjects, settings and metrics. None has a hyphen, which parts them in the name of a route.
const (
	VirusTotal    = "virustotal"
	ReversingLabs = "reversinglabs"
	Compatible    = "compatible"
)

// Names lists all providers that there are.
func Names() []string { return []string{VirusTotal, ReversingLabs, Compatible} }

// Title is how a person reads a provider's name: before attributes, and as their source.
func Title(name string) string {
	switch name {
	case VirusTotal:
		return "VirusTotal"
	case ReversingLabs:
		return "ReversingLabs"
	case Compatible:
		return "Compatible"
	}
	return name
}

// Kinds lists what a provider answers unless the settings say otherwise.
func Kinds(name string) []indicator.Kind {
	if name == VirusTotal {
		return indicator.Kinds()
	}
	return []indicator.Kind{indicator.File, indicator.URL}
}

// A Route is an ordered list of providers, first asked first.
type Route struct {
	Name      string // A Token of package wire.
	Providers []string
}

// RouteOf makes the route of providers.
func RouteOf(providers ...string) Route {
	return Route{Name: strings.Join(providers, separator), Providers: providers}
}

const separator = "-"

// ParseRoute reads the name of a route. A provider that is not known stays in it: nobody here can ask it.
func ParseRoute(name string) Route { return RouteOf(strings.Split(name, separator)...) }

// A Policy says how many answers a kind gets.
type Policy string

// The policies.
const (
	First Policy = "first" // The first provider that can be asked.
	All   Policy = "all"   // Each provider.
)

// A Table has the routes of each kind. The zero value has none.
type Table struct{ routes map[indicator.Kind][]Route }

// NewTable makes the routes from the order of providers of each kind. A kind without any has no route: it is not asked about.
func NewTable(orders map[indicator.Kind][]string, policy Policy) Table {
	t := Table{routes: map[indicator.Kind][]Route{}}
	for kind, providers := range orders {
		switch {
		case len(providers) == 0:
		case policy == All:
			for _, name := range providers {
				t.routes[kind] = append(t.routes[kind], RouteOf(name))
			}
		default:
			t.routes[kind] = []Route{RouteOf(providers...)}
		}
	}
	return t
}

// Only is the table of a site with one provider.
func Only(name string) Table {
	orders := map[indicator.Kind][]string{}
	for _, kind := range Kinds(name) {
		orders[kind] = []string{name}
	}
	return NewTable(orders, First)
}

// Of gives the routes of a kind; none when nobody answers it.
func (t Table) Of(kind indicator.Kind) []Route { return t.routes[kind] }

// Kinds lists the kinds that somebody answers.
func (t Table) Kinds() []indicator.Kind {
	kinds := []indicator.Kind{}
	for _, kind := range indicator.Kinds() {
		if len(t.routes[kind]) > 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Routes lists the routes of all kinds, each once.
func (t Table) Routes() []Route {
	var all []Route
	for _, kind := range indicator.Kinds() {
		for _, route := range t.routes[kind] {
			if !slices.ContainsFunc(all, func(r Route) bool { return r.Name == route.Name }) {
				all = append(all, route)
			}
		}
	}
	return all
}

// RouteNames lists the names of the routes, as a topology takes them.
func (t Table) RouteNames() []string {
	var names []string
	for _, route := range t.Routes() {
		names = append(names, route.Name)
	}
	return names
}
