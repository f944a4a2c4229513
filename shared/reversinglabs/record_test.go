package reversinglabs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/verdict"
)

// sample is the empty file with these records.
func sample(xref string) string {
	return `{"md5":"` + md5 + `","sha1":"` + sha1 + `","sha256":"` + sha256 + `","xref":` + xref + `}`
}

// look asks about a file that is answered so, alone and in a batch: both must say the same.
func look(t *testing.T, sample string, changes ...func(*reversinglabs.Config)) verdict.Verdict {
	t.Helper()
	one, err := newClient(t, answers(http.StatusOK, jsonType, `{"rl":{"sample":`+sample+`}}`), changes...).Look(t.Context(), file(sha1))
	if err != nil {
		t.Fatalf("Look answered %s: %v", sample, err)
	}
	many, err := newClient(t, answers(http.StatusOK, jsonType, `{"rl":{"samples":[`+sample+`]}}`), changes...).LookMany(t.Context(), files(sha1))
	if err != nil || many[0].Err != nil {
		t.Fatalf("LookMany answered %s: %v, %v", sample, many, err)
	}
	one.Asked, many[0].Verdict.Asked = time.Time{}, time.Time{}
	if diff := cmp.Diff(one, many[0].Verdict); diff != "" {
		t.Errorf("alone and in a batch, %s gives (-alone +batch):\n%s", sample, diff)
	}
	return one
}

// lookAt asks about a file with one record of these fields.
func lookAt(t *testing.T, record string, changes ...func(*reversinglabs.Config)) verdict.Verdict {
	t.Helper()
	return look(t, sample(`[{`+record+`}]`), changes...)
}

func fold(c *reversinglabs.Config) { c.FoldVariants = true }

// names lists scanners; said lists results as "name=result".
func names(all ...string) string {
	for i, name := range all {
		all[i] = `{"name":"` + name + `","version":"v1.zip","timestamp":"2021-06-17T11:40:00"}`
	}
	return `"scanners":[` + strings.Join(all, ",") + `]`
}

func said(all ...string) string {
	for i, one := range all {
		name, result, _ := strings.Cut(one, "=")
		all[i] = `{"scanner":"` + name + `","result":"` + result + `"}`
	}
	return `"results":[` + strings.Join(all, ",") + `]`
}

func counts(malicious, undetected, failure int) verdict.Counts {
	return verdict.Counts{verdict.Malicious: malicious, verdict.Undetected: undetected, verdict.Failure: failure}
}

// The rows of the mapping from records to VirusTotal's terms, one test each.

func TestRowMalicious(t *testing.T) {
	v := lookAt(t, names("a", "b", "c")+","+said("a=Win32.Tox", "b=", "c=Trojan")+`,"scanner_match":2,"scanner_count":3`)
	if got := v.Counts.Of(verdict.Malicious); got != 2 || v.Miscounted {
		t.Errorf("malicious = %d, miscounted %t; want the 2 results with a name, as the service counts", got, v.Miscounted)
	}
}

func TestRowMaliciousDiffersFromScannerMatch(t *testing.T) {
	for match, want := range map[string]bool{`1`: false, `"1"`: false, `1.0`: false, `2`: true, `0`: true, `null`: false, `"many"`: false, `-1`: true} {
		v := lookAt(t, names("a", "b")+","+said("a=Win32.Tox", "b=")+`,"scanner_match":`+match)
		if v.Counts.Of(verdict.Malicious) != 1 || v.Miscounted != want {
			t.Errorf("scanner_match %s: malicious = %d, miscounted %t; want 1 as computed, %t", match, v.Counts.Of(verdict.Malicious), v.Miscounted, want)
		}
	}
}

