package dataset_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/verdict"
)

// objects has one object of each kind.
func objects() map[indicator.Kind]string {
	return map[indicator.Kind]string{
		indicator.File: strings.Repeat("c4", 32), indicator.URL: "http://quiet-harbor-metrics.com/a",
		indicator.Domain: "quiet-harbor-metrics.com", indicator.IP: "45.12.13.14",
	}
}

// TestReportsAreOfTheirClass builds reports of every kind, class and trait.
func TestReportsAreOfTheirClass(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		kind := rapid.SampledFrom(indicator.Kinds()).Draw(r, "kind")
		class := rapid.SampledFrom(verdict.Classes()).Draw(r, "class")
		traits := dataset.Trait(rapid.IntRange(0, 1<<11-1).Draw(r, "traits"))
		if class != verdict.ClassNoVerdict {
			traits &^= dataset.NoStats | dataset.NoCounts
		}
		if class == verdict.ClassUndetected || class == verdict.ClassNoVerdict {
			traits &^= dataset.OneMore // One that calls it harmless makes another class of it.
		}
		object := objects()[kind]
		if kind == indicator.File {
			object = fmt.Sprintf("%064x", rapid.Uint64().Draw(r, "file"))
		}
		recipe := dataset.Recipe{Kind: kind, Object: object, Class: class, Traits: traits}
		report := dataset.Report(recipe)
		if got := classOf(t, report != nil, report); got != class {
			r.Errorf("Report(%+v) is %s", recipe, got)
		}
		if again := dataset.Report(recipe); string(again) != string(report) {
			r.Errorf("Report(%+v) differs the second time", recipe)
		}
		if report != nil {
			if err := new(virustotal.Server).AddReport(report); err != nil {
				r.Errorf("Report(%+v): %v", recipe, err)
			}
		}
	})
}

// TestEnginesAddUp compares the counts with the engines behind them.
func TestEnginesAddUp(t *testing.T) {
	for kind, object := range objects() {
		for _, class := range verdict.Classes()[:5] {
			for name, traits := range map[string]dataset.Trait{"plain": 0, "one more": dataset.OneMore, "edge": dataset.Edge} {
				a := parse(t, dataset.Report(dataset.Recipe{Kind: kind, Object: object, Class: class, Traits: traits}))
				counted := verdict.Counts{}
				for key, engine := range a.Results {
					counted[engine.Category]++
					if key != engine.Name {
						t.Errorf("%s: engine %q under %q", kind, engine.Name, key)
					}
				}
				if traits.Has(dataset.OneMore) {
					counted[verdict.Harmless]++
				}
				want := map[bool]int{true: 72, false: 94}[kind == indicator.File]
				if len(a.Results) != want {
					t.Errorf("%s %s: %d engines, want %d", kind, class, len(a.Results), want)
				}
				for category, n := range a.Stats {
					if counted[category] != n {
						t.Errorf("%s %s %s: %d engines are %s, the counts say %d", kind, class, name, counted[category], category, n)
					}
				}
				if categories := map[bool]int{true: 8, false: 5}[kind == indicator.File]; len(a.Stats) != categories {
					t.Errorf("%s: %d categories, want %d", kind, len(a.Stats), categories)
				}
			}
		}
	}
}

// shapes maps the path of each member of a JSON document to its type. Maps whose keys are names count as one member.
func shapes(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		into[path] = "object"
		for key, member := range v {
			if named(path) {
				key = "*"
			}
			shapes(path+"/"+key, member, into)
		}
	case []any:
		into[path] = "array"
		for _, member := range v {
			shapes(path+"/0", member, into)
		}
	case nil: // Anything may be null.
	default:
		into[path] = fmt.Sprintf("%T", v)
	}
}

func named(path string) bool {
	switch strings.TrimPrefix(path, "/data/attributes/") {
	case "last_analysis_results", "categories", "popularity_ranks", "sandbox_verdicts", "sigma_analysis_summary",
		"last_http_response_headers", "last_http_response_cookies", "exiftool":
		return true
	}
	return false
}

// TestShapesAreRecorded compares every member of the demo's reports with those of the recorded ones.
func TestShapesAreRecorded(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "samples", "virustotal")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the recorded responses are required in CI: %v", err)
		}
		t.Skip("no recorded responses beside the checkout")
	}
	recorded, always := recordedShapes(t, dir)
	for kind, object := range objects() {
		members := map[string]string{}
		report := dataset.Report(dataset.Recipe{Kind: kind, Object: object, Class: verdict.ClassMalicious})
		shapes("", decode(t, report), members)
		for path := range always[kind] {
			if members[path] == "" {
				t.Errorf("a plain %s has no %s, which every recorded one has", kind, path)
			}
		}
	}
	for _, it := range dataset.Demo() {
		if it.Report == nil {
			continue
		}
		report, err := virustotal.ParseReport(it.Report)
		if err != nil {
			t.Fatal(err)
		}
		members := map[string]string{}
		shapes("", decode(t, it.Report), members)
		for path, typ := range members {
			types, known := recorded[report.Kind][path]
			if list, ok := strings.CutSuffix(path, "/0"); ok && !known && recorded[report.Kind][list] != "" {
				continue // A list that is empty in every recording.
			}
			if !known {
				t.Errorf("%s: no recorded %s has %s", it.Value, report.Kind, path)
			} else if !strings.Contains(types, typ) {
				t.Errorf("%s: %s is a %s, recorded as %s", it.Value, path, typ, types)
			}
		}
	}
}

// recordedShapes are the types of each member by the service's kind, and by ours the attributes that no recording lacks.
func recordedShapes(t *testing.T, dir string) (all map[virustotal.Kind]map[string]string, always map[indicator.Kind]map[string]bool) {
	t.Helper()
	reports, _, err := virustotal.Reports(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, always = map[virustotal.Kind]map[string]string{}, map[indicator.Kind]map[string]bool{}
	for _, report := range reports {
		one, kind := map[string]string{}, ours(report.Kind)
		shapes("", decode(t, report.Raw), one)
		if all[report.Kind] == nil {
			all[report.Kind], always[kind] = map[string]string{}, map[string]bool{}
			for path := range one {
				always[kind][path] = strings.Count(path, "/") <= strings.Count("/data/attributes/name", "/")
			}
		}
		for path, typ := range one {
			all[report.Kind][path] += " " + typ
		}
		maps.DeleteFunc(always[kind], func(path string, top bool) bool { return !top || one[path] == "" })
	}
	return all, always
}

func ours(kind virustotal.Kind) indicator.Kind {
	if kind == virustotal.IPAddress {
		return indicator.IP
	}
	return indicator.Kind(kind)
}

func decode(t *testing.T, body []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
