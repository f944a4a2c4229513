package indicator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
)

// A key that changes here would orphan every verdict and ledger entry of every installation.
func TestKeyIsStableForEver(t *testing.T) {
	golden := []struct {
		object indicator.Object
		want   indicator.Key
	}{
		{indicator.Object{Kind: indicator.File, Value: "d41d8cd98f00b204e9800998ecf8427e"}, "f89a3035003e49364b0de2e7c8e14bd1"},
		{indicator.Object{Kind: indicator.URL, Value: "http://www.google.com/"}, "0ee8da392fdbb725a15b4a7ac2e03534"},
		{indicator.Object{Kind: indicator.Domain, Value: "xn--bcher-kva.example.com"}, "8a35fdc186122005f9ae8f62610e05f2"},
		{indicator.Object{Kind: indicator.IP, Value: "8.8.8.8"}, "229f86a750c4eab1c7af2dff33d54549"},
		{indicator.Object{Kind: indicator.IP, Value: "2001:4860:4860::8888"}, "83a05c4275a1c0edead56c153d49fd55"},
		{indicator.Object{}, "6e340b9cffb37a989ca544e6bb780a2c"},
	}
	for _, g := range golden {
		got := g.object.Key()
		if got != g.want {
			t.Errorf("%v.Key() = %v, want %v", g.object, got, g.want)
		}
		if back, err := indicator.ParseKey(string(got)); err != nil || back != got {
			t.Errorf("ParseKey(%q) = %q, %v, want it back", got, back, err)
		}
	}
}

func TestKeyTellsKindsApart(t *testing.T) {
	name := indicator.Object{Kind: indicator.Domain, Value: "8.8.8.8"}
	addr := indicator.Object{Kind: indicator.IP, Value: "8.8.8.8"}
	if name.Key() == addr.Key() {
		t.Errorf("%v and %v share the key %v, want two", name, addr, name.Key())
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good := strings.Repeat("0a", 16)
	for name, s := range map[string]string{
		"empty":      "",
		"short":      good[1:],
		"long":       good + "0",
		"upper case": strings.ToUpper(good),
		"not hex":    good[1:] + "g",
		"wildcard":   good[1:] + "*",
		"inner dot":  good[:15] + "." + good[16:],
	} {
		t.Run(name, func(t *testing.T) {
			key, err := indicator.ParseKey(s)
			if err == nil {
				t.Fatalf("ParseKey(%q) = %q, want an error", s, key)
			}
			if s != "" && strings.Contains(err.Error(), s) {
				t.Errorf("ParseKey(%q) error %q repeats its input", s, err)
			}
		})
	}
}

func TestIndicatorAndObjectAsJSON(t *testing.T) {
	in := struct {
		Indicator indicator.Indicator
		Object    indicator.Object
	}{
		indicator.Indicator{ID: 106767, Type: "IP Address", Value: "107.189.1.90"},
		indicator.Object{Kind: indicator.IP, Value: "107.189.1.90"},
	}
	want := `{"Indicator":{"id":106767,"type":"IP Address","value":"107.189.1.90"},` +
		`"Object":{"kind":"ip","value":"107.189.1.90"}}`
	got, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON differs (-want +got):\n%s", diff)
	}
}

func TestClosedLists(t *testing.T) {
	if got, want := len(indicator.Kinds()), 4; got != want {
		t.Errorf("len(Kinds()) = %d, want %d", got, want)
	}
	seen := map[indicator.Reason]bool{}
	for _, r := range indicator.Reasons() {
		if seen[r] || strings.Trim(string(r), "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("reason %q is double or no metric label", r)
		}
		seen[r] = true
	}
	if got, want := len(seen), 11; got != want {
		t.Errorf("len(Reasons()) = %d, want %d", got, want)
	}
}