func TestRowUndetected(t *testing.T) {
	v := lookAt(t, names("a", "b", "c", "d")+`,"results":[{"scanner":"a","result":""},{"scanner":"b","result":null},{"scanner":"c","result":" "},{"scanner":"d","result":"X"}]`)
	if diff := cmp.Diff(counts(1, 3, 0), v.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestRowFailure(t *testing.T) {
	cases := map[string]struct {
		record string
		want   verdict.Counts
	}{
		"without a result":          {names("a", "b", "drweb") + "," + said("a=X", "b="), counts(1, 1, 1)},
		"a result in other letters": {names("DrWeb") + "," + said("drweb="), counts(0, 1, 0)},
		"a result of odd type":      {names("a", "b") + `,"results":[{"scanner":"a","result":7},{"scanner":"b","result":"X"}]`, counts(1, 0, 1)},
		"a result left out":         {names("a", "b") + `,"results":[{"scanner":"a"},{"scanner":"b","result":"X"}]`, counts(1, 0, 1)},
		"counted, not listed":       {said("a=X", "b=") + `,"scanner_count":5`, counts(1, 1, 3)},
		"counted too low":           {said("a=X", "b=") + `,"scanner_count":1`, counts(1, 1, 0)},
		"neither":                   {said("a=X", "b="), verdict.Counts{verdict.Malicious: 1, verdict.Undetected: 1}},
		"a result nobody listed":    {names("a") + "," + said("a=", "b=X"), counts(1, 1, 0)},
		"a result of nobody":        {names("a") + `,"results":[{"scanner":"a","result":""},{"result":"X"},7,{"scanner":" ","result":"X"}]`, counts(0, 1, 0)},
		"two results of one":        {names("a") + "," + said("a=", "A=X", "a="), counts(1, 0, 0)},
		"more than can be":          {said("a=X") + `,"scanner_count":1000000`, counts(1, 0, verdict.MaxCount)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lookAt(t, c.record).Counts); diff != "" {
				t.Errorf("counts of %s (-want +got):\n%s", c.record, diff)
			}
		})
	}
}

func TestRowOtherCategoriesAreNotProvided(t *testing.T) {
	v := lookAt(t, names("a")+","+said("a="))
	for _, category := range verdict.Categories() {
		want := category == verdict.Malicious || category == verdict.Undetected || category == verdict.Failure
		if got := v.Counts.Provided(category); got != want {
			t.Errorf("%s provided: %t, want %t", category, got, want)
		}
	}
	if got := v.Counts.Opinions(); got != 1 {
		t.Errorf("%d opinions, want 1", got)
	}
}

func TestRowResultsEntry(t *testing.T) {
	v := lookAt(t, names("b", "a", "c", "d")+","+said("b=Win32.\\u202eTox", "c=", "a=Trojan"))
	want := []verdict.Engine{
		{Name: "a", Category: verdict.Malicious, Result: "Trojan"},
		{Name: "b", Category: verdict.Malicious, Result: "Win32.Tox"},
	}
	if diff := cmp.Diff(want, v.Engines); diff != "" {
		t.Errorf("engines (-want +got):\n%s", diff)
	}
}

func TestRowLastAnalysisDate(t *testing.T) {
	cases := map[string]struct {
		xref string
		want time.Time
	}{
		"no zone":           {`[{"scanned_on":"2021-06-17T14:17:00"}]`, time.Date(2021, 6, 17, 14, 17, 0, 0, time.UTC)},
		"with a fraction":   {`[{"scanned_on":"2021-06-17T14:17:00.75"}]`, time.Date(2021, 6, 17, 14, 17, 0, 0, time.UTC)},
		"with a zone":       {`[{"scanned_on":"2021-06-17T14:17:00+02:00"}]`, time.Date(2021, 6, 17, 12, 17, 0, 0, time.UTC)},
		"of the latest":     {`[{"scanned_on":"2020-01-01T00:00:00"},{"scanned_on":"2021-01-01T00:00:00"},{"scanned_on":"2019-01-01T00:00:00"}]`, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)},
		"one of no date":    {`[{"scanned_on":"yesterday"},{"scanned_on":"2021-01-01T00:00:00"},{"scanned_on":7}]`, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)},
		"before the web":    {`[{"scanned_on":"1970-01-01T00:00:01"}]`, time.Time{}},
		"no record":         {`[]`, time.Time{}},
		"a record of space": {`[7,"",null]`, time.Time{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := look(t, sample(c.xref)).Facts.LastAnalysis; !got.Equal(c.want) {
				t.Errorf("LastAnalysis of %s = %v, want %v", c.xref, got, c.want)
			}
		})
	}
}

