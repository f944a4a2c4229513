package verdict_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/verdict"
)

func TestClassify(t *testing.T) {
	const (
		m, s, h, u = verdict.Malicious, verdict.Suspicious, verdict.Harmless, verdict.Undetected
	)
	silent := verdict.Counts{
		verdict.Timeout: 9, verdict.ConfirmedTimeout: 9, verdict.Failure: 9, verdict.TypeUnsupported: 9,
	}
	zeros := verdict.Counts{}
	for _, category := range verdict.Categories() {
		zeros[category] = 0
	}
	cases := map[string]struct {
		counts verdict.Counts
		want   verdict.Class
	}{
		"five malicious":                    {verdict.Counts{m: 5, h: 80, u: 9}, verdict.ClassMalicious},
		"all malicious":                     {verdict.Counts{m: 70}, verdict.ClassMalicious},
		"four malicious":                    {verdict.Counts{m: 4, h: 80, u: 9}, verdict.ClassSuspicious},
		"four malicious, many suspicious":   {verdict.Counts{m: 4, s: 40}, verdict.ClassSuspicious},
		"a lone malicious vote":             {verdict.Counts{m: 1, h: 90}, verdict.ClassSuspicious},
		"three suspicious":                  {verdict.Counts{s: 3, h: 80}, verdict.ClassSuspicious},
		"two suspicious, somebody vouches":  {verdict.Counts{m: 0, s: 2, h: 1, u: 80}, verdict.ClassHarmless},
		"two suspicious, the rest silent":   {verdict.Counts{m: 0, s: 2, u: 80}, verdict.ClassUndetected},
		"two suspicious alone":              {verdict.Counts{m: 0, s: 2}, verdict.ClassUndetected},
		"one suspicious alone":              {verdict.Counts{m: 0, s: 1}, verdict.ClassUndetected},
		"one harmless among the silent":     {verdict.Counts{m: 0, h: 1, u: 90}, verdict.ClassHarmless},
		"harmless only":                     {verdict.Counts{m: 0, h: 90}, verdict.ClassHarmless},
		"undetected only":                   {verdict.Counts{m: 0, u: 1}, verdict.ClassUndetected},
		"undetected and engines that fail":  {verdict.Counts{m: 0, u: 1, verdict.Failure: 60}, verdict.ClassUndetected},
		"only failures and timeouts":        {silent, verdict.ClassNoVerdict},
		"a category that nobody knows":      {verdict.Counts{"sandboxed": 4}, verdict.ClassNoVerdict},
		"every category sent, every one 0":  {zeros, verdict.ClassNoVerdict},
		"an empty map":                      {verdict.Counts{}, verdict.ClassNoVerdict},
		"no counts sent":                    {nil, verdict.ClassNoVerdict},
		"nobody told of malicious ones":     {verdict.Counts{h: 3, u: 80}, verdict.ClassNoVerdict},
		"suspicious, and nobody told":       {verdict.Counts{s: 3, u: 80}, verdict.ClassSuspicious},
		"malicious and engines that failed": {verdict.Counts{m: 5, verdict.TypeUnsupported: 70}, verdict.ClassMalicious},
	}
	policy := verdict.DefaultPolicy()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := policy.Classify(verdict.Verdict{Found: true, Counts: c.counts}); got != c.want {
				t.Errorf("Classify(%v) = %s, want %s", c.counts, got, c.want)
			}
			if got := policy.Classify(verdict.Verdict{Counts: c.counts}); got != verdict.ClassNotFound {
				t.Errorf("Classify(not found, %v) = %s, want %s", c.counts, got, verdict.ClassNotFound)
			}
		})
	}
}

// The package documentation shows the default policy as a table; this reads it back.
func TestDocumentedTableIsTheDefault(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	documented := verdict.Policy{Classes: map[verdict.Class]verdict.Meaning{}}
	row := regexp.MustCompile(`(?m)^\t(\S+(?: \S+)*) {2,}(\S+(?: \S+)*) {2,}(High|Medium|Low|None) +(\d+|none)$`)
	condition := regexp.MustCompile(`(malicious|suspicious|harmless) >= (\d+)`)
	numbers := map[string]int{}
	for _, cells := range row.FindAllStringSubmatch(file.Doc.Text(), -1) {
		class, when := verdict.Class(cells[1]), cells[2]
		documented.Classes[class] = verdict.Meaning{Severity: verdict.Severity(cells[3]), Score: score(t, cells[4])}
		for _, part := range condition.FindAllStringSubmatch(when, -1) {
			numbers[cells[1]+" "+part[1]] = *score(t, part[2])
		}
	}
	documented.Thresholds = verdict.Thresholds{
		Malicious:            numbers["Malicious malicious"],
		SuspiciousMalicious:  numbers["Suspicious malicious"],
		SuspiciousSuspicious: numbers["Suspicious suspicious"],
	}
	if numbers["Harmless harmless"] != 1 || len(numbers) != 4 {
		t.Errorf("conditions in the table: %v, want three thresholds and harmless >= 1", numbers)
	}
	if diff := cmp.Diff(verdict.DefaultPolicy(), documented); diff != "" {
		t.Errorf("the table in doc.go is not DefaultPolicy (-default +doc):\n%s", diff)
	}
	if len(documented.Classes) != len(verdict.Classes()) {
		t.Errorf("the table has %d classes, Classes has %d", len(documented.Classes), len(verdict.Classes()))
	}
}

