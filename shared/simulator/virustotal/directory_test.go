package virustotal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/virustotal"
)

// tree writes files, a name and a text each, and returns their directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func domainReport(name, extra string) string {
	return `{"data":{"type":"domain","id":"` + name + `","attributes":{` + extra + `}}}`
}

func TestReports(t *testing.T) {
	dir := tree(t, map[string]string{
		"b.json":            domainReport("quiet-harbor.com", ""),
		"a/2026.json":       domainReport("Quiet-Harbor.com", `"reputation":1`),
		"a/file.json":       fileReport(""),
		"a/notes.txt":       "not asked about",
		"errors/404.json":   `{"error":{"code":"NotFoundError"}}`,
		"headers/404.json":  `{"status":{"code":404},"headers":{}}`,
		"quotas/daily.json": `{"data":{"daily":{}}}`,
		"c.json":            `{"data":`,
	})
	if err := os.Symlink(dir, filepath.Join(dir, "loop.json")); err != nil {
		t.Fatal(err)
	}
	reports, skips, err := virustotal.Reports(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range reports {
		got = append(got, r.Path+" "+string(r.Kind)+" "+r.ID)
	}
	want := []string{
		"a/2026.json domain quiet-harbor.com", "a/file.json file " + sha256Hex, "b.json domain quiet-harbor.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Reports (-want +got):\n%s", diff)
	}
	const none = "no data with a type, an id and attributes: not a report"
	wantSkips := []virustotal.Skip{
		{Path: "c.json", Reason: "not JSON"},
		{Path: "errors/404.json", Reason: "an error body, not a report"},
		{Path: "headers/404.json", Reason: none},
		{Path: "loop.json", Reason: "not a regular file"},
		{Path: "quotas/daily.json", Reason: none},
	}
	if diff := cmp.Diff(wantSkips, skips); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

func TestLoadDirLosesNothingSilently(t *testing.T) {
	first, second := domainReport("quiet-harbor.com", `"reputation":1`), domainReport("quiet-harbor.com", `"reputation":2`)
	dir := tree(t, map[string]string{"1.json": first, "2.json": second, "3.json": fileReport("")})
	s := &virustotal.Server{}
	loaded, skipped, err := s.LoadDir(dir)
	if err != nil || len(loaded) != 2 {
		t.Fatalf("LoadDir = %d loaded, %v; want 2", len(loaded), err)
	}
	want := []virustotal.Skip{{Path: "2.json", Reason: "another report of the object of 1.json"}}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if got := get(t, s, "/api/v3/domains/quiet-harbor.com").Body.String(); got != first {
		t.Errorf("served %s, want the first", got)
	}
	if err := s.AddReport([]byte(second)); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "/api/v3/domains/quiet-harbor.com").Body.String(); got != second {
		t.Errorf("served %s, want the one added last", got)
	}
}

func TestDirectoriesThatCannotBeRead(t *testing.T) {
	if _, _, err := virustotal.Reports(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Reports(none) = %v, want that it does not exist", err)
	}
	dir := t.TempDir()
	for i := range virustotal.MaxReports + 1 {
		name := filepath.Join(dir, strings.Repeat("x", 1+i/100)+string(rune('0'+i%10))+string(rune('0'+i/10%10))+".json")
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if i < virustotal.MaxReports-1 {
			continue
		}
		_, _, err := virustotal.Reports(dir)
		if tooMany := i == virustotal.MaxReports; (err != nil) != tooMany {
			t.Errorf("Reports(%d files) = %v, want an error = %t", i+1, err, tooMany)
		}
	}
}

func TestParseReport(t *testing.T) {
	long := strings.Repeat("c4", 32)
	for name, c := range map[string]struct {
		raw, id, value, problem string
	}{
		"file":                {fileReport(""), sha256Hex, sha256Hex, ""},
		"file by id":          {`{"data":{"type":"file","id":"` + long + `","attributes":{}}}`, long, long, ""},
		"file, md5 only":      {`{"data":{"type":"file","id":"x","attributes":{"md5":"` + md5Hex + `"}}}`, md5Hex, md5Hex, ""},
		"file without a hash": {`{"data":{"type":"file","id":"x","attributes":{}}}`, "", "", "a file without a usable hash"},
		"url, analysis id": {
			`{"data":{"type":"url","id":"u-1-2","attributes":{"url":"http://www.google.com/"}}}`,
			"dd014af5ed6b38d9130e3f466f850e46d21b951199d53a18ef29ee9341614eaf", "http://www.google.com/", "",
		},
		"url by id":           {`{"data":{"type":"url","id":"` + long + `","attributes":{}}}`, long, long, ""},
		"url without either":  {`{"data":{"type":"url","id":"x","attributes":{"url":"y"}}}`, "", "", "a URL with neither"},
		"domain":              {domainReport("Quiet-Harbor.com", ""), "quiet-harbor.com", "quiet-harbor.com", ""},
		"domain that is none": {domainReport("localhost", ""), "", "", "a domain with an id that is no domain"},
		"address":             {`{"data":{"type":"ip_address","id":"2A0E::0:1","attributes":{}}}`, "2a0e::1", "2a0e::1", ""},
		"address, none":       {`{"data":{"type":"ip_address","id":"1.2.3","attributes":{}}}`, "", "", "an address with an id"},
		"user":                {`{"data":{"type":"user","id":"x","attributes":{}}}`, "", "", "not a report"},
		"list":                {`{"data":[]}`, "", "", "not a report"},
		"array":               {`[]`, "", "", "not a report"},
		"wrong type":          {`{"data":{"type":"file","id":"x","attributes":{"md5":7}}}`, "", "", "not a report"},
		"nothing":             {``, "", "", "not JSON"},
		"text":                {`quiet harbor`, "", "", "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := virustotal.ParseReport([]byte(c.raw))
			switch {
			case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
				t.Errorf("ParseReport(%s) = %v, want %q", c.raw, err, c.problem)
			case c.problem == "" && (err != nil || report.ID != c.id || report.Value != c.value):
				t.Errorf("ParseReport(%s) = %s %s, %v; want %s %s", c.raw, report.ID, report.Value, err, c.id, c.value)
			}
		})
	}
}

func TestReportSize(t *testing.T) {
	head := domainReport("quiet-harbor.com", "")
	fits := head + strings.Repeat(" ", virustotal.MaxReport-len(head))
	if _, err := virustotal.ParseReport([]byte(fits)); err != nil {
		t.Errorf("ParseReport(%d bytes) = %v, want no error", len(fits), err)
	}
	if err := new(virustotal.Server).AddReport([]byte(fits + " ")); err == nil {
		t.Errorf("AddReport(%d bytes) = nil, want an error", len(fits)+1)
	}
	_, skips, err := virustotal.Reports(tree(t, map[string]string{"big.json": fits + "     "}))
	if err != nil || len(skips) != 1 || !strings.Contains(skips[0].Reason, "larger") {
		t.Errorf("Reports = %v, %v; want the big one skipped for its size", skips, err)
	}
}
