package dataset_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/verdict"
)

// classes are how many indicators of each class Demo has; "" are those that nobody may ask about.
func classes() map[verdict.Class]int {
	return map[verdict.Class]int{
		verdict.ClassMalicious: 60, verdict.ClassSuspicious: 25, verdict.ClassHarmless: 36, verdict.ClassUndetected: 32,
		verdict.ClassNoVerdict: 11, verdict.ClassNotFound: 16, "": 20,
	}
}

func TestDemoCounts(t *testing.T) {
	got := map[verdict.Class]int{}
	objects, values := map[string]bool{}, map[string]bool{}
	for _, it := range dataset.Demo() {
		got[it.Class]++
		if it.Object != "" {
			objects[it.Object] = true
		}
		value := it.Type + " " + strings.ToLower(it.Value)
		if values[value] {
			t.Errorf("two indicators are %s, and ThreatQ would keep one", value)
		}
		values[value] = true
		if it.Note == "" || it.Status == "" || len(it.Sources) == 0 {
			t.Errorf("%s lacks a note, a status or a source: %+v", value, it)
		}
	}
	if diff := cmp.Diff(classes(), got); diff != "" {
		t.Errorf("indicators by class (-want +got):\n%s", diff)
	}
	if len(values) != dataset.DemoItems || len(objects) != dataset.DemoObjects {
		t.Errorf("Demo() = %d indicators of %d objects, want %d of %d",
			len(values), len(objects), dataset.DemoItems, dataset.DemoObjects)
	}
}

// TestDocumentedCounts keeps the table of the package documentation honest.
func TestDocumentedCounts(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	types, all := map[string]map[verdict.Class]int{}, classes()
	for _, it := range dataset.Demo() {
		row := rowOf(it.Type)
		if types[row] == nil {
			types[row] = map[verdict.Class]int{}
		}
		types[row][it.Class]++
	}
	types["all"] = all
	for _, row := range []string{"hashes", "FQDN", "URL", "addresses", "others", "all"} {
		var line strings.Builder
		fmt.Fprintf(&line, "//\t%-10s", row)
		for _, class := range append(verdict.Classes(), "") {
			fmt.Fprintf(&line, "%11d", types[row][class])
		}
		if !strings.Contains(string(doc), line.String()+"\n") {
			t.Errorf("doc.go has not the line\n%s", line.String())
		}
	}
}

func rowOf(typ string) string {
	switch typ {
	case "MD5", "SHA-1", "SHA-256":
		return "hashes"
	case "IP Address", "IPv6 Address":
		return "addresses"
	case "FQDN", "URL":
		return typ
	}
	return "others"
}

// TestDemoNeverChanges holds a digest of everything: who changes the data on purpose puts the new one here.
func TestDemoNeverChanges(t *testing.T) {
	const want = "dd45be6a46c275c9f90f74dd757df3d6dbe2e478b241f1724e595dda6b7ce927"
	sum := sha256.New()
	for _, it := range dataset.Demo() {
		fmt.Fprintf(sum, "%q\n", it)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("digest of Demo() = %s, want %s", got, want)
	}
}

// schemeOf is the Scheme attribute of an item.
func schemeOf(it dataset.Item) string {
	for _, a := range it.Attributes {
		if a.Name == "Scheme" {
			return a.Value
		}
	}
	return ""
}

// TestDemoIsWhatItsNotesSay parses every indicator as the producer does.
func TestDemoIsWhatItsNotesSay(t *testing.T) {
	refusals := map[string]indicator.Reason{
		"private address": indicator.PrivateAddress, "carrier-grade NAT address": indicator.PrivateAddress,
		"URL of a private address": indicator.PrivateAddress, "internal name": indicator.InternalName,
		"reserved name": indicator.InternalName, "URL with credentials": indicator.URLCredentials,
		"unsupported type": indicator.UnsupportedType, "invalid hash": indicator.BadHash,
	}
	for _, it := range dataset.Demo() {
		parsed, err := indicator.Parse(it.Type, it.Value, schemeOf(it))
		if err == nil {
			err = parsed.Object.Public(nil)
		}
		reason, refused := indicator.ReasonOf(err)
		want, named := refusals[it.Note]
		switch {
		case it.Class == "" && strings.HasSuffix(it.Note, "address") && !refused,
			named && reason != want:
			t.Errorf("%s (%s): %v, want %s", it.Value, it.Note, err, want)
		case it.Class != "" && err != nil:
			t.Errorf("%s (%s): %v, want an object", it.Value, it.Note, err)
		case it.Class != "" && parsed.Object.Value != it.Object && parsed.Object.Kind != indicator.File:
			t.Errorf("%s (%s) = %s, want %s", it.Value, it.Note, parsed.Object.Value, it.Object)
		}
	}
}

