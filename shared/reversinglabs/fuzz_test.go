package reversinglabs_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// seeds are answers of every shape that the tests have.
func seeds(f *testing.F, key string, wrap func(sample string) string) {
	f.Helper()
	for _, one := range []string{
		sample(`""`), sample(`[7,null,{}]`), sample(`[{"scanned_on":"2021-06-17T14:17:00",` + names("a", "a_online", "drweb") + "," + said("a=", "a_online=X") + `,"scanner_match":1}]`),
		sample(`[{"scanner_count":1e9,"results":[{"scanner":"ȺȺ_online","result":"\u202e"}]}]`), `{"sha1":"` + strings.ToUpper(other) + `"}`, `{"md5":7}`, `7`, ``,
	} {
		f.Add(wrap(one))
	}
	for _, body := range []string{`{"rl":{"` + key + `":""}}`, `{"rl":{}}`, `{"rl":[]}`, `null`, `<html>`, ``} {
		f.Add(body)
	}
}

// check looks at one verdict: it is published as it is and reads the same again, and counts nobody who was not there.
func check(t *testing.T, body string, v verdict.Verdict) {
	t.Helper()
	message := wire.Verdict{Object: file(sha1), Verdict: v}
	encoded, err := wire.EncodeVerdict(message)
	if err != nil {
		t.Fatalf("the verdict on %q cannot be sent: %v", body, err)
	}
	got, err := wire.DecodeVerdict(encoded)
	if diff := cmp.Diff(message, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(wire.Verdict{}, "Schema")); err != nil || diff != "" {
		t.Errorf("the verdict on %q, sent (-want +got), %v:\n%s", body, err, diff)
	}
	for category, n := range v.Counts {
		if n < 0 || n > verdict.MaxCount || v.Raw != nil && n > v.Raw.Of(category) && category == verdict.Malicious {
			t.Errorf("%q: %d engines say %s, of %v", body, n, category, v.Raw)
		}
	}
	if len(v.Engines) > v.Counts.Of(verdict.Malicious) || v.Counts != nil && v.Counts.Opinions() == 0 && v.Counts.Provided(verdict.Undetected) {
		t.Errorf("%q: %d engines of %v", body, len(v.Engines), v.Counts)
	}
	if !v.Found && (v.Counts != nil || v.Object != "") {
		t.Errorf("%q: not found, with %+v", body, v)
	}
}

// FuzzLookMany answers a batch with whole bodies: every object has a verdict or an error of its own, and an answer that is none is
// transient.
func FuzzLookMany(f *testing.F) {
	seeds(f, "samples", func(sample string) string {
		return `{"rl":{"samples":[` + strings.Trim(sample+`,{"sha1":"`+other+`"}`, ",") + `],"invalid_hashes":["` + numbered(7) + `"],"unknown_hashes":""}}`
	})
	f.Fuzz(func(t *testing.T, body string) {
		objects := files(sha1, other, numbered(7), "None")
		all, err := newClient(t, answers(http.StatusOK, jsonType, body), fold).LookMany(t.Context(), objects)
		if err != nil {
			if fault.KindOf(err) != fault.Transient || len(err.Error()) > 200 || all != nil {
				t.Errorf("LookMany answered %q = %+v, %v, a %v fault", body, all, err, fault.KindOf(err))
			}
			return
		}
		if len(all) != len(objects) || fault.KindOf(all[3].Err) != fault.Permanent {
			t.Fatalf("LookMany answered %q = %+v", body, all)
		}
		for _, a := range all {
			if a.Err == nil {
				check(t, body, a.Verdict)
				continue
			}
			permanent, singly := fault.KindOf(a.Err) == fault.Permanent, errors.Is(a.Err, reversinglabs.ErrSingly)
			if permanent == singly || a.Verdict.Provider != "" || len(a.Err.Error()) > 200 {
				t.Errorf("LookMany answered %q: %v beside %+v", body, a.Err, a.Verdict)
			}
		}
	})
}

// FuzzLook answers one question with whole bodies.
func FuzzLook(f *testing.F) {
	seeds(f, "sample", func(sample string) string { return `{"rl":{"sample":` + sample + `}}` })
	if body, err := os.ReadFile("../../../shared/samples/reversinglabs/tca0103_xref_single_malicious.json"); err == nil {
		f.Add(string(body))
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, changes := range [][]func(*reversinglabs.Config){nil, {fold}} {
			v, err := newClient(t, answers(http.StatusOK, jsonType, body), changes...).Look(t.Context(), file(sha1))
			if err == nil {
				check(t, body, v)
			} else if fault.KindOf(err) != fault.Transient || len(err.Error()) > 200 {
				t.Errorf("Look answered %q: %v, a %v fault", body, err, fault.KindOf(err))
			}
		}
	})
}

// FuzzRefusals answers with arbitrary refusals: each has a kind, and says nothing of what came.
func FuzzRefusals(f *testing.F) {
	f.Add(uint16(429), "Rate limit exceeded")
	f.Add(uint16(404), "<html>")
	f.Add(uint16(413), "")
	f.Fuzz(func(t *testing.T, status uint16, body string) {
		status = 300 + status%300
		client := newClient(t, answers(int(status), "text/plain", body))
		_, err := client.LookMany(t.Context(), files(sha1, other))
		if fault.KindOf(err) == fault.Unknown || len(err.Error()) > 300 || fault.RetryAfter(err) > 24*60*60*1e9 {
			t.Errorf("LookMany, status %d, %q: %v, a %v fault", status, body, err, fault.KindOf(err))
		}
		v, err := client.Look(t.Context(), file(sha1))
		if err == nil && (status != http.StatusNotFound || v.Found) || err != nil && fault.KindOf(err) == fault.Unknown {
			t.Errorf("Look, status %d, %q: %+v, %v", status, body, v, err)
		}
	})
}
