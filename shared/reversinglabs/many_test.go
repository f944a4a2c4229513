package reversinglabs_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
)

// many asks about hashes that are answered so, and says in one word what became of each.
func many(t *testing.T, body string, objects ...indicator.Object) []string {
	t.Helper()
	answered, err := newClient(t, answers(http.StatusOK, jsonType, body)).LookMany(t.Context(), objects)
	if err != nil {
		t.Fatalf("LookMany answered %s: %v", body, err)
	}
	if len(answered) != len(objects) {
		t.Fatalf("%d answers to %d objects", len(answered), len(objects))
	}
	words := make([]string, 0, len(answered))
	for _, a := range answered {
		switch {
		case errors.Is(a.Err, reversinglabs.ErrSingly):
			words = append(words, "singly, "+fault.KindOf(a.Err).String())
		case a.Err != nil:
			words = append(words, fault.KindOf(a.Err).String())
		case !a.Verdict.Found:
			words = append(words, "unknown")
		default:
			words = append(words, fmt.Sprint("found ", a.Verdict.Counts.Of(verdict.Malicious)))
		}
		if (a.Err != nil) != (a.Verdict.Provider == "") {
			t.Errorf("an error beside a verdict: %+v", a)
		}
	}
	return words
}

// scanned is a sample by one hash, with so many detections at some time.
func scanned(hash string, malicious, year int) string {
	results := make([]string, 0, malicious)
	for i := range malicious {
		results = append(results, fmt.Sprintf("scanner%d=X", i))
	}
	return fmt.Sprintf(`{"sha1":"%s","xref":[{"scanned_on":"%d-01-01T00:00:00",%s}]}`, hash, year, said(results...))
}

func TestJoining(t *testing.T) {
	a, b, c := numbered(0xa), numbered(0xb), numbered(0xc)
	list := func(samples ...string) string { return `"samples":[` + strings.Join(samples, ",") + `]` }
	cases := map[string]struct {
		rl      string
		objects []indicator.Object
		want    []string
	}{
		"in another order":              {list(scanned(c, 3, 2021), scanned(a, 1, 2021), scanned(b, 2, 2021)), files(a, b, c), []string{"found 1", "found 2", "found 3"}},
		"in capitals":                   {list(scanned(strings.ToUpper(a), 1, 2021)), files(a), []string{"found 1"}},
		"asked in capitals":             {list(scanned(a, 1, 2021)), files(strings.ToUpper(a)), []string{"found 1"}},
		"asked twice":                   {list(scanned(a, 1, 2021)), files(a, b, a), []string{"found 1", "unknown", "found 1"}},
		"twice, the newer first":        {list(scanned(a, 2, 2022), scanned(a, 1, 2021)), files(a), []string{"found 2"}},
		"twice, the newer last":         {list(scanned(a, 2, 2021), scanned(a, 1, 2022)), files(a), []string{"found 1"}},
		"twice, once without a record":  {list(scanned(a, 2, 2021), `{"sha1":"`+a+`","xref":""}`), files(a), []string{"found 2"}},
		"sent minus returned":           {list(scanned(b, 2, 2021)), files(a, b, c), []string{"unknown", "found 2", "unknown"}},
		"nothing returned":              {list(), files(a, b), []string{"unknown", "unknown"}},
		"nothing, as XML has it":        {`"samples":""`, files(a), []string{"unknown"}},
		"nothing, as null":              {`"samples":null`, files(a), []string{"unknown"}},
		"a group of unknown ones":       {list(scanned(b, 2, 2021)) + `,"unknown_hashes":["` + a + `"]`, files(a, b, c), []string{"unknown", "found 2", "unknown"}},
		"that group alone":              {`"unknown_hashes":["` + a + `"]`, files(a), []string{"unknown"}},
		"groups as XML has them":        {list() + `,"unknown_hashes":"","invalid_hashes":""`, files(a), []string{"unknown"}},
		"a group that nobody knows":     {list() + `,"pending_hashes":["` + a + `"],"x":7`, files(a), []string{"unknown"}},
		"invalid ones":                  {list(scanned(b, 2, 2021)) + `,"invalid_hashes":["` + a + `"]`, files(a, b), []string{"permanent", "found 2"}},
		"found and called invalid":      {list(scanned(a, 2, 2021)) + `,"invalid_hashes":["` + a + `"]`, files(a), []string{"found 2"}},
		"called unknown and invalid":    {list() + `,"unknown_hashes":["` + a + `"],"invalid_hashes":["` + a + `"]`, files(a), []string{"permanent"}},
		"a file nobody asked about":     {list(scanned(b, 2, 2021), scanned(other, 1, 2021)), files(a, b), []string{"singly, transient", "found 2"}},
		"a file without its hash":       {list(scanned(b, 2, 2021), `{"md5":"`+md5+`"}`), files(a, b), []string{"singly, transient", "found 2"}},
		"an entry that is none":         {list(scanned(b, 2, 2021), `7`), files(a, b), []string{"singly, transient", "found 2"}},
		"such, but all are there":       {list(scanned(a, 2, 2021), `7`), files(a), []string{"found 2"}},
		"such, but it is called so":     {list(`7`) + `,"unknown_hashes":["` + a + `"]`, files(a, b), []string{"unknown", "singly, transient"}},
		"an invalid one nobody sent":    {list() + `,"invalid_hashes":["` + b + `"]`, files(a), []string{"singly, transient"}},
		"an unreadable invalid one":     {list() + `,"invalid_hashes":[{"sha1":"` + a + `"}]`, files(a), []string{"singly, transient"}},
		"an object that cannot be":      {list(scanned(a, 1, 2021)), append(files("None", a), indicator.Object{Kind: indicator.Domain, Value: "x.test"}), []string{"permanent", "found 1", "permanent"}},
		"a URL that looks like a hash":  {list(scanned(a, 1, 2021)), append(files(a), indicator.Object{Kind: indicator.URL, Value: a}), []string{"found 1", "permanent"}},
		"by MD5, with another's SHA-1s": {list(`{"md5":"` + strings.ToUpper(md5) + `","sha1":"` + other + `"}`), files(md5), []string{"found 0"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, many(t, `{"rl":{`+c.rl+`}}`, c.objects...)); diff != "" {
				t.Errorf("LookMany answered %s (-want +got):\n%s", c.rl, diff)
			}
		})
	}
}

