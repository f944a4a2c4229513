package chart_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the table of values into the chart's README")

// A row is one value of values.yaml that a user may set.
type row struct{ path, standard, comment string }

// rows reads values.yaml, where each key has its comment above it. Below a key whose children have none, such as resources, everything
// is one value.
func rows(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(open(t).Dir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return below(t, "", document.Content[0])
}

func below(t *testing.T, path string, mapping *yaml.Node) (all []row) {
	t.Helper()
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		var lines []string
		for line := range strings.Lines(key.HeadComment) {
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(line, "#")))
		}
		comment := strings.Join(lines, " ")
		if comment == "" || !strings.HasSuffix(comment, ".") {
			t.Errorf("values.yaml: %s has no sentence above it", name)
		}
		if value.Kind == yaml.MappingNode && len(value.Content) > 0 && value.Content[0].HeadComment != "" {
			all = append(all, row{path: name, comment: comment})
			all = append(all, below(t, name, value)...)
			continue
		}
		var decoded any
		if err := value.Decode(&decoded); err != nil {
			t.Fatal(err)
		}
		standard, err := json.Marshal(decoded)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row{name, string(standard), comment})
	}
	return all
}

// TestReadmeIsFresh compares the README's table with values.yaml.
func TestReadmeIsFresh(t *testing.T) {
	var table strings.Builder
	table.WriteString("| Value | Default | Meaning |\n|---|---|---|\n")
	for _, r := range rows(t) {
		standard := ""
		if r.standard != "" {
			standard = "`" + r.standard + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", r.path, standard, strings.ReplaceAll(r.comment, "|", `\|`))
	}
	path := filepath.Join(open(t).Dir, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- values:begin -->\n", "<!-- values:end -->"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the README has no place for the table")
	}
	want := head + begin + "\n" + table.String() + "\n" + end + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("the README of the chart is out of date; run: make generate\n(-want +got):\n%s", diff)
	}
}

// A schema is what tests need of the schema of the values.
type schema struct {
	Type       any
	Properties map[string]schema
	Additional any `json:"additionalProperties"`
}

// TestSchemaHasWhatTheValuesHave, and nothing else: a value that the schema knows and values.yaml does not explain is found by nobody.
func TestSchemaHasWhatTheValuesHave(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(open(t).Dir, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var whole schema
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.Properties["settings"].Properties) < 50 {
		t.Errorf("the schema has %d settings, want all", len(whole.Properties["settings"].Properties))
	}
	delete(whole.Properties, "settings") // Has its own test, where the settings are.
	delete(whole.Properties, "global")   // Helm's.
	explained := map[string]bool{}
	for _, r := range rows(t) {
		explained[r.path] = true
	}
	for _, path := range strict(t, "", whole) {
		if !explained[path] {
			t.Errorf("the schema knows %s, which values.yaml does not explain", path)
		}
	}
}

// strict lists the paths of a schema, and holds its objects to what they list. What Kubernetes defines lists nothing.
func strict(t *testing.T, path string, s schema) (all []string) {
	t.Helper()
	if s.Properties != nil && s.Additional != false {
		t.Errorf("the schema takes anything below %q", path)
	}
	for name, property := range s.Properties {
		below := strings.TrimPrefix(path+"."+name, ".")
		all = append(all, below)
		if name != "resources" {
			all = append(all, strict(t, below, property)...)
		}
	}
	slices.Sort(all)
	return all
}
