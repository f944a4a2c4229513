package virustotal_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// elsewhere makes a client of another provider, which answers these kinds or those of its dialect.
func elsewhere(provider string, kinds ...indicator.Kind) func(*virustotal.Config) {
	return func(c *virustotal.Config) {
		c.Provider, c.BaseURL = provider, "https://"+provider+".test/api/v3"
		if len(kinds) > 0 {
			c.Dialect = virustotal.DialectOf(provider)
			c.Dialect.Kinds = kinds
		}
	}
}

// others are the providers whose errors are undocumented.
func others() []string { return []string{virustotal.ReversingLabs, virustotal.Compatible} }

func TestRequestsOfOthers(t *testing.T) {
	link := indicator.Object{Kind: indicator.URL, Value: "http://lure.example.com/"}
	cases := map[string]struct {
		change func(*virustotal.Config)
		object indicator.Object
		want   string
	}{
		"a hash, of ReversingLabs": {
			func(c *virustotal.Config) { c.Provider = virustotal.ReversingLabs },
			emptyMD5(), "https://data.reversinglabs.com/api/v3/files/d41d8cd98f00b204e9800998ecf8427e",
		},
		"a URL, of ReversingLabs": {elsewhere("reversinglabs"), link, "https://reversinglabs.test/api/v3/urls/6ff67ba9a47631051c47663b4d8b4d63b7931ef9"},
		"a URL, of another":       {elsewhere("compatible"), link, "https://compatible.test/api/v3/urls/aHR0cDovL2x1cmUuZXhhbXBsZS5jb20v"},
		"a name, where it is set": {elsewhere("compatible", indicator.Domain), lureDomain(), "https://compatible.test/api/v3/domains/lure.example.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				got = append(got, r.Method+" "+r.URL.String()+" "+r.Header.Get("X-Apikey"))
				return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":{"attributes":{}}}`), nil
			}), c.change)
			if _, err := client.Look(t.Context(), c.object); err != nil {
				t.Fatalf("Look(%v): %v", c.object, err)
			}
			if want := "GET " + c.want + " " + key; len(got) != 1 || got[0] != want {
				t.Errorf("Look(%v) sent %q, want %q", c.object, got, want)
			}
		})
	}
}

// TestNothingIsAskedThatIsNotAnswered walks every kind of every provider: what is outside its kinds never reaches the wire.
func TestNothingIsAskedThatIsNotAnswered(t *testing.T) {
	objects := []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()}
	fileAndURL := []indicator.Kind{indicator.File, indicator.URL}
	for provider, want := range map[string][]indicator.Kind{"virustotal": indicator.Kinds(), "reversinglabs": fileAndURL, "compatible": fileAndURL} {
		var asked []indicator.Kind
		for _, object := range objects {
			client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, object.Kind)
				return clienttest.Answer(r, http.StatusOK, jsonType, `{"data":{"attributes":{}}}`), nil
			}), elsewhere(provider))
			_, err := client.Look(t.Context(), object)
			if answered := client.Dialect().Answers(object.Kind); answered != (err == nil) || !answered && fault.KindOf(err) != fault.Permanent {
				t.Errorf("%s: Look of a %s: %v (%v), and it is answered: %t", provider, object.Kind, err, fault.KindOf(err), answered)
			}
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("%s was asked about (-want +got):\n%s", provider, diff)
		}
	}
}

func TestOthersHaveNoQuotaPage(t *testing.T) {
	for _, provider := range others() {
		client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			t.Errorf("%s was asked: %s", provider, r.URL.Path)
			return clienttest.Answer(r, http.StatusOK, jsonType, `{}`), nil
		}), elsewhere(provider))
		if _, err := client.Quotas(t.Context()); fault.KindOf(err) != fault.Permanent {
			t.Errorf("%s: Quotas: %v (%v), want permanent", provider, err, fault.KindOf(err))
		}
	}
}

func TestOthersEveryStatusIsClassified(t *testing.T) {
	for _, provider := range others() {
		t.Run(provider, func(t *testing.T) {
			clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
				_, err := newClient(t, transport, elsewhere(provider)).Look(ctx, lureURL())
				return err
			})
		})
	}
}

