package crd_test

import (
	"strings"
	"testing"

	"vtq.internal/scripts/apiserver/crd"
)

func TestSourcesHoldTheirKinds(t *testing.T) {
	served := map[string]string{ // the version of each kind that the chart uses
		"podmonitors.monitoring.coreos.com":     "v1",
		"prometheusrules.monitoring.coreos.com": "v1",
		"scaledobjects.keda.sh":                 "v1alpha1",
		"triggerauthentications.keda.sh":        "v1alpha1",
	}
	for _, s := range crd.Sources() {
		definitions, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, definition := range definitions {
			spec := definition.Object["spec"].(map[string]any)
			first := spec["versions"].([]any)[0].(map[string]any)
			if got, want := first["name"], served[definition.GetName()]; got != want {
				t.Errorf("%s of %s has version %v, want %q", definition.GetName(), s.Module, got, want)
			}
			delete(served, definition.GetName())
		}
	}
	if len(served) > 0 {
		t.Errorf("no source holds %v", served)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*crd.Source)
		want   string
	}{
		"another sum":     {func(s *crd.Source) { s.Sum = "h1:AAAA" }, "want h1:AAAA"},
		"a missing file":  {func(s *crd.Source) { s.Files = []string{"none.yaml"} }, "none.yaml"},
		"a file of words": {func(s *crd.Source) { s.Files = []string{"README.md"} }, "README.md"},
		"no such version": {func(s *crd.Source) { s.Version = "v0.0.0-none" }, "fetching"},
	} {
		t.Run(name, func(t *testing.T) {
			s := crd.Sources()[0]
			c.change(&s)
			if _, err := s.Read(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read = %v, want an error with %q", err, c.want)
			}
		})
	}
}