func score(t *testing.T, text string) *int {
	t.Helper()
	if text == "none" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return &n
}

// samples holds answers of the real service, recorded by others; they stand beside the checkout and are not part of it.
const samples = "../../../shared/samples/virustotal"

func TestRecordedReports(t *testing.T) {
	if _, err := os.Stat(samples); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs the recorded samples: %v", err)
		}
		t.Skip("the recorded samples are not beside this checkout")
	}
	seen := map[verdict.Class]int{}
	for _, kind := range []string{"files", "urls", "domains", "ip_addresses"} {
		paths, err := fs.Glob(os.DirFS(samples), kind+"/*.json")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no samples in %s: %v", kind, err)
		}
		for _, path := range paths {
			t.Run(path, func(t *testing.T) {
				stats := recordedStats(t, path)
				counts := verdict.Counts{}
				for category, n := range stats {
					counts[verdict.Category(category)] = n
				}
				got, want := verdict.DefaultPolicy().Classify(verdict.Verdict{Found: true, Counts: counts}), ruled(stats)
				if got != want {
					t.Errorf("Classify(%v) = %s, want %s", stats, got, want)
				}
				seen[got]++
			})
		}
	}
	if len(seen) != len(verdict.Classes())-1 {
		t.Errorf("the samples come to %v, want every class of a found object among them", seen)
	}
}