// TestOthersErrorsGoByStatus gives bodies that would mean something else of VirusTotal.
func TestOthersErrorsGoByStatus(t *testing.T) {
	cases := map[string]struct {
		status     int
		kind, body string
		want       fault.Kind // Unknown for "not found".
	}{
		"404, nothing":              {404, "", "", fault.Unknown},
		"404, plain text":           {404, "text/plain", "not found", fault.Unknown},
		"404, as VirusTotal has it": {404, jsonType, errorBody("NotFoundError", "x"), fault.Unknown},
		"404, no such path, there":  {404, jsonType, errorBody("NotFoundError", "Resource not found"), fault.Unknown},
		"404, another code":         {404, jsonType, errorBody("ForbiddenError", ""), fault.Unknown},
		"404, JSON cut short":       {404, jsonType, `{"err`, fault.Unknown},
		"404, a page":               {404, "text/html", "<html>", fault.Transient},
		"404, an empty page":        {404, "text/html; charset=utf-8", "", fault.Transient},
		"404, a page, as text":      {404, "text/plain", "\ufeff\n <!DOCTYPE html>", fault.Transient},
		"404, a page, as JSON":      {404, jsonType, "<html>", fault.Transient},
		"400, not yet, there":       {400, jsonType, errorBody("NotAvailableYet", ""), fault.Permanent},
		"401":                       {401, "text/plain", "who are you, " + key, fault.Denied},
		"403":                       {403, "", "", fault.Denied},
		"429":                       {429, "text/plain", "Rate limit exceeded", fault.Quota},
		"500":                       {500, jsonType, errorBody("NotFoundError", ""), fault.Transient},
		"200, a page":               {200, "text/html", "<html>", fault.Transient},
		"200, nothing":              {200, jsonType, "", fault.Transient},
	}
	for _, provider := range others() {
		for name, c := range cases {
			t.Run(provider+", "+name, func(t *testing.T) {
				v, err := newClient(t, answers(c.status, c.kind, c.body), elsewhere(provider)).Look(t.Context(), emptyMD5())
				if c.want == fault.Unknown {
					if err != nil || v.Found || v.Provider != provider || v.Asked.IsZero() {
						t.Errorf("Look = %+v, %v; want not found", v, err)
					}
					return
				}
				if got := fault.KindOf(err); got != c.want {
					t.Errorf("Look = %v (%v), want %v", err, got, c.want)
				}
				clienttest.AssertNoLeak(t, err, key, emptyMD5().Value)
			})
		}
	}
}

func TestOthersIDs(t *testing.T) {
	other := strings.Repeat("0", 64)
	cases := map[string]struct {
		provider string
		object   indicator.Object
		data     string
		want     string
		fault    bool
	}{
		"ReversingLabs, a file":                 {"reversinglabs", emptyMD5(), `"id":"` + emptySHA256().Value + `","attributes":{}`, emptySHA256().Value, false},
		"ReversingLabs, another file":           {"reversinglabs", emptySHA256(), `"id":"` + other + `","attributes":{}`, "", true},
		"ReversingLabs, a URL by its SHA-1":     {"reversinglabs", lureURL(), `"id":"` + emptySHA1().Value + `","attributes":{"url":"http://www.google.com/"}`, "dd014af5ed6b38d9130e3f466f850e46d21b951199d53a18ef29ee9341614eaf", false},
		"another, an id of its own":             {"compatible", emptySHA256(), `"id":"` + other + `","type":"sample","attributes":{}`, "", false},
		"another, the file by its attributes":   {"compatible", emptySHA256(), `"id":"` + other + `","attributes":{"sha256":"` + emptySHA256().Value + `"}`, emptySHA256().Value, false},
		"another, another file":                 {"compatible", emptyMD5(), `"attributes":{"md5":"` + other[:32] + `"}`, "", true},
		"another, an address under some number": {"compatible", address(), `"id":"203.0.113.8","attributes":{}`, address().Value, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, answers(http.StatusOK, jsonType, `{"data":{`+c.data+`}}`), elsewhere(c.provider, indicator.Kinds()...))
			v, err := client.Look(t.Context(), c.object)
			if (err != nil) != c.fault || v.Object != c.want {
				t.Errorf("Look answered %s: Object = %q, %v; want %q", c.data, v.Object, err, c.want)
			}
		})
	}
}

