package live_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"vtq.internal/scripts/apiserver/live"
)

// run tries a folder, and returns the report.
func run(t *testing.T, folder fstest.MapFS) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := live.Run(t.Context(), folder, &out)
	t.Log(out.String())
	return out.String(), err
}

// rendering reads a file of testdata.
func rendering(t *testing.T, name string) *fstest.MapFile {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: text}
}

// holds checks that a report has every line that begins so, spaces aside.
func holds(t *testing.T, report string, lines ...string) {
	t.Helper()
	squeezed := strings.Join(strings.Fields(report), " ")
	for _, line := range lines {
		if !strings.Contains(squeezed, line) {
			t.Errorf("the report lacks %q", line)
		}
	}
}

func TestWhatIsAccepted(t *testing.T) {
	report, err := run(t, fstest.MapFS{"default.yaml": rendering(t, "default.yaml"), "full.yaml": rendering(t, "full.yaml")})
	if err != nil {
		t.Error(err)
	}
	holds(t, report,
		"kube-apiserver ", "restricted:v1.", "scaledobjects.keda.sh",
		"default objects 4 pods 2", "full objects 10 pods 3",
		"default to full objects 9 pods 3", "full to default objects 3 pods 2",
		"All accepted, after")
	if strings.Contains(report, "REFUSED") || strings.Contains(report, "WRONG") {
		t.Error("the report tells of refusals")
	}
}

func TestWhatIsRefused(t *testing.T) {
	misspelt, other := rendering(t, "default.yaml"), rendering(t, "default.yaml")
	misspelt.Data = bytes.ReplaceAll(misspelt.Data, []byte("backoffLimit"), []byte("backofLimit"))
	other.Data = bytes.ReplaceAll(other.Data, []byte("app.kubernetes.io/name: vtq"), []byte("app.kubernetes.io/name: other"))
	report, err := run(t, fstest.MapFS{"default.yaml": rendering(t, "default.yaml"), "misspelt.yaml": misspelt, "other.yaml": other})
	if err == nil {
		t.Error("Run = nil, want an error")
	}
	holds(t, report,
		"default objects 4 pods 2",
		"misspelt objects 3 pods 1 REFUSED 1 post-install hook Job/setup: ", "field not declared in schema",
		"other objects 4 pods 2",
		"default to other objects 2 pods 1 REFUSED 1 Deployment/lookup: ", "field is immutable",
		"other to default objects 3 pods 2",
		"Wrong: 2, after")
	if strings.Contains(report, "default to misspelt") {
		t.Error("what is refused by itself is tried again in an upgrade")
	}
}

func TestNothingToTry(t *testing.T) {
	if _, err := run(t, fstest.MapFS{}); err == nil {
		t.Error("Run of an empty folder = nil, want an error")
	}
}
