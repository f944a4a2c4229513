package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/simulator/dataset"
)

// elsewhere is an environment that a demonstration must not heed.
func elsewhere() []string {
	return []string{"THREATQ_URL=https://threatq.invalid", "VT_API_KEY=not-a-key", "NATS_URL=nats://nats.invalid", "VTQ_POLL=never"}
}

func TestDemoEnrichesTheSyntheticData(t *testing.T) {
	t.Parallel() // It waits for its quota most of the time.
	stdout, stderr, code := run(t, elsewhere(), "demo", "-o", "json")
	if code != 0 {
		t.Fatalf("exit code %d, want 0:\n%s", code, stderr)
	}
	var out demo.Outcome
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("decoding the document: %v\n%s", err, stdout)
	}
	if len(out.Indicators) != dataset.DemoItems {
		t.Fatalf("%d indicators, want %d", len(out.Indicators), dataset.DemoItems)
	}
	for i, item := range dataset.Demo() {
		row := out.Indicators[i]
		if row.Class != item.Class || row.Value != item.Value || (row.Skipped == "") != (item.Class != "") || row.Failed != "" {
			t.Errorf("indicator %d = %+v, want class %q", i, row, item.Class)
		}
	}
	if out.Enriched() != 180 || out.ProviderRequests >= 180 || out.ThreatQWrites != 180 {
		t.Errorf("%d enriched with %d requests and %d writes, want 180 with fewer requests and 180 writes",
			out.Enriched(), out.ProviderRequests, out.ThreatQWrites)
	}
	if out.SecondPass.Provider != 0 || out.SecondPass.Writes != 0 || out.SecondPass.ThreatQ == 0 {
		t.Errorf("second pass = %+v, want nothing but reads", out.SecondPass)
	}
	if !strings.Contains(stderr, "enriching: 200 of 200") || strings.Contains(stderr, "\x1b") {
		t.Errorf("standard error is no plain progress:\n%s", stderr)
	}
}

// reports writes reports of the synthetic data into a directory, and one file that is none.
func reports(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, seed := range simulation.Synthetic() {
		if seed.Report == nil || seed.Type == "MD5" || seed.Type == "SHA-1" || n == 0 {
			continue
		}
		n--
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.json", n)), seed.Report, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "none.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDemoShowsATable(t *testing.T) {
	stdout, stderr, code := run(t, elsewhere(), "demo", "--reports", reports(t, 3))
	if code != 0 {
		t.Fatalf("exit code %d, want 0:\n%s", code, stderr)
	}
	for _, want := range []string{"  TYPE  ", "  REPORT\n", "  2.json\n", "3 of 3 indicators enriched", "0 provider requests, 0 ThreatQ writes", "VT_API_KEY="} {
		if !strings.Contains(stdout, want) {
			t.Errorf("standard output lacks %q:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "skipped none.json: ") || strings.Contains(stderr, "settled") {
		t.Errorf("standard error does not name the file that is no report, or has logs:\n%s", stderr)
	}
}

func TestDemoAsksAnotherProvider(t *testing.T) {
	stdout, stderr, code := run(t, elsewhere(), "demo", "--provider", "reversinglabs", "--reports", reports(t, 3))
	for _, want := range []string{"  ReversingLabs  3 requests", "VT_BASE_URL="} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, want 0 and %q:\n%s%s", code, want, stdout, stderr)
		}
	}
}

func TestDemoShowsTheFailover(t *testing.T) {
	t.Parallel() // It waits most of the time.
	stdout, stderr, code := run(t, elsewhere(), "demo", "--provider", "both", "--reports", reports(t, 10))
	for _, want := range []string{"VirusTotal     3 requests of 3 a day; answered 3", "ReversingLabs  ", "jobs went to another provider once", "RL_API_KEY="} {
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("exit code %d, want 0 and %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	if strings.Contains(stderr, "warnings") {
		t.Errorf("a failover is no warning to show:\n%s", stderr)
	}
}

func TestDemoCanBeInterrupted(t *testing.T) {
	temporary := t.TempDir()
	p := start(t, []string{"TMPDIR=" + temporary}, "demo")
	p.says(" s left\n") // Requests are under way, and jobs wait.
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != 1 || !strings.HasSuffix(p.stderr.String(), "vtq: interrupted\n") || p.stdout.String() != "" {
		t.Errorf("exit code %d, want 1 and one word:\n%s%s", code, p.stdout, p.stderr)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind, %v; want nothing", left, err)
	}
}

func TestDemoLogsWhenAsked(t *testing.T) {
	_, stderr, code := run(t, nil, "demo", "-v", "--reports", reports(t, 1))
	if code != 0 || !strings.Contains(stderr, "INF settled") || strings.Contains(stderr, "\x1b") {
		t.Errorf("exit code %d, want 0 and log lines without colours:\n%s", code, stderr)
	}
}

func TestDemoListsFilesInItsDocument(t *testing.T) {
	stdout, _, code := run(t, nil, "demo", "-o", "json", "--reports", reports(t, 1))
	var out demo.Outcome
	if err := json.Unmarshal([]byte(stdout), &out); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v:\n%s", code, err, stdout)
	}
	if len(out.FilesSkipped) != 1 || out.FilesSkipped[0].Path != "none.json" || out.Indicators[0].Report != "0.json" {
		t.Errorf("document = %+v, want one report and one file that is none", out)
	}
}
