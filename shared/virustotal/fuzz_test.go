package virustotal_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
	"vtq.internal/shared/wire"
)

// FuzzReport answers with whole bodies: a verdict is published as it is and reads the same again, and an answer that is no report is
// transient.
func FuzzReport(f *testing.F) {
	const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, seed := range []string{
		`{"data":{"id":"` + sha256 + `","type":"file","attributes":{"sha256":"` + sha256 + `","md5":"x","names":["a\u202e","b"]}}}`,
		`{"data":{"id":"203.0.113.7","type":"ip_address","attributes":{"asn":4294967296,"country":"\u0000","as_owner":"` + strings.Repeat("ä", 400) + `"}}}`,
		`{"data":{"id":7,"type":"url","attributes":{"url":"http://x.test/\ud800","last_final_url":"http://y.test/","categories":{"a":"b","c":7}}}}`,
		`{"data":{"attributes":{"last_analysis_results":{"A":{"category":"malicious","threat_names":["x"]},"":{"category":"suspicious"}}}}}`,
		`{"data":{"attributes":{"last_analysis_date":253402300800,"first_submission_date":"-1","first_seen_itw_date":9e18}}}`,
		`{"data":{"attributes":{"sandbox_verdicts":{"":{"category":"malicious"},"Z":{"category":"harmless","sandbox_name":"Zen"}}}}}`,
		`{"data":[]}`, `{"data":{"attributes":[]}}`, `{"error":{"code":"NotFoundError"}}`, `null`, `<html>`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		client := newClient(t, answers(http.StatusOK, jsonType, body), private)
		for _, object := range []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()} {
			v, err := client.Look(t.Context(), object)
			if err != nil {
				if fault.KindOf(err) != fault.Transient || len(err.Error()) > 200 {
					t.Errorf("Look(%v) answered %q: %v, a %v fault", object, body, err, fault.KindOf(err))
				}
				continue
			}
			sent := wire.Verdict{Object: object, Verdict: v}
			message, err := wire.EncodeVerdict(sent)
			if err != nil {
				t.Fatalf("Look(%v) answered %q, which cannot be sent: %v", object, body, err)
			}
			got, err := wire.DecodeVerdict(message)
			if diff := cmp.Diff(sent, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(wire.Verdict{}, "Schema")); err != nil || diff != "" {
				t.Errorf("Look(%v) answered %q, sent (-want +got), %v:\n%s", object, body, err, diff)
			}
			if verdict.Clean(v.Object, verdict.MaxText) != v.Object || len(v.Aliases(object)) > 4 {
				t.Errorf("Look(%v) answered %q: it is %q, with aliases %q", object, body, v.Object, v.Aliases(object))
			}
		}
	})
}

// FuzzRefusals answers with whole bodies under every other status: the fault is one of the table, and says nothing that is not
// in the vendor's vocabulary.
func FuzzRefusals(f *testing.F) {
	for _, body := range []string{
		`{"error":{"code":"NotFoundError","message":"File \"` + emptyMD5().Value + `\" not found"}}`, `{"error":{"code":"NotAvailableYet"}}`,
		`{"error":{"code":"NotFoundError","message":"Resource not found"}}`, `{"error":{"code":"` + key + `"}}`, `{"error":"x"}`, `[]`, ``,
		`{"error":{"code":["QuotaExceededError"]}}`, `<html>` + key, `{"ERROR":{"Code":"QuotaExceededError"}}`,
	} {
		for _, status := range []uint16{300, 400, 401, 404, 424, 429, 503} {
			f.Add(status, body)
		}
	}
	said := regexp.MustCompile(`^(looking up a (file|url|domain|ip)|reading the quotas): GET [a-z0-9./{}_:-]+: status \d{3}( \([A-Za-z' -]+\))?(: [A-Za-z0-9 ,;'_-]{1,160})*$`)
	f.Fuzz(func(t *testing.T, status uint16, body string) {
		status = 300 + status%300
		client := newClient(t, answers(int(status), jsonType, body))
		var all []error
		for _, object := range []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()} {
			v, err := client.Look(t.Context(), object)
			if (err == nil) != (v.Provider != "") || err == nil && (status != http.StatusNotFound || v.Found) {
				t.Errorf("status %d, %q: %+v, %v", status, body, v, err)
			}
			all = append(all, err)
		}
		_, err := client.Quotas(t.Context())
		if err == nil {
			t.Errorf("status %d, %q: the quotas are told", status, body)
		}
		for _, err := range append(all, err) {
			if err != nil && (fault.KindOf(err) == fault.Unknown || !said.MatchString(err.Error())) {
				t.Errorf("status %d, %q: %q, a %v fault", status, body, err, fault.KindOf(err))
			}
		}
	})
}

// FuzzQuotas answers the page of quotas with whole bodies: what is told is not below zero, and a page that tells nothing is transient.
func FuzzQuotas(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"api_requests_hourly":{"user":{"allowed":240,"used":1}},"api_requests_daily":{"user":{"allowed":"500","used":2.0}}}}`,
		`{"data":{"api_requests_daily":{"user":{"allowed":-1,"used":-9223372036854775808},"group":{"allowed":9223372036854775807,"used":-1}}}}`,
		`{"data":{"api_requests_monthly":{"group":{"allowed":1e15,"used":null}}}}`, `{"data":{}}`, `{"data":[]}`, `{}`, `null`, `<html>`, ``,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		q, err := newClient(t, answers(http.StatusOK, jsonType, body)).Quotas(t.Context())
		if err != nil {
			if fault.KindOf(err) != fault.Transient || len(err.Error()) > 200 || q != (virustotal.Quotas{}) || errors.Unwrap(err) == nil {
				t.Errorf("Quotas answered %q = %+v, %v, a %v fault", body, q, err, fault.KindOf(err))
			}
			return
		}
		if q == (virustotal.Quotas{}) {
			t.Errorf("Quotas answered %q tell nothing", body)
		}
		for _, a := range []*virustotal.Allowance{q.Hourly, q.Daily, q.Monthly} {
			if a != nil && (a.Allowed < 0 || a.Used < 0 || a.Left() < 0 || a.Left() > a.Allowed) {
				t.Errorf("Quotas answered %q: %d allowed, %d used, %d left", body, a.Allowed, a.Used, a.Left())
			}
		}
	})
}
