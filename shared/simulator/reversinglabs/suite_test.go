package reversinglabs_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/simulator/virustotal"
)

func sha1Of(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestAFileInTheReducedSchema(t *testing.T) {
	s := stocked(t)
	const want = `{"data":{"attributes":{"first_submission_date":1706745600,"last_analysis_date":1712345678,` +
		`"last_analysis_results":{` +
		`"Alderwick AV":{"category":"malicious","engine_name":"Alderwick AV","result":"Trojan.Duskrelay"},` +
		`"Basaltine AV":{"category":"malicious","engine_name":"Basaltine AV","result":"W32/Duskrelay <1> & more"},` +
		`"Cindermoor AV":{"category":"malicious","engine_name":"Cindermoor AV","result":null},` +
		`"Driftmark AV":{"category":"undetected","engine_name":"Driftmark AV","result":null},` +
		`"Emberlyn AV":{"category":"undetected","engine_name":"Emberlyn AV","result":null}},` +
		`"last_analysis_stats":{"malicious":3,"undetected":2},"md5":"` + md5Hex + `","sha1":"` + sha1Hex + `","sha256":"` + sha256Hex +
		`"},"id":"` + sha256Hex + `"}}`
	for _, hash := range []string{md5Hex, sha1Hex, sha256Hex, strings.ToUpper(sha256Hex)} {
		w := get(t, s, suiteFile+hash)
		if diff := cmp.Diff(want, w.Body.String()); w.Code != http.StatusOK || diff != "" {
			t.Errorf("GET %s = %d (-want +got):\n%s", hash, w.Code, diff)
		}
	}
}

func TestAURLInTheReducedSchema(t *testing.T) {
	s := stocked(t)
	const want = `{"data":{"attributes":{"first_submission_date":1706745600,"last_analysis_date":1712345678,` +
		`"last_analysis_results":{` +
		`"Alderwick AV":{"category":"malicious","engine_name":"Alderwick AV","threat_names":["phishing"]},` +
		`"Basaltine AV":{"category":"harmless","engine_name":"Basaltine AV","threat_names":[]},` +
		`"Cindermoor AV":{"category":"undetected","engine_name":"Cindermoor AV","threat_names":[]}},` +
		`"last_analysis_stats":{"harmless":1,"malicious":1,"suspicious":0,"undetected":1},"url":"` + pageURL + `"},"id":"`
	w := get(t, s, suiteURL+sha1Of(pageURL))
	if diff := cmp.Diff(want+sha1Of(pageURL)+`"}}`, w.Body.String()); diff != "" {
		t.Errorf("a URL (-want +got):\n%s", diff)
	}
}

func TestURLIDs(t *testing.T) {
	raw := []byte(pageURL) // Whose base64 has the two digits in which the alphabets differ.
	urlSafe, standard := base64.RawURLEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw)
	if urlSafe == standard {
		t.Fatal("the URL does not tell the alphabets apart")
	}
	for name, c := range map[string]struct {
		id   string
		want int
	}{
		"SHA-1":                   {sha1Of(pageURL), 200},
		"SHA-1 in upper case":     {strings.ToUpper(sha1Of(pageURL)), 200},
		"base64url":               {urlSafe, 200},
		"base64":                  {strings.ReplaceAll(standard, "/", "%2F"), 200},
		"base64 with a slash":     {base64.RawStdEncoding.EncodeToString([]byte("http://a.com/???")), 404},
		"with padding":            {base64.URLEncoding.EncodeToString([]byte(pageURL + "x")), 404},
		"both alphabets":          {urlSafe + "-_+%2F", 404},
		"a line break":            {urlSafe[:4] + "%0A" + urlSafe[4:], 404},
		"VirusTotal's SHA-256":    {strings.Repeat("ab", 32), 404},
		"another URL":             {sha1Of(pageURL + "/"), 404},
		"in another spelling":     {base64.RawURLEncoding.EncodeToString([]byte("HTTP" + pageURL[4:])), 404},
		"what is no base64":       {"a*b", 404},
		"a slash after the route": {urlSafe + "/", 404},
	} {
		t.Run(name, func(t *testing.T) {
			if w := get(t, stocked(t), suiteURL+c.id); w.Code != c.want {
				t.Errorf("GET %s = %d, want %d", c.id, w.Code, c.want)
			}
		})
	}
}