func TestBatchesThatAreNotSent(t *testing.T) {
	full := make([]string, 0, reversinglabs.MaxHashes+1)
	for i := range reversinglabs.MaxHashes + 1 {
		full = append(full, numbered(i))
	}
	cases := map[string]struct {
		objects []indicator.Object
		want    error // Of the batch.
	}{
		"nothing":         {nil, nil},
		"nothing to ask":  {append(files("None", ""), indicator.Object{Kind: indicator.IP, Value: "192.0.2.1"}), nil},
		"too many":        {files(full...), reversinglabs.ErrTooMany},
		"of two types":    {files(sha1, md5), reversinglabs.ErrMixed},
		"of two, at last": {files("None", sha1, sha1, sha256), reversinglabs.ErrMixed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := newClient(t, untouched(t)).LookMany(t.Context(), c.objects)
			if !errors.Is(err, c.want) || c.want != nil && fault.KindOf(err) != fault.Permanent {
				t.Fatalf("LookMany: %v (%v), want %v", err, fault.KindOf(err), c.want)
			}
			for i, a := range got {
				if fault.KindOf(a.Err) != fault.Permanent {
					t.Errorf("answer %d: %v, want a permanent fault", i, a.Err)
				}
				clienttest.AssertNoLeak(t, a.Err, user, password, "192.0.2.1")
			}
		})
	}
}

// TestAFullBatchIsOneRequest is the other side of the edge.
func TestAFullBatchIsOneRequest(t *testing.T) {
	full := make([]string, 0, reversinglabs.MaxHashes)
	for i := range reversinglabs.MaxHashes {
		full = append(full, numbered(i))
	}
	var got []sent
	answered, err := newClient(t, keep(t, &got, `{"rl":{"samples":[]}}`)).LookMany(t.Context(), files(full...))
	if err != nil || len(answered) != reversinglabs.MaxHashes || len(got) != 1 || strings.Count(got[0].body, `"00`) != reversinglabs.MaxHashes {
		t.Errorf("LookMany = %d answers, %v, by %d requests", len(answered), err, len(got))
	}
}

func TestHashType(t *testing.T) {
	for value, want := range map[string]verdict.HashType{
		md5: verdict.MD5, sha1: verdict.SHA1, sha256: verdict.SHA256, strings.ToUpper(sha1): verdict.SHA1,
		"": "", "None": "", sha1[1:]: "", "g" + sha1[1:]: "",
	} {
		if got := reversinglabs.HashType(file(value)); got != want {
			t.Errorf("HashType(%q) = %q, want %q", value, got, want)
		}
	}
	if got := reversinglabs.HashType(indicator.Object{Kind: indicator.Domain, Value: md5}); got != "" {
		t.Errorf("HashType of a domain = %q, want none", got)
	}
}

func TestAskedIsTheTimeOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			time.Sleep(2500 * time.Millisecond)
			return clienttest.Answer(r, http.StatusOK, jsonType, `{"rl":{"samples":[`+scanned(sha1, 1, 2021)+`]}}`), nil
		}))
		want := time.Now().UTC().Add(2 * time.Second)
		answered, err := client.LookMany(t.Context(), files(sha1, other))
		if err != nil {
			t.Fatalf("LookMany: %v", err)
		}
		for i, a := range answered {
			if !a.Verdict.Asked.Equal(want) || a.Verdict.Asked.Location() != time.UTC {
				t.Errorf("answer %d: Asked = %v, want %v", i, a.Verdict.Asked, want)
			}
		}
	})
}
