package monitoring_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/monitoring"
)

const (
	files    = "../../../deployments/helm/vtq/monitoring/"
	runbooks = "../../../deployments/runbooks/"
	index    = "README.md"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func catalogue(t *testing.T) monitoring.Catalogue {
	t.Helper()
	all, err := monitoring.ReadCatalogue(read(t, files+"metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func alerts(t *testing.T) []monitoring.Alert {
	t.Helper()
	all, err := monitoring.ReadRules([]byte(read(t, files+"rules.yaml")))
	if err != nil || len(all) == 0 {
		t.Fatalf("%d rules: %v", len(all), err)
	}
	return all
}

func dashboards(t *testing.T) map[string]monitoring.Dashboard {
	t.Helper()
	paths, err := filepath.Glob(files + "dashboards/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d dashboards: %v", len(paths), err)
	}
	all := map[string]monitoring.Dashboard{}
	for _, path := range paths {
		d, err := monitoring.ReadDashboard([]byte(read(t, path)))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[filepath.Base(path)] = d
	}
	return all
}

func TestAlertsSpeakOfWhatThereIs(t *testing.T) {
	c := catalogue(t)
	for _, a := range alerts(t) {
		for _, complaint := range a.Check(c) {
			t.Errorf("%s %s", a.Alert, complaint)
		}
	}
	for _, name := range monitoring.Bare(read(t, files+"rules.yaml")) {
		t.Errorf("%s has no comment above it that explains its expression", name)
	}
}

// TestEveryAlertIsSeenToFire goes by rule, not by name: of several with one name each has to fire, as itself alone.
func TestEveryAlertIsSeenToFire(t *testing.T) {
	fires, silent, err := monitoring.Fires([]byte(read(t, files+"rules_test.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	all, names, seen := alerts(t), silent, map[int]bool{}
	for _, fired := range fires {
		names = append(names, fired.Alert)
		var who []int
		for i, a := range all {
			if a.Told(fired) {
				who = append(who, i)
			}
		}
		if len(who) == 1 {
			seen[who[0]] = true
		}
	}
	for i, a := range all {
		if !seen[i] {
			t.Errorf("no test of rules_test.yaml expects this rule of %s to fire: %s", a.Alert, a.Expr)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(a monitoring.Alert) bool { return a.Alert == name }) {
			t.Errorf("rules_test.yaml tests %s, which is no alert", name)
		}
	}
}

func TestEveryAlertHasARunbook(t *testing.T) {
	list := read(t, runbooks+index)
	var names []string
	for _, a := range alerts(t) {
		names = append(names, a.Alert+".md")
		for _, complaint := range monitoring.CheckRunbook(a.Alert, read(t, runbooks+a.Alert+".md")) {
			t.Errorf("the runbook of %s %s", a.Alert, complaint)
		}
		if !strings.Contains(list, "("+a.Alert+".md)") {
			t.Errorf("the index of runbooks does not lead to %s.md", a.Alert)
		}
	}
	entries, err := os.ReadDir(runbooks)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != index && !slices.Contains(names, name) {
			t.Errorf("%s is the runbook of no alert", name)
		}
	}
}

func TestDashboardsShowWhatThereIs(t *testing.T) {
	c, uids := catalogue(t), map[string]string{}
	for file, d := range dashboards(t) {
		for _, complaint := range d.Check(c) {
			t.Errorf("%s: %s", file, complaint)
		}
		if other, taken := uids[d.UID]; taken {
			t.Errorf("%s and %s have the uid %s", file, other, d.UID)
		}
		uids[d.UID] = file
		if d.UID+".json" != file {
			t.Errorf("%s has the uid %s, want its file's name", file, d.UID)
		}
	}
}

// TestEveryMetricIsLookedAt has none that nobody reads: it would cost memory in every Prometheus, and tell nobody anything.
func TestEveryMetricIsLookedAt(t *testing.T) {
	looked := map[string]bool{}
	note := func(expression string) {
		for _, series := range monitoring.Series(expression) {
			for _, suffix := range []string{"", "_bucket", "_sum", "_count"} {
				looked[strings.TrimSuffix(series, suffix)] = true
			}
		}
	}
	for _, a := range alerts(t) {
		note(a.Expr)
	}
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				note(target.Expr)
			}
		}
	}
	for name := range catalogue(t) {
		if !looked[name] {
			t.Errorf("no alert and no panel reads %s", name)
		}
	}
}

// TestStreamsAreCalledSo holds the names that expressions may ask for to those of the code.
func TestStreamsAreCalledSo(t *testing.T) {
	topology := read(t, "../../../shared/stream/topology.go")
	for _, name := range catalogue(t)["jetstream_stream_total_messages"].Labels["stream_name"] {
		if !strings.Contains(topology, `= "`+name+`"`) {
			t.Errorf("no stream is called %s", name)
		}
	}
}