func TestCompatibleReport(t *testing.T) {
	body := content(t, samples(t, "reversinglabs/vtcompat_file_report_seed_example.json")[0])
	v, err := newClient(t, answers(http.StatusOK, jsonType, body), elsewhere("reversinglabs")).Look(t.Context(), emptyMD5())
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	if diff := cmp.Diff(verdict.Counts{verdict.Malicious: 14, verdict.Undetected: 58}, v.Counts); diff != "" {
		t.Errorf("counts: %s", diff)
	}
	if v.Provider != "reversinglabs" || len(v.Engines) != 1 || v.Engines[0].Result != "Trojan.GenericKD.71234567" || v.Facts.Link != "" {
		t.Errorf("verdict: %+v", v)
	}
	if v.Facts.FirstSubmission.Unix() != 1706745600 || v.Facts.LastAnalysis.Unix() != 1712345678 {
		t.Errorf("dates: %v, %v", v.Facts.FirstSubmission, v.Facts.LastAnalysis)
	}
	clean(t, v)
}

// TestSameClassForTheSameCounts asks two providers about the same engines' opinions: VirusTotal tells all eight categories, the other
// the two or four that it has.
func TestSameClassForTheSameCounts(t *testing.T) {
	const engines = `"last_analysis_results":{"A":{"engine_name":"A","category":"malicious",`
	cases := map[string]struct {
		object      indicator.Object
		full, less  string // The statistics.
		class       verdict.Class
		opinions    int
		notProvided []verdict.Category
	}{
		"a file that 14 of 72 detect": {
			emptyMD5(), `"malicious":14,"undetected":58,"suspicious":0,"harmless":0,"timeout":0,"confirmed-timeout":0,"failure":0,"type-unsupported":0`,
			`"malicious":14,"undetected":58`, verdict.ClassMalicious, 72,
			[]verdict.Category{verdict.Suspicious, verdict.Harmless, verdict.Failure},
		},
		"a file that one detects": {emptyMD5(), `"malicious":1,"undetected":71,"suspicious":0,"harmless":0,"failure":4`, `"malicious":1,"undetected":71`, verdict.ClassSuspicious, 72, []verdict.Category{verdict.Failure}},
		"a file that none detects": {
			emptyMD5(), `"malicious":0,"undetected":72,"suspicious":0,"harmless":0,"type-unsupported":3`, `"malicious":0,"undetected":72`,
			verdict.ClassUndetected, 72,
			[]verdict.Category{verdict.Harmless},
		},
		"a URL that some call harmless": {
			lureURL(), `"malicious":0,"suspicious":1,"harmless":60,"undetected":9,"timeout":0`, `"malicious":0,"suspicious":1,"harmless":60,"undetected":9`,
			verdict.ClassHarmless, 70,
			[]verdict.Category{verdict.Timeout},
		},
		"no statistics": {emptyMD5(), ``, ``, verdict.ClassNoVerdict, 0, verdict.Categories()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			full := look(t, c.object, `{"last_analysis_stats":{`+c.full+`},`+engines+`"result":"Phish.A"}}}`)
			less := look(t, c.object, `{"last_analysis_stats":{`+c.less+`},`+engines+`"threat_names":["Phish.A"]}}}`, elsewhere("reversinglabs"))
			for _, v := range []verdict.Verdict{full, less} {
				if got := verdict.DefaultPolicy().Classify(v); got != c.class || v.Counts.Opinions() != c.opinions {
					t.Errorf("%s: %s of %d opinions, want %s of %d", v.Provider, got, v.Counts.Opinions(), c.class, c.opinions)
				}
			}
			for _, category := range c.notProvided {
				if less.Counts.Provided(category) {
					t.Errorf("%v: %s was not provided", less.Counts, category)
				}
			}
			if diff := cmp.Diff(full.Engines, less.Engines); diff != "" {
				t.Errorf("engines: %s", diff)
			}
			if kinds := slices.Sorted(maps.Keys(less.Counts)); len(kinds) > 4 {
				t.Errorf("counts of %v", kinds)
			}
		})
	}
}