// TestDemoIsServed asks the simulator about every indicator and classifies what comes back.
func TestDemoIsServed(t *testing.T) {
	server := &virustotal.Server{Keys: map[string]virustotal.Key{"k": {GTI: true}}}
	for _, it := range dataset.Demo() {
		if it.Report == nil {
			continue
		}
		if err := server.AddReport(it.Report); err != nil {
			t.Fatalf("%s: %v", it.Value, err)
		}
	}
	for _, it := range dataset.Demo() {
		if it.Class == "" {
			continue
		}
		parsed, err := indicator.Parse(it.Type, it.Value, schemeOf(it))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, pathOf(parsed.Object), http.NoBody)
		r.Header.Set("X-Apikey", "k")
		r.Header.Set("X-Tool", "vtq")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if got := classOf(t, w.Code == http.StatusOK, w.Body.Bytes()); got != it.Class {
			t.Errorf("%s %s (%s) = %d, class %s; want %s", it.Type, it.Value, it.Note, w.Code, got, it.Class)
		}
		if w.Code == http.StatusOK && w.Body.String() != string(it.Report) {
			t.Errorf("%s %s (%s) is answered with another report than its own", it.Type, it.Value, it.Note)
		}
	}
}

func pathOf(o indicator.Object) string {
	switch o.Kind {
	case indicator.File:
		return "/api/v3/files/" + o.Value
	case indicator.URL:
		return "/api/v3/urls/" + base64.RawURLEncoding.EncodeToString([]byte(o.Value))
	case indicator.Domain:
		return "/api/v3/domains/" + o.Value
	case indicator.IP:
	}
	return "/api/v3/ip_addresses/" + o.Value
}

// classOf is what the default policy makes of an answer.
func classOf(t *testing.T, found bool, body []byte) verdict.Class {
	t.Helper()
	answer := verdict.Verdict{Found: found}
	if found {
		answer.Counts = parse(t, body).Stats
	}
	return verdict.DefaultPolicy().Classify(answer)
}

// attributes are what these tests look at in a report.
type attributes struct {
	Stats   verdict.Counts `json:"last_analysis_stats"`
	Results map[string]struct {
		Category verdict.Category
		Name     string `json:"engine_name"`
		Result   *string
	} `json:"last_analysis_results"`
	Date       *int64 `json:"last_analysis_date"`
	Reputation int
	Names      []string
	Country    *string
	ASN        *int64
	Severity   *struct {
		Date string `json:"last_analysis_date"`
	} `json:"threat_severity"`
	GTI   json.RawMessage `json:"gti_assessment"`
	Label json.RawMessage `json:"popular_threat_classification"`
}

func parse(t *testing.T, report []byte) attributes {
	t.Helper()
	var body struct {
		Data struct{ Attributes attributes }
	}
	if err := json.Unmarshal(report, &body); err != nil {
		t.Fatal(err)
	}
	return body.Data.Attributes
}

func TestDemoHasEveryVariation(t *testing.T) {
	got := map[string]int{}
	count := func(name string, is bool) {
		if is {
			got[name]++
		}
	}
	for _, it := range dataset.Demo() {
		if it.Report == nil || it.Class == "" {
			continue
		}
		a := parse(t, it.Report)
		total := 0
		for _, n := range a.Stats {
			total += n
		}
		address := strings.HasPrefix(it.Type, "IP")
		count("no counts", a.Stats == nil)
		count("counts all zero", a.Stats != nil && total == 0)
		count("counts one above the engines", a.Stats != nil && total == len(a.Results)+1)
		count("no analysis date", a.Date == nil)
		count("negative reputation", a.Reputation < 0)
		count("address without a country or a system", address && a.Country == nil && a.ASN == nil)
		count("severity with its date in a text", a.Severity != nil && len(a.Severity.Date) == len("1747109219"))
		count("GTI assessment", a.GTI != nil)
		count("threat label", a.Label != nil)
		count("hostile name", strings.ContainsAny(strings.Join(a.Names, ""), "\u202e\x1b"))
		count("malicious, at the edge", a.Stats[verdict.Malicious] == 5)
		count("suspected, at the edge", a.Stats[verdict.Malicious] == 0 && a.Stats[verdict.Suspicious] == 3)
	}
	for _, name := range []string{
		"no counts", "counts all zero", "counts one above the engines", "no analysis date", "negative reputation",
		"address without a country or a system", "severity with its date in a text", "GTI assessment", "threat label",
		"hostile name", "malicious, at the edge", "suspected, at the edge",
	} {
		if got[name] < 2 {
			t.Errorf("%d reports with %s, want some", got[name], name)
		}
	}
}
