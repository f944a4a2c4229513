package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/simulation"
)

// A recording is what an answer of the real service holds, as far as it decides what an analyst reads. It is read, and judged, here
// again from the words of the table of verdicts, by none of the code that it judges.
type recording struct {
	Data struct {
		ID, Type   string
		Attributes struct {
			SHA256 string         `json:"sha256"`
			URL    string         `json:"url"`
			Counts map[string]int `json:"last_analysis_stats"`
		}
	}
}

func (r recording) class() (class, severity string) {
	n := r.Data.Attributes.Counts
	switch {
	case n["malicious"] >= 5:
		return "Malicious", "High"
	case n["malicious"] >= 1 || n["suspicious"] >= 3:
		return "Suspicious", "Medium"
	case n["harmless"] >= 1:
		return "Harmless", "Low"
	case n["undetected"] >= 1 || n["suspicious"] >= 1:
		return "Undetected", "Low"
	}
	return "No Verdict", "None"
}

func (r recording) detections() string {
	n := r.Data.Attributes.Counts
	opinions := n["malicious"] + n["suspicious"] + n["harmless"] + n["undetected"]
	if opinions == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", n["malicious"], opinions)
}

func (r recording) link() string {
	const gui = "https://www.virustotal.com/gui/"
	switch r.Data.Type {
	case "file":
		return gui + "file/" + r.Data.Attributes.SHA256
	case "url":
		sum := sha256.Sum256([]byte(r.Data.Attributes.URL))
		return gui + "url/" + hex.EncodeToString(sum[:])
	case "ip_address":
		return gui + "ip-address/" + r.Data.ID
	}
	return gui + r.Data.Type + "/" + r.Data.ID
}

// samples is the folder of recorded answers. It lies beside the project, not in it.
func samples(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "..", "shared", "samples", "virustotal")
	_, err := os.Stat(dir)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("the recorded samples are required with CI=true: %v", err)
	default:
		t.Skipf("no recorded samples: %v", err)
	}
	return dir
}

func TestEveryRecordedReportEndsInThreatQ(t *testing.T) {
	dir := samples(t)
	rounds, skipped, err := simulation.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, demo.Options{Rounds: rounds})
	byReport := map[string]demo.Row{}
	for _, row := range out.Indicators {
		byReport[filepath.ToSlash(row.Report)] = row
	}
	reports := 0
	for _, folder := range []string{"files", "urls", "domains", "ip_addresses"} {
		paths, err := filepath.Glob(filepath.Join(dir, folder, "*.json"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no recorded reports in %s: %v", folder, err)
		}
		for _, path := range paths {
			reports++
			name := folder + "/" + filepath.Base(path)
			t.Run(name, func(t *testing.T) { compare(t, path, byReport[name]) })
		}
	}
	if len(out.Indicators) != reports {
		t.Errorf("%d rows for %d reports", len(out.Indicators), reports)
	}
	for _, skip := range skipped {
		if row, ok := byReport[filepath.ToSlash(skip.Path)]; ok {
			t.Errorf("%s was skipped, and has row %+v", skip.Path, row)
		}
	}
	if out.SecondPass.Provider != 0 || out.SecondPass.Writes != 0 {
		t.Errorf("second pass = %+v, want no provider request and no write", out.SecondPass)
	}
}

func compare(t *testing.T, path string, row demo.Row) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	class, severity := r.class()
	for name, c := range map[string]struct{ got, want string }{
		"class": {row.Attributes["VirusTotal Verdict"], class}, "severity": {row.Attributes["VirusTotal Severity"], severity},
		"detections": {row.Attributes["VirusTotal Detections"], r.detections()}, "link": {row.Attributes["VirusTotal Link"], r.link()},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", name, c.got, c.want)
		}
	}
}