func TestTypeAndLinks(t *testing.T) {
	s := stocked(t)
	for _, c := range []struct{ target, kind, link string }{
		{suiteFile + md5Hex, "file", suiteFile + sha256Hex}, {suiteURL + sha1Of(pageURL), "url", suiteURL + sha1Of(pageURL)},
	} {
		s.TypeAndLinks = false
		plain := tree(t, get(t, s, c.target))
		s.TypeAndLinks = true
		full := tree(t, get(t, s, c.target))
		if at(plain, "data.type") != nil || at(plain, "data.links") != nil {
			t.Errorf("GET %s has a type or links without the switch", c.target)
		}
		self, _ := at(full, "data.links.self").(string)
		if at(full, "data.type") != c.kind || !strings.HasSuffix(self, c.link) {
			t.Errorf("GET %s with the switch has type %v and link %q, want %s and %s", c.target, at(full, "data.type"), self, c.kind, c.link)
		}
	}
}

func TestErrorStyles(t *testing.T) {
	for style, want := range map[reversinglabs.ErrorStyle]string{
		reversinglabs.StyleVirusTotal: `{"error":{"code":"NotFoundError","message":"Requested data was not found"}}`,
		reversinglabs.StyleText:       "Requested data was not found\n",
		reversinglabs.StyleEmpty:      "",
	} {
		s := &reversinglabs.Server{ErrorStyle: style}
		if w := get(t, s, suiteFile+md5Hex); w.Code != http.StatusNotFound || w.Body.String() != want {
			t.Errorf("style %d = %d %q, want 404 %q", style, w.Code, w.Body, want)
		}
		if w := get(t, s, xrefOne+"md5/"+md5Hex); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("style %d changes native errors to %q", style, w.Header().Get("Content-Type"))
		}
	}
}

