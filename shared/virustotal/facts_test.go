package virustotal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

func private(c *virustotal.Config) { c.PrivateKey = true }

func TestFacts(t *testing.T) {
	cases := map[string]struct {
		object     indicator.Object
		id         string
		attributes string
		want       verdict.Facts
	}{
		"nothing": {address(), "", `{}`, verdict.Facts{Link: "https://www.virustotal.com/gui/ip-address/203.0.113.7"}},
		"of everything": {address(), "203.0.113.7", `{"reputation":-12,"tags":["b","a","b",""],"last_analysis_date":1787152809,
			"first_submission_date":1275400795,"popular_threat_classification":{"suggested_threat_label":"trojan.\u202edog"}}`, verdict.Facts{
			Link: "https://www.virustotal.com/gui/ip-address/203.0.113.7", Reputation: new(int64(-12)), Tags: []string{"a", "b"},
			LastAnalysis: time.Unix(1787152809, 0).UTC(), FirstSubmission: time.Unix(1275400795, 0).UTC(), ThreatLabel: "trojan.dog",
		}},
		"of a file": {emptyMD5(), emptySHA256().Value, `{"md5":"D41D8CD98F00B204E9800998ECF8427E","sha1":"` + emptySHA1().Value + `","sha256":"x",
			"type_description":" Win32 EXE ","meaningful_name":"a\nb.exe","names":["c.exe"],"title":"no title of a file"}`, verdict.Facts{
			Link:     "https://www.virustotal.com/gui/file/" + emptySHA256().Value,
			FileType: "Win32 EXE", FileName: "a b.exe", MD5: emptyMD5().Value, SHA1: emptySHA1().Value, SHA256: emptySHA256().Value,
		}},
		"of a file without a name of meaning": {emptyMD5(), "", `{"names":[7,"","\u0000","c.exe","d.exe"]}`, verdict.Facts{FileName: "c.exe"}},
		"of a file with placeholders":         {emptyMD5(), "<SHA-256>", `{"md5":"...","sha1":"da39","sha256":"` + emptySHA1().Value + `"}`, verdict.Facts{}},
		"of a file whose id is no hash":       {emptyMD5(), "x", `{"sha256":"` + emptySHA256().Value + `"}`, verdict.Facts{Link: "https://www.virustotal.com/gui/file/" + emptySHA256().Value, SHA256: emptySHA256().Value}},
		"of a URL": {lureURL(), emptySHA256().Value, `{"url":"http://lure.example.com/","last_final_url":"https://lure.example.com/login",
			"title":"Log in","categories":{"A":"phishing","B":"malware","C":"phishing"},"registrar":"no registrar of a URL",
			"last_http_response_headers":{"set-cookie":"SECRET"},"last_http_response_cookies":{"session":"SECRET"}}`, verdict.Facts{
			Link: "https://www.virustotal.com/gui/url/" + emptySHA256().Value, URL: "http://lure.example.com/",
			FinalURL: "https://lure.example.com/login", Title: "Log in", Categories: []string{"malware", "phishing"},
		}},
		"of a URL that leads to itself": {lureURL(), "u-" + emptySHA256().Value + "-1599054323", `{"url":"http://www.google.com/","last_final_url":"http://www.google.com/"}`, verdict.Facts{
			Link: "https://www.virustotal.com/gui/url/dd014af5ed6b38d9130e3f466f850e46d21b951199d53a18ef29ee9341614eaf", URL: "http://www.google.com/",
		}},
		"of a URL without an id":       {lureURL(), "", `{}`, verdict.Facts{}},
		"of a URL with a line end":     {lureURL(), "", `{"last_final_url":"http://a.test/\n"}`, verdict.Facts{}},
		"of a URL as long as may be":   {lureURL(), "", `{"last_final_url":"` + strings.Repeat("u", verdict.MaxURL) + `"}`, verdict.Facts{FinalURL: strings.Repeat("u", verdict.MaxURL)}},
		"of a URL that would be cut":   {lureURL(), "", `{"last_final_url":"` + strings.Repeat("u", verdict.MaxURL+1) + `"}`, verdict.Facts{}},
		"of a domain":                  {lureDomain(), "lure.example.com", `{"registrar":"MarkMonitor Inc.","categories":{"A":"ads"},"country":"no country of a name"}`, verdict.Facts{Link: "https://www.virustotal.com/gui/domain/lure.example.com", Registrar: "MarkMonitor Inc.", Categories: []string{"ads"}}},
		"of a domain with an odd id":   {lureDomain(), "a/b\n?c", `{}`, verdict.Facts{Link: "https://www.virustotal.com/gui/domain/a%2Fb%20%3Fc"}},
		"of an address":                {address(), "", `{"country":"US","as_owner":"Google LLC","asn":15169}`, verdict.Facts{Link: "https://www.virustotal.com/gui/ip-address/203.0.113.7", Country: "US", ASOwner: "Google LLC", ASN: 15169}},
		"of an address, largest AS":    {address(), "", `{"asn":4294967295}`, verdict.Facts{Link: "https://www.virustotal.com/gui/ip-address/203.0.113.7", ASN: 4294967295}},
		"of an address, impossible AS": {address(), "", `{"asn":4294967296}`, verdict.Facts{Link: "https://www.virustotal.com/gui/ip-address/203.0.113.7"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v, err := newClient(t, answers(http.StatusOK, jsonType, `{"data":{"id":"`+strings.ReplaceAll(c.id, "\n", `\n`)+`","attributes":`+c.attributes+`}}`)).Look(t.Context(), c.object)
			if err != nil {
				t.Fatalf("Look: %v", err)
			}
			if diff := cmp.Diff(c.want, v.Facts); diff != "" {
				t.Errorf("facts of %s: %s", c.attributes, diff)
			}
		})
	}
}

