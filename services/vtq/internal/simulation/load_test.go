package simulation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/simulator/dataset"
)

// folder writes files and returns their directory.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func report(typ, id, attributes string) string {
	return `{"data":{"type":"` + typ + `","id":"` + id + `","attributes":{` + attributes + `}}}`
}

func TestReportsBecomeIndicators(t *testing.T) {
	sha256, sha1, md5 := strings.Repeat("a", 64), strings.Repeat("b", 40), strings.Repeat("c", 32)
	cases := map[string]struct {
		report string
		want   dataset.Item
	}{
		"a file":                      {report("file", sha256, ""), dataset.Item{Type: "SHA-256", Value: sha256}},
		"a file without its SHA-256":  {report("file", sha1, `"md5":"`+md5+`"`), dataset.Item{Type: "SHA-1", Value: sha1}},
		"a file with its MD5 alone":   {report("file", md5, ""), dataset.Item{Type: "MD5", Value: md5}},
		"a domain":                    {report("domain", "quiet-harbor.com", ""), dataset.Item{Type: "FQDN", Value: "quiet-harbor.com"}},
		"an address":                  {report("ip_address", "45.1.2.3", ""), dataset.Item{Type: "IP Address", Value: "45.1.2.3"}},
		"an address of six":           {report("ip_address", "2a0e::1", ""), dataset.Item{Type: "IPv6 Address", Value: "2a0e::1"}},
		"a URL, its scheme stripped":  {report("url", sha256, `"url":"https://quiet-harbor.com/a?b"`), urlItem("https", "quiet-harbor.com/a?b")},
		"a URL with an analysis's id": {report("url", "u-"+sha256+"-1", `"url":"http://quiet-harbor.com/"`), urlItem("http", "quiet-harbor.com/")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			rounds, skipped, err := simulation.Load(folder(t, map[string]string{"x/report.json": c.report}))
			if err != nil || len(skipped) > 0 || len(rounds) != 1 || len(rounds[0]) != 1 {
				t.Fatalf("Load = %d rounds, skipped %v, %v; want one round", len(rounds), skipped, err)
			}
			c.want.Report = []byte(c.report)
			want := simulation.Seed{Item: c.want, Path: filepath.Join("x", "report.json")}
			if diff := cmp.Diff(want, rounds[0][0]); diff != "" {
				t.Errorf("seed (-want +got):\n%s", diff)
			}
		})
	}
}

func urlItem(scheme, rest string) dataset.Item {
	return dataset.Item{Type: "URL", Value: rest, Attributes: []dataset.Attribute{{Name: "Scheme", Value: scheme}}}
}

func TestRecordingsOfOneObjectTakeTurns(t *testing.T) {
	one, other := report("domain", "quiet-harbor.com", ""), report("domain", "misty-mill.com", "")
	rounds, skipped, err := simulation.Load(folder(t, map[string]string{
		"1.json": one, "2.json": other, "3.json": one, "4.json": one, "5.json": `{"error":{"code":"NotFoundError"}}`, "6.txt": one,
		"7.json": report("url", strings.Repeat("a", 64), ""),
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, round := range rounds {
		var paths []string
		for _, seed := range round {
			paths = append(paths, seed.Path)
		}
		got = append(got, paths)
	}
	if diff := cmp.Diff([][]string{{"1.json", "2.json"}, {"3.json"}, {"4.json"}}, got); diff != "" {
		t.Errorf("rounds (-want +got):\n%s", diff)
	}
	if len(skipped) != 2 || skipped[0].Path != "5.json" || skipped[1].Path != "7.json" {
		t.Errorf("skipped = %v, want 5.json, which is an error, and 7.json, which names nothing", skipped)
	}
}

func TestADirectoryThatIsNotThereIsSaid(t *testing.T) {
	if _, _, err := simulation.Load(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("Load found a directory that is not there")
	}
}
