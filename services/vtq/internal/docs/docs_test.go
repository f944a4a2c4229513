package docs_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/docs"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
)

var update = flag.Bool("update", false, "write the generated documents")

// inRoot is a file at the repository's root, seen from here.
func inRoot(name string) string { return filepath.Join("..", "..", "..", "..", name) }

func TestFresh(t *testing.T) {
	sections, err := docs.Sections()
	if err != nil {
		t.Fatal(err)
	}
	readme := inRoot("README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	woven, err := docs.Weave(string(text), sections)
	if err != nil {
		t.Fatal(err)
	}
	fresh(t, readme, woven)
	fresh(t, inRoot(".env.example"), docs.Example())
}

// fresh compares a file with what it should be or, with -update, makes it so.
func fresh(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("reading a generated document: %v; make generate makes it", err)
		return
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is out of date; run: make generate\n(-want +got):\n%s", filepath.Base(path), diff)
	}
}

func TestWeave(t *testing.T) {
	const frame = "# Title\n<!-- a:begin -->%<!-- a:end -->\nmiddle\n<!-- b:begin -->\n<!-- b:end -->\n"
	sections := []docs.Section{{Name: "a", Text: "| A |\n"}, {Name: "b", Text: "| B |\n"}}
	want := "# Title\n<!-- a:begin -->\n\n| A |\n\n<!-- a:end -->\nmiddle\n<!-- b:begin -->\n\n| B |\n\n<!-- b:end -->\n"
	for name, old := range map[string]string{"empty": "\n", "stale": "\n\n| old |\n\n", "as it should be": "\n\n| A |\n\n"} {
		t.Run(name, func(t *testing.T) {
			got, err := docs.Weave(strings.Replace(frame, "%", old, 1), sections)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWeaveMissesItsComments(t *testing.T) {
	sections := []docs.Section{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	_, err := docs.Weave("<!-- a:begin -->\n<!-- a:end -->\n<!-- b:begin -->\n<!-- c:end -->\n", sections)
	if err == nil || strings.Contains(err.Error(), "a:begin") {
		t.Fatalf("Weave = %v, want an error about b and c alone", err)
	}
	for _, comment := range []string{"<!-- b:end -->", "<!-- c:begin -->"} {
		if !strings.Contains(err.Error(), comment) {
			t.Errorf("Weave = %v, want %s in it", err, comment)
		}
	}
}

func TestTheTablesHaveWhatTheCodeHas(t *testing.T) {
	sections, err := docs.Sections()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| `THREATQ_URL` | **required** |", "| `VTQ_DATA_DIR` | `.vtq` |", "`VT_API_KEY_FILE`"} {
		if !strings.Contains(sections[0].Text, want) {
			t.Errorf("the table of variables lacks %q:\n%s", want, sections[0].Text)
		}
	}
	for _, want := range []string{"| VirusTotal Verdict | ", "| VirusTotal Detections | ", " | `link` |"} {
		if !strings.Contains(sections[1].Text, want) {
			t.Errorf("the table of attributes lacks %q:\n%s", want, sections[1].Text)
		}
	}
}

func TestTheExampleLeavesOpenWhatMustBeSet(t *testing.T) {
	example := docs.Example()
	for _, want := range []string{"put single quotes around", "\nTHREATQ_URL=\n", "\nVT_API_KEY=\n", "\n# VTQ_DATA_DIR=.vtq\n"} {
		if !strings.Contains(example, want) {
			t.Errorf("the example lacks %q:\n%s", want, example)
		}
	}
}

// TestServicesKnowEveryVariable holds the list that package daemon has for services, which do not know each other's settings.
func TestServicesKnowEveryVariable(t *testing.T) {
	var env []string
	for _, v := range config.Variables(&vtq.Settings{}) {
		if !strings.HasPrefix(v.Name, "LOG_") { // Read, not only known.
			env = append(env, v.Name+"=x")
		}
	}
	var log config.Log
	var stderr bytes.Buffer
	code := daemon.Main(daemon.Process{Args: []string{"-check-config"}, Env: env, Stdout: io.Discard, Stderr: &stderr},
		daemon.Service{Name: "any", Log: &log, Settings: []any{&log}})
	if code != daemon.Done || stderr.Len() > 0 {
		t.Errorf("a service that reads nothing of it ends with %d and says:\n%s", code, stderr.String())
	}
}