func TestObject(t *testing.T) {
	cases := map[string]struct {
		object indicator.Object
		data   string
		want   string
	}{
		"a file's id":            {emptyMD5(), `"id":"` + strings.ToUpper(emptySHA256().Value) + `","attributes":{}`, emptySHA256().Value},
		"a file without":         {emptyMD5(), `"attributes":{}`, ""},
		"a URL's id":             {lureURL(), `"id":"` + emptySHA256().Value + `","attributes":{"url":"http://x.test/"}`, emptySHA256().Value},
		"a URL's SHA-1":          {lureURL(), `"id":"` + emptySHA1().Value + `","attributes":{"url":""}`, ""},
		"a name":                 {lureDomain(), `"id":"LURE.example.com","attributes":{}`, "LURE.example.com"},
		"a name without":         {lureDomain(), `"id":null,"attributes":{}`, lureDomain().Value},
		"an address in its form": {indicator.Object{Kind: indicator.IP, Value: "2001:db8::1"}, `"id":"2001:0db8::0:1","attributes":{}`, "2001:0db8::0:1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v, err := newClient(t, answers(http.StatusOK, jsonType, `{"data":{`+c.data+`}}`)).Look(t.Context(), c.object)
			if err != nil || v.Object != c.want {
				t.Errorf("Look answered %s: Object = %q, %v; want %q", c.data, v.Object, err, c.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	cases := map[string]struct {
		json string
		want time.Time
	}{
		"seconds":            {`1571882366`, time.Unix(1571882366, 0).UTC()},
		"seconds as a text":  {`"1571882366"`, time.Unix(1571882366, 0).UTC()},
		"seconds as a float": {`1.571882366e9`, time.Unix(1571882366, 0).UTC()},
		"the first second":   {`631152000`, time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)},
		"one before":         {`631151999`, time.Time{}},
		"the last second":    {`4133980799`, time.Date(2100, 12, 31, 23, 59, 59, 0, time.UTC)},
		"one after":          {`4133980800`, time.Time{}},
		"second one":         {`1`, time.Time{}},
		"milliseconds":       {`1571882366000`, time.Time{}},
		"the largest":        {`9223372036854775807`, time.Time{}},
		"a date in words":    {`"2019-10-24"`, time.Time{}},
		"null":               {`null`, time.Time{}},
		"too many digits":    {strings.Repeat("1", 33), time.Time{}},
		"a float too large":  {`1e300`, time.Time{}},
		"no number":          {`"NaN"`, time.Time{}},
		"an object":          {`{}`, time.Time{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := look(t, address(), `{"last_analysis_date":`+c.json+`}`).Facts.LastAnalysis; !got.Equal(c.want) {
				t.Errorf("a date of %s = %v, want %v", c.json, got, c.want)
			}
		})
	}
}

func TestPrivate(t *testing.T) {
	const attributes = `{
		"sandbox_verdicts":{"zen":{"sandbox_name":"Zenbox","category":"malicious"},"C2AE":{"category":"undetected"},"x":{},"y":7},
		"crowdsourced_yara_results":[{"rule_name":"B"},{"rule_name":"A"},{"rule_name":"B"},7],
		"sigma_analysis_results":[{"rule_title":"Hidden Executable"}],
		"first_seen_itw_date":1309516636,
		"gti_assessment":{"verdict":{"value":"VERDICT_MALICIOUS"},"severity":{"value":"SEVERITY_HIGH"},"threat_score":{"value":80}}}`
	want := verdict.Private{
		Sandboxes: []string{"C2AE: undetected", "Zenbox: malicious"}, YARA: []string{"A", "B"}, Sigma: []string{"Hidden Executable"},
		FirstSeenITW: time.Unix(1309516636, 0).UTC(), GTIVerdict: "VERDICT_MALICIOUS", GTISeverity: "SEVERITY_HIGH", GTIScore: new(int64(80)),
	}
	if diff := cmp.Diff(want, look(t, emptyMD5(), attributes, private).Facts.Private); diff != "" {
		t.Errorf("private facts: %s", diff)
	}
	if diff := cmp.Diff(verdict.Private{}, look(t, emptyMD5(), attributes).Facts.Private); diff != "" {
		t.Errorf("private facts without a private key: %s", diff)
	}
	for score, want := range map[string]*int64{"0": new(int64(0)), "100": new(int64(100)), "101": nil, "-1": nil, "null": nil} {
		got := look(t, emptyMD5(), `{"gti_assessment":{"threat_score":{"value":`+score+`}}}`, private).Facts.Private.GTIScore
		if !cmp.Equal(got, want) {
			t.Errorf("a threat score of %s = %v, want %v", score, got, want)
		}
	}
}

// TestAWrongTypeCostsItsOwnFieldOnly spoils one attribute after the other, in every way JSON has.
func TestAWrongTypeCostsItsOwnFieldOnly(t *testing.T) {
	fields := []string{
		"last_analysis_stats", "last_analysis_results", "last_analysis_date", "first_submission_date", "reputation", "tags",
		"popular_threat_classification", "md5", "sha1", "sha256", "type_description", "meaningful_name", "names", "sandbox_verdicts",
		"crowdsourced_yara_results", "sigma_analysis_results", "first_seen_itw_date", "gti_assessment", "title", "categories", "asn",
	}
	for _, field := range fields {
		for _, odd := range []string{`null`, `7`, `7.5`, `"x"`, `true`, `[]`, `[[7]]`, `{}`, `{"a":{"b":[7]}}`, `{"value":{"value":[]}}`} {
			v := look(t, emptyMD5(), `{"`+field+`":`+odd+`,"x":1}`, private)
			if !v.Found {
				t.Errorf("%s: %s costs the report", field, odd)
			}
			other := look(t, lureURL(), `{"`+field+`":`+odd+`,"url":"http://x.test/"}`)
			if other.Facts.URL != "http://x.test/" {
				t.Errorf("%s: %s costs the URL", field, odd)
			}
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	list := func(n int) string {
		return strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("t", verdict.MaxText+1)+`x",`, 1)+numbered(n), ",")
	}
	for n, want := range map[int]int{verdict.MaxList - 1: verdict.MaxList, verdict.MaxList: verdict.MaxList} {
		got := look(t, address(), `{"tags":[`+list(n)+`]}`).Facts.Tags
		if len(got) != want {
			t.Errorf("%d tags of %d", len(got), n+1)
		}
		for _, tag := range got {
			if len([]rune(tag)) > verdict.MaxText {
				t.Errorf("a tag of %d runes", len([]rune(tag)))
			}
		}
	}
}

// numbered is n different texts in JSON, with a comma after each.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"` + strings.Repeat("n", i+1) + `",`)
	}
	return b.String()
}

func TestLinks(t *testing.T) {
	cases := map[string]struct {
		change func(*virustotal.Config)
		want   string
	}{
		"of VirusTotal":       {func(*virustotal.Config) {}, "https://www.virustotal.com/gui/domain/lure.example.com"},
		"of another provider": {elsewhere("compatible", indicator.Kinds()...), ""},
		"of one's own":        {func(c *virustotal.Config) { c.LinkBase = "https://gui.test/x/" }, "https://gui.test/x/domain/lure.example.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := look(t, lureDomain(), `{}`, c.change).Facts.Link; got != c.want {
				t.Errorf("link %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzLook(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"last_analysis_stats":{"malicious":-1,"harmless":1e99}}`, `{"last_analysis_results":{"A":{"category":"malicious","result":null}}}`,
		`{"names":["a",{}],"tags":{"a":1},"asn":"15169","reputation":"x","url":"\ud800"}`, `{"gti_assessment":{"threat_score":{"value":"80"}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, attributes string) {
		for _, object := range []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()} {
			client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				return clienttest.Answer(r, http.StatusOK, jsonType, `{"data":{"attributes":`+attributes+`}}`), nil
			}), private)
			v, err := client.Look(t.Context(), object)
			if err == nil && (!v.Found || len(v.Engines) > verdict.MaxEngines || len(v.Facts.Tags) > verdict.MaxList) {
				t.Errorf("Look(%v) answered %s: %+v", object, attributes, v)
			}
			for category, n := range v.Counts {
				if n < 0 || n > verdict.MaxCount {
					t.Errorf("Look(%v) answered %s: %d engines say %s", object, attributes, n, category)
				}
			}
		}
	})
}
