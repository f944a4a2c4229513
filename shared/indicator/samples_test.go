package indicator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"vtq.internal/shared/indicator"
)

// samples gives the recorded answers that match pattern. They live beside the project, not in it.
func samples(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", filepath.FromSlash(pattern)))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 && os.Getenv("CI") == "true" {
		t.Fatalf("no recorded samples match %q, want them with CI=true", pattern)
	}
	if len(files) == 0 {
		t.Skipf("no recorded samples match %q", pattern)
	}
	return files
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("reading %s: %v", filepath.Base(file), err)
	}
}

func TestParsesWhatThreatQRecorded(t *testing.T) {
	for _, file := range samples(t, "threatq/stixshifter_query_*.json") {
		var page struct {
			Data []struct {
				Value string
				Type  struct{ Name string }
			}
		}
		readJSON(t, file, &page)
		for _, in := range page.Data {
			p, err := indicator.Parse(in.Type.Name, in.Value, "")
			if err != nil {
				t.Errorf("%s: Parse(%q, %q): %v", filepath.Base(file), in.Type.Name, in.Value, err)
				continue
			}
			if err := p.Object.Public(nil); err != nil {
				t.Errorf("%s: %v.Public() = %v, want nil", filepath.Base(file), p.Object, err)
			}
		}
	}
}

// VirusTotal's own normal form of an object must be ours as well, or two spellings would cost two requests.
func TestAgreesWithWhatVirusTotalRecorded(t *testing.T) {
	for pattern, typ := range map[string]string{
		"virustotal/files/*.json":        "SHA-256",
		"virustotal/urls/*.json":         "URL",
		"virustotal/domains/*.json":      "FQDN",
		"virustotal/ip_addresses/*.json": "IP Address",
	} {
		for _, file := range samples(t, pattern) {
			var report struct {
				Data struct {
					ID         string
					Attributes struct{ URL string }
				}
			}
			readJSON(t, file, &report)
			want := report.Data.ID
			if typ == "URL" {
				want = report.Data.Attributes.URL
			}
			if got, err := indicator.Parse(typ, want, ""); err != nil || got.Object.Value != want {
				t.Errorf("%s: Parse(%q, %q) = %v, %v, want it as it is", filepath.Base(file), typ, want, got.Object, err)
			}
		}
	}
}
