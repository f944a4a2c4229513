package provider_test

import (
	"slices"
	"testing"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/wire"
)

// TestRoute holds every kind to a route that has a consumer and a provider, both of which can stand in subjects.
func TestRoute(t *testing.T) {
	for _, kind := range []indicator.Kind{indicator.File, indicator.URL, indicator.Domain, indicator.IP} {
		route, providers := provider.Route(kind)
		if !slices.Contains(provider.Routes(), route) {
			t.Errorf("Route(%v) = %q, which is none of %q", kind, route, provider.Routes())
		}
		if want := []string{provider.VirusTotal}; !slices.Equal(providers, want) {
			t.Errorf("Route(%v) asks %q, want %q", kind, providers, want)
		}
	}
	for _, name := range append(provider.Routes(), provider.VirusTotal) {
		if !wire.Token(name) {
			t.Errorf("%q cannot stand in a subject", name)
		}
	}
}
