package reversinglabs_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/reversinglabs"
)

func TestSingleHashes(t *testing.T) {
	for name, c := range map[string]struct {
		target   string
		status   int
		contains string
	}{
		"MD5":                       {xrefOne + "md5/" + md5Hex + "?format=json", 200, `"scanner_match":3`},
		"SHA-1":                     {xrefOne + "sha1/" + sha1Hex + "?format=json", 200, `"scanner_count":8`},
		"SHA-256 in upper case":     {xrefOne + "sha256/" + strings.ToUpper(sha256Hex) + "?format=json", 200, sha256Hex},
		"no format":                 {xrefOne + "md5/" + md5Hex, 200, "<scanner_match>3</scanner_match>"},
		"XML":                       {presenceOne + "md5/" + md5Hex + "?format=xml", 200, "<status>SUSPICIOUS</status>"},
		"another format":            {xrefOne + "md5/" + md5Hex + "?format=yaml", 400, ""},
		"another type":              {xrefOne + "sha1/" + md5Hex + "?format=json", 400, "Malformed hash"},
		"a type that is none":       {xrefOne + "sha512/" + md5Hex, 400, ""},
		"no hash":                   {xrefOne + "md5/" + strings.Repeat("x", 32), 400, ""},
		"an unknown one":            {xrefOne + "md5/" + strings.Repeat("a", 32), 404, "not found"},
		"a verdict":                 {presenceOne + "md5/" + md5Hex + "?format=json", 200, `{"rl":{"malware_presence":{"query_hash":{"md5":"` + md5Hex + `"},"status":"SUSPICIOUS"}}}`},
		"a verdict on no file":      {presenceOne + "sha1/" + strings.Repeat("a", 40) + "?format=json", 404, ""},
		"a verdict and its hashes":  {presenceOne + "md5/" + md5Hex + "?format=json&show_hashes=true", 200, `"sha1":"` + sha1Hex},
		"a verdict and its reasons": {presenceOne + "md5/" + md5Hex + "?format=json&extended=true", 200, `"threat_name":"Win32.Trojan.Duskrelay"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := get(t, stocked(t), c.target)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.contains) {
				t.Errorf("GET %s = %d %s, want %d with %s", c.target, w.Code, w.Body, c.status, c.contains)
			}
		})
	}
}

func TestXMLIsWellFormed(t *testing.T) {
	w := get(t, stocked(t), xrefOne+"md5/"+md5Hex)
	var body struct {
		Xref []struct {
			Match   int      `xml:"scanner_match"`
			Results []string `xml:"results>item>result"`
		} `xml:"sample>xref>item"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	want := []string{"Trojan.Duskrelay", "W32/Duskrelay <1> & more", "detected", "", ""}
	if len(body.Xref) != 1 || body.Xref[0].Match != 3 || !slices.Equal(body.Xref[0].Results, want) {
		t.Errorf("XML has %+v, want 3 matches and %q", body.Xref, want)
	}
	if got := w.Header().Get("Content-Type"); got != "application/xml" {
		t.Errorf("Content-Type = %q, want application/xml", got)
	}
}

func TestBulkOfHashes(t *testing.T) {
	unknown, malformed := strings.Repeat("a", 32), strings.Repeat("x", 32)
	for name, c := range map[string]struct {
		groups           bool
		target           string
		invalid, unknown any // The two groups.
		answered         int
	}{
		"xref":               {false, xrefMany, nil, nil, 1},
		"xref with groups":   {true, xrefMany, []any{sha1Hex, malformed}, []any{unknown}, 1},
		"verdicts":           {false, presenceMany, []any{sha1Hex, malformed}, nil, 2},
		"verdicts in groups": {true, presenceMany, []any{sha1Hex, malformed}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := stocked(t)
			s.Groups = c.groups
			body := tree(t, post(t, s, c.target, bulk("md5", unknown, sha1Hex, strings.ToUpper(md5Hex), malformed, md5Hex)))
			if got := at(body, "rl.invalid_hashes"); !cmp.Equal(got, c.invalid) {
				t.Errorf("invalid_hashes = %v, want %v", got, c.invalid)
			}
			if got := at(body, "rl.unknown_hashes"); !cmp.Equal(got, c.unknown) {
				t.Errorf("unknown_hashes = %v, want %v", got, c.unknown)
			}
			samples, _ := at(body, "rl.samples").([]any)
			entries, _ := at(body, "rl.entries").([]any)
			if len(samples)+len(entries) != c.answered || (samples != nil) != (c.target == xrefMany) {
				t.Errorf("%d samples and %d entries, want %d in all", len(samples), len(entries), c.answered)
			}
			want := map[string]int{unknown: 1, md5Hex: 2}
			if diff := cmp.Diff(want, s.Items()); diff != "" {
				t.Errorf("billed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownHashesAreEntriesInVerdicts(t *testing.T) {
	unknown := strings.Repeat("A", 32)
	body := tree(t, post(t, stocked(t), presenceMany+"?extended=true&show_hashes=true", bulk("md5", md5Hex, unknown)))
	if at(body, "rl.entries.1.status") != "UNKNOWN" || at(body, "rl.entries.1.query_hash.md5") != unknown {
		t.Errorf("second entry = %v, want UNKNOWN and the hash as sent", at(body, "rl.entries.1"))
	}
	if at(body, "rl.entries.0.md5") != md5Hex || at(body, "rl.entries.0.scanner_match") != 3.0 {
		t.Errorf("first entry = %v, want hashes and counts", at(body, "rl.entries.0"))
	}
}

func TestNoMoreThanAHundred(t *testing.T) {
	locations := func(n int) string {
		return `{"rl":{"query":{"network_locations":[` + strings.TrimSuffix(strings.Repeat(`{"network_location":"a.com"},`, n), ",") + `]}}}`
	}
	many := func(name string) func(n int) string {
		return func(n int) string {
			return `{"rl":{"query":{"` + name + `":[` + strings.TrimSuffix(strings.Repeat(`"8.8.8.8",`, n), ",") + `]}}}`
		}
	}
	hashes := func(n int) string { return bulk("sha1", numbered(n)...) }
	for target, body := range map[string]func(int) string{
		xrefMany: hashes, presenceMany: hashes, reputation: locations,
		"/api/networking/url/v1/report/bulk_query/json":    many("urls"),
		"/api/networking/domain/report/v1/bulk_query/json": many("domains"),
		"/api/networking/ip/report/v1/bulk_query/json":     many("ips"),
	} {
		for _, c := range []struct {
			n         int
			tooManyIs bool
			want      int
		}{{0, false, 400}, {1, false, 200}, {100, false, 200}, {101, false, 413}, {101, true, 400}, {100, true, 200}} {
			s := &reversinglabs.Server{TooManyIsBad: c.tooManyIs}
			if w := post(t, s, target, body(c.n)); w.Code != c.want {
				t.Errorf("POST %s with %d = %d, want %d", target, c.n, w.Code, c.want)
			}
			if c.want != 200 && s.Billed() != 0 {
				t.Errorf("POST %s with %d was billed", target, c.n)
			}
		}
	}
}

func TestBodies(t *testing.T) {
	const inXML = "<rl><query><hash_type>md5</hash_type><hashes><item>" + md5Hex + "</item></hashes></query></rl>"
	manyXML := strings.TrimSuffix(xrefMany, "json") + "xml"
	good := bulk("md5", md5Hex)
	edge := good + strings.Repeat(" ", reversinglabs.MaxBody-len(good))
	for name, c := range map[string]struct {
		target, declared, body string
		status                 int
		contentType            string
	}{
		"JSON":                     {xrefMany, "application/json", good, 200, "application/json"},
		"JSON with a charset":      {xrefMany, "application/json; charset=utf-8", good, 200, "application/json"},
		"as documented":            {xrefMany, "application/octet-stream", good, 200, "application/json"},
		"XML":                      {manyXML, "application/xml", inXML, 200, "application/xml"},
		"XML as documented":        {manyXML, "application/octet-stream", inXML, 200, "application/xml"},
		"XML, answered in JSON":    {manyXML + "?format=json", "text/xml", inXML, 200, "application/json"},
		"answered in another":      {xrefMany + "?format=yaml", "application/json", good, 400, ""},
		"a form":                   {xrefMany, "application/x-www-form-urlencoded", good, 400, ""},
		"undeclared":               {xrefMany, "", good, 400, ""},
		"declared to be XML":       {xrefMany, "application/xml", good, 400, ""},
		"another post format":      {strings.TrimSuffix(xrefMany, "json") + "yaml", "application/json", good, 400, ""},
		"empty":                    {xrefMany, "application/json", "", 400, ""},
		"half":                     {xrefMany, "application/json", good[:20], 400, ""},
		"two":                      {xrefMany, "application/json", good + good, 400, ""},
		"no query":                 {xrefMany, "application/json", `{"rl":{}}`, 400, ""},
		"XML without a query":      {manyXML, "application/xml", `<rl></rl>`, 400, ""},
		"half of XML":              {manyXML, "application/xml", inXML[:20], 400, ""},
		"no hash type":             {xrefMany, "application/json", bulk("", md5Hex), 400, ""},
		"another hash type":        {xrefMany, "application/json", bulk("sha512", md5Hex), 400, ""},
		"as large as can be":       {xrefMany, "application/json", edge, 200, "application/json"},
		"larger by one byte":       {xrefMany, "application/json", edge + " ", 413, ""},
		"wants another format":     {xrefMany, "application/json", `{"rl":{"query":{"hash_type":"md5","hashes":["` + md5Hex + `"],"response_format":"xml"}}}`, 200, "application/xml"},
		"nothing but invalid ones": {xrefMany, "application/json", bulk("md5", "x"), 200, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(t, stocked(t), c.target, c.body, "Content-Type", c.declared)
			if w.Code != c.status || (c.contentType != "" && w.Header().Get("Content-Type") != c.contentType) {
				t.Errorf("POST = %d %s, want %d %s", w.Code, w.Header().Get("Content-Type"), c.status, c.contentType)
			}
		})
	}
}

func TestShuffle(t *testing.T) {
	s := &reversinglabs.Server{}
	hashes := numbered(5)
	for _, hash := range hashes {
		add(t, s, `{"data":{"type":"file","id":"`+hash+`","attributes":{}}}`)
	}
	order := func(n int) (got []string) {
		samples, _ := at(tree(t, post(t, s, xrefMany, bulk("sha1", hashes[:n]...))), "rl.samples").([]any)
		for _, sample := range samples {
			got = append(got, fmt.Sprint(at(sample, "sha1")))
		}
		return got
	}
	for n := 2; n <= len(hashes); n++ {
		s.Shuffle = false
		if got := order(n); !slices.Equal(got, hashes[:n]) {
			t.Errorf("order of %d = %q, want as sent", n, got)
		}
		s.Shuffle = true
		got := order(n)
		if slices.Equal(got, hashes[:n]) {
			t.Errorf("shuffled order of %d = %q, want another than sent", n, got)
		}
		if slices.Sort(got); !slices.Equal(got, hashes[:n]) {
			t.Errorf("shuffling lost some of %d: %q", n, got)
		}
	}
}

func TestMethods(t *testing.T) {
	for target, allow := range map[string]string{xrefMany: http.MethodPost, suiteFile + md5Hex: http.MethodGet, usagePage: http.MethodGet} {
		w := ask(t, stocked(t), http.MethodPut, target, "")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != allow {
			t.Errorf("PUT %s = %d, Allow %q; want 405 and %s", target, w.Code, w.Header().Get("Allow"), allow)
		}
	}
}