func TestReportsThatLeaveThingsOut(t *testing.T) {
	for name, c := range map[string]struct{ attributes, want string }{
		"no counts":    {`"md5":"` + md5Hex + `"`, `{"data":{"attributes":{"md5":"` + md5Hex + `"},"id":"` + md5Hex + `"}}`},
		"zero counts":  {`"last_analysis_stats":{"malicious":0}`, `"last_analysis_results":{},"last_analysis_stats":{"malicious":0,"undetected":0}`},
		"engines only": {`"last_analysis_results":{"A":{"category":"malicious"}}`, `"last_analysis_stats":{"malicious":1,"undetected":0}`},
		"one more than engines": {
			`"last_analysis_stats":{"undetected":3},"last_analysis_results":{"A":{"category":"undetected"}}`,
			`"last_analysis_stats":{"malicious":0,"undetected":3}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &reversinglabs.Server{}
			add(t, s, `{"data":{"type":"file","id":"`+md5Hex+`","attributes":{`+c.attributes+`}}}`)
			if w := get(t, s, suiteFile+md5Hex); !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("answer = %s, want it with %s", w.Body, c.want)
			}
		})
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	secret := "not-to-be-quoted"
	for name, raw := range map[string]string{
		"not JSON":       secret,
		"another shape":  `{"data":"` + secret + `"}`,
		"an error":       `{"error":{"code":"` + secret + `"}}`,
		"no attributes":  `{"data":{"type":"file","id":"` + md5Hex + `"}}`,
		"no hash":        `{"data":{"type":"file","id":"` + secret + `","attributes":{}}}`,
		"no URL":         `{"data":{"type":"url","id":"` + sha256Hex + `","attributes":{}}}`,
		"no domain":      `{"data":{"type":"domain","id":"` + secret + `","attributes":{}}}`,
		"no address":     `{"data":{"type":"ip_address","id":"` + secret + `","attributes":{}}}`,
		"another type":   `{"data":{"type":"` + secret + `","id":"x","attributes":{}}}`,
		"too large":      strings.Repeat(" ", reversinglabs.MaxReport+1),
		"half a report ": fileReport[:len(fileReport)/2],
	} {
		t.Run(name, func(t *testing.T) {
			err := new(reversinglabs.Server).AddReport([]byte(raw))
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("AddReport = %v, want an error that quotes nothing", err)
			}
			err = new(reversinglabs.Server).AddSample([]byte(raw))
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("AddSample = %v, want an error that quotes nothing", err)
			}
		})
	}
	padded := fileReport + strings.Repeat(" ", reversinglabs.MaxReport-len(fileReport))
	if err := new(reversinglabs.Server).AddReport([]byte(padded)); err != nil {
		t.Errorf("AddReport of MaxReport bytes = %v, want nil", err)
	}
}

// counts of the two categories that both services have for everything.
func counts(t *testing.T, body []byte) [2]int {
	t.Helper()
	var report struct {
		Data struct {
			Attributes struct {
				Stats struct{ Malicious, Undetected int } `json:"last_analysis_stats"`
			}
		}
	}
	if err := json.Unmarshal(body, &report); err != nil {
		t.Fatal(err)
	}
	return [2]int{report.Data.Attributes.Stats.Malicious, report.Data.Attributes.Stats.Undetected}
}

func TestTheSameIndicatorsHaveTheSameCounts(t *testing.T) {
	files, urls := 0, 0
	for _, item := range dataset.Demo() {
		if item.Report == nil {
			continue
		}
		report, err := virustotal.ParseReport(item.Report)
		if err != nil {
			t.Fatal(err)
		}
		s := &reversinglabs.Server{}
		add(t, s, string(item.Report))
		want := counts(t, item.Report)
		switch report.Kind {
		case virustotal.File:
			files++
			compare(t, item.Value, want, counts(t, get(t, s, suiteFile+report.ID).Body.Bytes()))
			compare(t, item.Value+" natively", want, scanned(t, s, report.ID))
		case virustotal.URL:
			urls++
			compare(t, item.Value, want, counts(t, get(t, s, suiteURL+sha1Of(report.Value)).Body.Bytes()))
		default:
			if w := get(t, s, "/api/v3/domains/"+report.ID); w.Code != http.StatusNotFound {
				t.Errorf("the suite has domains: %d, want 404", w.Code)
			}
		}
	}
	if files < 50 || urls < 30 {
		t.Errorf("compared %d files and %d URLs, want 50 and 30 or more", files, urls)
	}
}

// scanned counts the results of TCA-0103 that are texts, and those that are empty.
func scanned(t *testing.T, s *reversinglabs.Server, hash string) (got [2]int) {
	t.Helper()
	results, _ := at(tree(t, get(t, s, xrefOne+"sha256/"+hash+"?format=json")), "rl.sample.xref.0.results").([]any)
	for _, result := range results {
		if at(result, "result") != "" {
			got[0]++
		} else {
			got[1]++
		}
	}
	return got
}

func compare(t *testing.T, what string, want, got [2]int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: malicious and undetected = %v, want %v as VirusTotal has them", what, got, want)
	}
}

func TestSynthesize(t *testing.T) {
	var asked []string
	s := &reversinglabs.Server{Synthesize: func(kind, id string) []byte {
		asked = append(asked, kind+" "+id)
		switch kind {
		case "file":
			return []byte(fileReport)
		case "url":
			return []byte(`no report`)
		}
		return nil
	}}
	encoded := base64.RawURLEncoding.EncodeToString([]byte(pageURL))
	for target, want := range map[string]int{suiteFile + strings.ToUpper(md5Hex): 200, suiteURL + encoded: 404, suiteURL + sha1Hex: 404} {
		if w := get(t, s, target); w.Code != want {
			t.Errorf("GET %s = %d, want %d", target, w.Code, want)
		}
	}
	post(t, s, reputation, `{"rl":{"query":{"network_locations":[{"network_location":"A.COM"},{"network_location":"2A0E::0:1"}]}}}`)
	for _, want := range []string{"file " + md5Hex, "url " + pageURL, "url " + sha1Hex, "domain a.com", "ip_address 2a0e::1"} {
		if !strings.Contains(strings.Join(asked, "\n")+"\n", want+"\n") {
			t.Errorf("Synthesize was asked for %q, want %q among them", asked, want)
		}
	}
}
