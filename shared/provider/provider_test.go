package provider_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/wire"
)

func TestTable(t *testing.T) {
	orders := map[indicator.Kind][]string{
		indicator.File: {provider.ReversingLabs, provider.VirusTotal}, indicator.URL: {provider.VirusTotal, provider.ReversingLabs},
		indicator.Domain: {provider.VirusTotal}, indicator.IP: nil,
	}
	cases := map[provider.Policy]struct{ file, url, domain, all []string }{
		provider.First: {
			[]string{"reversinglabs-virustotal"},
			[]string{"virustotal-reversinglabs"},
			[]string{"virustotal"},
			[]string{"reversinglabs-virustotal", "virustotal-reversinglabs", "virustotal"},
		},
		provider.All: {
			[]string{"reversinglabs", "virustotal"},
			[]string{"virustotal", "reversinglabs"},
			[]string{"virustotal"},
			[]string{"reversinglabs", "virustotal"},
		},
	}
	for policy, want := range cases {
		t.Run(string(policy), func(t *testing.T) {
			table := provider.NewTable(orders, policy)
			got := map[indicator.Kind][]string{}
			for _, kind := range indicator.Kinds() {
				for _, route := range table.Of(kind) {
					got[kind] = append(got[kind], route.Name)
				}
			}
			wanted := map[indicator.Kind][]string{indicator.File: want.file, indicator.URL: want.url, indicator.Domain: want.domain}
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("the routes are (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.all, table.RouteNames()); diff != "" {
				t.Errorf("RouteNames() (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]indicator.Kind{indicator.File, indicator.URL, indicator.Domain}, table.Kinds()); diff != "" {
				t.Errorf("Kinds() (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnly holds every provider to routes that can stand in subjects, for exactly the kinds that it answers.
func TestOnly(t *testing.T) {
	for _, name := range provider.Names() {
		table := provider.Only(name)
		if diff := cmp.Diff(provider.Kinds(name), table.Kinds()); diff != "" {
			t.Errorf("Only(%q).Kinds() (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]provider.Route{{Name: name, Providers: []string{name}}}, table.Routes()); diff != "" {
			t.Errorf("Only(%q).Routes() (-want +got):\n%s", name, diff)
		}
		if provider.Title(name) == name {
			t.Errorf("Title(%q) is the bare name", name)
		}
	}
}

func TestRouteOf(t *testing.T) {
	all := provider.RouteOf(provider.Names()...)
	if !wire.Token(all.Name) {
		t.Errorf("%q, the longest route, cannot stand in a subject", all.Name)
	}
	if diff := cmp.Diff(all, provider.ParseRoute(all.Name)); diff != "" {
		t.Errorf("ParseRoute(%q) (-want +got):\n%s", all.Name, diff)
	}
	if got := provider.ParseRoute("former"); len(got.Providers) != 1 || got.Providers[0] != "former" {
		t.Errorf("ParseRoute(former) = %v, want its one provider", got)
	}
}