func recordedStats(t *testing.T, path string) map[string]int {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(samples, path))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Data struct {
			Attributes struct {
				Stats map[string]int `json:"last_analysis_stats"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &report); err != nil {
		t.Fatal(err)
	}
	return report.Data.Attributes.Stats
}

// ruled is the table in its plainest words, on the provider's own spelling.
func ruled(stats map[string]int) verdict.Class {
	if stats["malicious"] >= 5 {
		return "Malicious"
	}
	if stats["malicious"] >= 1 || stats["suspicious"] >= 3 {
		return "Suspicious"
	}
	if stats["harmless"] >= 1 {
		return "Harmless"
	}
	if stats["undetected"] >= 1 || stats["suspicious"] >= 1 {
		return "Undetected"
	}
	return "No Verdict"
}

func TestReadPolicy(t *testing.T) {
	change := func(f func(*verdict.Policy)) verdict.Policy {
		p := verdict.DefaultPolicy()
		f(&p)
		return p
	}
	ten, zero := 10, 0
	cases := map[string]struct {
		file string
		want verdict.Policy
	}{
		"empty object":      {`{}`, verdict.DefaultPolicy()},
		"nulls leave out":   {`{"thresholds": null, "classes": null}`, verdict.DefaultPolicy()},
		"one threshold":     {`{"thresholds": {"malicious": 8}}`, change(func(p *verdict.Policy) { p.Thresholds.Malicious = 8 })},
		"equal thresholds":  {`{"thresholds": {"malicious": 1}}`, change(func(p *verdict.Policy) { p.Thresholds.Malicious = 1 })},
		"surrounding space": {"\n {} \n\t", verdict.DefaultPolicy()},
		"one class, whole": {
			`{"classes": {"Malicious": {"severity": "Medium"}}}`,
			change(func(p *verdict.Policy) { p.Classes[verdict.ClassMalicious] = verdict.Meaning{Severity: verdict.Medium} }),
		},
		"scores at their ends": {
			`{"classes": {"Malicious": {"severity": "High", "score": 10}, "Not Found": {"severity": "None", "score": 0}}}`,
			change(func(p *verdict.Policy) {
				p.Classes[verdict.ClassMalicious] = verdict.Meaning{Severity: verdict.High, Score: &ten}
				p.Classes[verdict.ClassNotFound] = verdict.Meaning{Severity: verdict.None, Score: &zero}
			}),
		},
		"as large as it may be": {`{}` + strings.Repeat(" ", verdict.MaxPolicy-2), verdict.DefaultPolicy()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := verdict.ReadPolicy(strings.NewReader(c.file))
			if err != nil {
				t.Fatalf("ReadPolicy(%.80q) = %v", c.file, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ReadPolicy(%.80q) (-want +got):\n%s", c.file, diff)
			}
		})
	}
}

func TestReadPolicyRoundTrip(t *testing.T) {
	body, err := json.Marshal(verdict.DefaultPolicy())
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 1<<10 {
		t.Errorf("the default policy takes %d bytes, MaxPolicy is derived from under 1 KiB", len(body))
	}
	got, err := verdict.ReadPolicy(strings.NewReader(string(body)))
	if diff := cmp.Diff(verdict.DefaultPolicy(), got); err != nil || diff != "" {
		t.Errorf("ReadPolicy(%s) = %v (-want +got):\n%s", body, err, diff)
	}
}

func TestReadPolicyComplains(t *testing.T) {
	cases := map[string]struct {
		file string
		want []string
	}{
		"empty":                 {``, []string{"EOF"}},
		"no JSON":               {`thresholds: 5`, []string{"decoding the verdict policy"}},
		"cut":                   {`{"thresholds": {"malicious"`, []string{"unexpected EOF"}},
		"followed by another":   {`{} {"thresholds": {"malicious": 9}}`, []string{"something follows"}},
		"followed by a brace":   {`{} }`, []string{"something follows"}},
		"one byte too large":    {`{}` + strings.Repeat(" ", verdict.MaxPolicy-1), []string{"more than 65536 bytes"}},
		"unknown field":         {`{"treshold": {}}`, []string{`"treshold"`}},
		"unknown threshold":     {`{"thresholds": {"harmless": 1}}`, []string{`"harmless"`}},
		"a score in words":      {`{"classes": {"Malicious": {"severity": "High", "score": "nine"}}}`, []string{"score"}},
		"unknown class":         {`{"classes": {"Evil": {"severity": "High"}}}`, []string{`"Evil"`, "Malicious, Suspicious, Harmless"}},
		"a class in lower case": {`{"classes": {"malicious": {"severity": "High"}}}`, []string{`"malicious"`}},
		"unknown severity":      {`{"classes": {"Harmless": {"severity": "Info"}}}`, []string{`severity of "Harmless"`, `"Info"`}},
		"no severity":           {`{"classes": {"Harmless": {"score": 2}}}`, []string{`severity of "Harmless"`}},
		"score above":           {`{"classes": {"Malicious": {"severity": "High", "score": 11}}}`, []string{`score of "Malicious"`, "got 11"}},
		"score below":           {`{"classes": {"Malicious": {"severity": "High", "score": -1}}}`, []string{`score of "Malicious"`, "got -1"}},
		"malicious from 0":      {`{"thresholds": {"malicious": 0}}`, []string{"at least 1", "suspicious_malicious (1)"}},
		"suspicious from 0":     {`{"thresholds": {"suspicious_malicious": 0}}`, []string{"at least 1"}},
		"suspicion from 0":      {`{"thresholds": {"suspicious_suspicious": 0}}`, []string{"at least 1"}},
		"suspicious above all":  {`{"thresholds": {"suspicious_malicious": 6}}`, []string{"suspicious_malicious (6)", "malicious (5)"}},
		"everything at once": {
			`{"thresholds": {"malicious": 2, "suspicious_malicious": 3, "suspicious_suspicious": 0},
			  "classes": {"Evil": {"severity": "Dire", "score": 12}, "Harmless": {"severity": "None", "score": -5}}}`,
			[]string{"at least 1", "suspicious_malicious (3)", `no class is called "Evil"`, `"Dire"`, "got 12", "got -5"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := verdict.ReadPolicy(strings.NewReader(c.file))
			if err == nil {
				t.Fatalf("ReadPolicy(%.80q) = nil, want an error", c.file)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("ReadPolicy(%.80q) = %q, want %q in it", c.file, err, want)
				}
			}
		})
	}
}

func TestReadPolicyNamesAReadError(t *testing.T) {
	if _, err := verdict.ReadPolicy(iotest.ErrReader(fs.ErrPermission)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("ReadPolicy of an unreadable file = %v, want %v in it", err, fs.ErrPermission)
	}
}

func TestOwnThresholds(t *testing.T) {
	policy := verdict.DefaultPolicy()
	policy.Thresholds = verdict.Thresholds{Malicious: 10, SuspiciousMalicious: 3, SuspiciousSuspicious: 5}
	for malicious, want := range map[int]verdict.Class{
		0: verdict.ClassUndetected, 2: verdict.ClassUndetected, 3: verdict.ClassSuspicious,
		9: verdict.ClassSuspicious, 10: verdict.ClassMalicious,
	} {
		counts := verdict.Counts{verdict.Malicious: malicious, verdict.Suspicious: 4}
		if got := policy.Classify(verdict.Verdict{Found: true, Counts: counts}); got != want {
			t.Errorf("Classify(%v) = %s, want %s", counts, got, want)
		}
	}
}