// TestRowHistory has the records of a history in every order: the newest one speaks.
func TestRowHistory(t *testing.T) {
	records := []string{
		`{"scanned_on":"2020-01-01T00:00:00",` + names("a", "b") + "," + said("a=", "b=") + `}`,
		`{"scanned_on":"2022-01-01T00:00:00",` + names("a", "b") + "," + said("a=X", "b=") + `}`,
		`{"scanned_on":"2021-01-01T00:00:00",` + names("a", "b") + "," + said("a=X", "b=Y") + `}`,
		`{"scanned_on":"2022-01-01T00:00:00",` + names("a") + "," + said("a=") + `}`, // Of the same time, and says less.
	}
	for i := range records {
		order := append(append([]string{}, records[i:]...), records[:i]...)
		if diff := cmp.Diff(counts(1, 1, 0), look(t, sample(`[`+strings.Join(order, ",")+`]`)).Counts); diff != "" {
			t.Errorf("beginning with record %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestRowFirstSubmissionDate(t *testing.T) {
	v := look(t, `{"sha1":"`+sha1+`","first_seen_on":"2015-05-30T22:04:00","last_seen_on":"2021-06-17T14:17:00"}`)
	if want := time.Date(2015, 5, 30, 22, 4, 0, 0, time.UTC); !v.Facts.FirstSubmission.Equal(want) {
		t.Errorf("FirstSubmission = %v, want %v", v.Facts.FirstSubmission, want)
	}
}

func TestRowTypeAndHashes(t *testing.T) {
	v := look(t, `{"md5":"`+strings.ToUpper(md5)+`","sha1":"`+sha1+`","sha256":"`+sha256+`","sample_size":0,"sample_type":" PE32\nexecutable "}`)
	want := verdict.Facts{MD5: md5, SHA1: sha1, SHA256: sha256, FileType: "PE32 executable"}
	if diff := cmp.Diff(want, v.Facts); diff != "" || v.Object != sha256 {
		t.Errorf("object %q, facts (-want +got):\n%s", v.Object, diff)
	}
	v = look(t, `{"sha1":"`+sha1+`","md5":"x","sha256":"`+md5+`"}`)
	if diff := cmp.Diff(verdict.Facts{SHA1: sha1}, v.Facts); diff != "" || v.Object != "" {
		t.Errorf("object %q of hashes that are none, facts (-want +got):\n%s", v.Object, diff)
	}
}

func TestRowNoVerdict(t *testing.T) {
	failed := verdict.Counts{verdict.Failure: 2}
	cases := map[string]struct {
		xref string
		want verdict.Counts
	}{
		"no records at all":       {`""`, nil},
		"records of null":         {`null`, nil},
		"an empty list":           {`[]`, nil},
		"no results":              {`[{` + names("a", "b") + `}]`, failed},
		"results of nothing":      {`[{` + names("a", "b") + `,"results":""}]`, failed},
		"an empty list of them":   {`[{` + names("a", "b") + `,"results":[],"scanner_match":0,"scanner_count":2}]`, failed},
		"counted, not listed":     {`[{"scanner_match":0,"scanner_count":2}]`, failed},
		"nobody was asked":        {`[{"scanners":[],"results":[],"scanner_count":0}]`, nil},
		"a record of odd type":    {`[7]`, nil},
		"records of another type": {`{"scanners":[]}`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := look(t, sample(c.xref))
			if diff := cmp.Diff(c.want, v.Counts); diff != "" {
				t.Errorf("counts of %s (-want +got):\n%s", c.xref, diff)
			}
			if got := verdict.DefaultPolicy().Classify(v); got != verdict.ClassNoVerdict || !v.Found || v.Engines != nil {
				t.Errorf("%s is %s, found %t; want No Verdict on a file that is known", c.xref, got, v.Found)
			}
		})
	}
}

func TestRowUnknownHash(t *testing.T) {
	v, err := newClient(t, answers(http.StatusNotFound, "text/plain", "no such sample")).Look(t.Context(), file(sha1))
	if err != nil || v.Found || v.Provider != "reversinglabs" || verdict.DefaultPolicy().Classify(v) != verdict.ClassNotFound {
		t.Errorf("Look = %+v, %v; want not found", v, err)
	}
	many, err := newClient(t, answers(http.StatusOK, jsonType, `{"rl":{"samples":[`+sample(`""`)+`]}}`)).LookMany(t.Context(), files(other, sha1))
	if err != nil || many[0].Err != nil || many[0].Verdict.Found || !many[1].Verdict.Found || many[0].Verdict.Asked.IsZero() {
		t.Errorf("LookMany = %+v, %v; want what was sent and did not return not found", many, err)
	}
}

func TestRowInvalidHash(t *testing.T) {
	body := `{"rl":{"samples":[` + sample(`""`) + `],"invalid_hashes":["` + strings.ToUpper(other) + `"]}}`
	many, err := newClient(t, answers(http.StatusOK, jsonType, body)).LookMany(t.Context(), files(other, sha1, numbered(7)))
	if err != nil || fault.KindOf(many[0].Err) != fault.Permanent || many[1].Err != nil || many[2].Err != nil {
		t.Errorf("LookMany = %+v, %v; want the first one's fault to be permanent", many, err)
	}
}

func TestRowSingleScanIsABoolOrANumber(t *testing.T) {
	for _, odd := range []string{"true", "false", "0", "1", `"1"`, "null", "{}"} {
		v := look(t, `{"sha1":"`+sha1+`","single_scan":`+odd+`,"xref":[{`+names("a")+","+said("a=X")+`}]}`)
		if diff := cmp.Diff(counts(1, 0, 0), v.Counts); diff != "" {
			t.Errorf("single_scan %s (-want +got):\n%s", odd, diff)
		}
	}
}

func TestRowVariants(t *testing.T) {
	engine := func(name, result string) verdict.Engine {
		return verdict.Engine{Name: name, Category: verdict.Malicious, Result: result}
	}
	cases := map[string]struct {
		record    string
		want, raw verdict.Counts
		engines   []verdict.Engine
	}{
		"the worst of them wins": {
			names("sophos", "sophos_online", "sophos_susi", "x") + "," + said("sophos=", "sophos_susi=Mal/A", "x="),
			counts(1, 1, 0), counts(1, 2, 1),
			[]verdict.Engine{engine("sophos", "Mal/A")},
		},
		"nothing found is worse than a failure": {names("a", "a_beta") + "," + said("a_beta="), counts(0, 1, 0), counts(0, 1, 1), nil},
		"the plain name speaks for all":         {names("a_consumer", "a") + "," + said("a_consumer=X", "a=Y"), counts(1, 0, 0), counts(2, 0, 0), []verdict.Engine{engine("a", "Y")}},
		"a variant without its engine":          {names("fireeye_online") + "," + said("fireeye_online=X"), counts(1, 0, 0), nil, []verdict.Engine{engine("fireeye", "X")}},
		"a variant of a variant":                {names("a", "a_beta_ONLINE") + "," + said("a=", "a_beta_ONLINE=X"), counts(1, 0, 0), counts(1, 1, 0), []verdict.Engine{engine("a", "X")}},
		"a name with an underscore":             {names("f_prot", "f") + "," + said("f_prot=X", "f=Y"), counts(2, 0, 0), nil, []verdict.Engine{engine("f", "Y"), engine("f_prot", "X")}},
		"nothing but an end":                    {names("_online") + "," + said("_online=X"), counts(1, 0, 0), nil, []verdict.Engine{engine("_online", "X")}},
		"letters that grow when lowered":        {names("ȺȺ_online") + "," + said("ȺȺ_online=X"), counts(1, 0, 0), nil, []verdict.Engine{engine("ȺȺ", "X")}},
		"those that nobody listed stay":         {said("a=X", "a_beta=X") + `,"scanner_count":5`, counts(1, 0, 3), counts(2, 0, 3), []verdict.Engine{engine("a", "X")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := lookAt(t, c.record, fold)
			if diff := cmp.Diff([]any{c.want, c.raw, c.engines}, []any{v.Counts, v.Raw, v.Engines}); diff != "" {
				t.Errorf("counts, raw counts and engines of %s (-want +got):\n%s", c.record, diff)
			}
			if raw := lookAt(t, c.record); raw.Raw != nil || c.raw != nil && !cmp.Equal(c.raw, raw.Counts) {
				t.Errorf("unfolded: %v, raw %v; want %v", raw.Counts, raw.Raw, c.raw)
			}
		})
	}
}

// TestBounds fills a record with more scanners than a verdict keeps.
func TestBounds(t *testing.T) {
	var all, results []string
	for i := range verdict.MaxEngines + 1 {
		all, results = append(all, fmt.Sprintf("scanner%03d", i)), append(results, fmt.Sprintf("scanner%03d=%s", i, strings.Repeat("x", verdict.MaxItem+1)))
	}
	v := lookAt(t, names(all...)+","+said(results...))
	if len(v.Engines) != verdict.MaxEngines || v.Counts.Of(verdict.Malicious) != verdict.MaxEngines+1 {
		t.Errorf("%d engines of %d, want %d", len(v.Engines), v.Counts.Of(verdict.Malicious), verdict.MaxEngines)
	}
	if got := len([]rune(v.Engines[0].Result)); got != verdict.MaxItem {
		t.Errorf("a result of %d runes, want %d", got, verdict.MaxItem)
	}
}
