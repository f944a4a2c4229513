package reversinglabs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/reversinglabs"
)

func TestLocations(t *testing.T) {
	const url, domain, ip = "/api/networking/url/v1/report/", "/api/networking/domain/report/v1/", "/api/networking/ip/report/v1/"
	for name, c := range map[string]struct {
		path, member, known, unknown, invalid, requested string
	}{
		"URL":    {url, "url", pageURL, "google.com", "http://a b", "requested_url"},
		"domain": {domain, "domain", strings.ToUpper(hostName), "other.com", "localhost", "requested_domain"},
		"IP":     {ip, "ip", address, "2a0e::1", "1.2.3", "requested_ip"},
	} {
		t.Run(name, func(t *testing.T) {
			s := stocked(t)
			for sent, want := range map[string]int{c.known: 200, c.unknown: 404, c.invalid: 400, "": 400, strings.Repeat("a.", 5000): 400} {
				w := post(t, s, c.path+"query/json", fmt.Sprintf(`{"rl":{"query":{%q:%q,"response_format":"json"}}}`, c.member, sent))
				if w.Code != want {
					t.Errorf("query %q = %d %s, want %d", sent, w.Code, w.Body, want)
				}
				if want == http.StatusOK {
					checkReport(t, at(tree(t, w), "rl"), c.requested, sent)
				}
			}
			if s.Billed() != 1 {
				t.Errorf("billed %d single queries, want the one that was answered", s.Billed())
			}
			body := fmt.Sprintf(`{"rl":{"query":{"%ss":[%q,%q,%q]}}}`, c.member, c.unknown, c.invalid, c.known)
			entries, _ := at(tree(t, post(t, s, c.path+"bulk_query/json", body)), "rl.entries").([]any)
			if len(entries) != 1 || s.Billed() != 3 {
				t.Fatalf("bulk has %d entries and cost %d, want the known one, and the two valid", len(entries), s.Billed()-1)
			}
			checkReport(t, entries[0], c.requested, c.known)
		})
	}
}

// checkReport wants the sources of locationReport.
func checkReport(t *testing.T, report any, requested, sent string) {
	t.Helper()
	if got := at(report, requested); got != sent {
		t.Errorf("%s = %v, want %q as sent", requested, got, sent)
	}
	want := map[string]any{"malicious": 1.0, "clean": 1.0, "undetected": 1.0, "total": 3.0}
	if requested == "requested_ip" {
		want["suspicious"] = 0.0
	}
	if diff := cmp.Diff(want, at(report, "third_party_reputations.statistics")); diff != "" {
		t.Errorf("statistics of %s (-want +got):\n%s", sent, diff)
	}
	for i, detection := range []string{"malicious", "clean", "undetected"} {
		if got := at(report, fmt.Sprintf("third_party_reputations.sources.%d.detection", i)); got != detection {
			t.Errorf("source %d of %s says %v, want %s", i, sent, got, detection)
		}
	}
	if at(report, "third_party_reputations.sources.3") != nil {
		t.Errorf("%s has a source that timed out", sent)
	}
}

func TestReputations(t *testing.T) {
	s := stocked(t)
	body := tree(t, post(t, s, reputation, `{"rl":{"query":{"network_locations":[
		{"network_location":"`+pageURL+`"},{"network_location":"`+address+`","type":"ip"},{"network_location":"`+hostName+`"},
		{"network_location":"http://unknown.com/"},{"network_location":"google.com","type":"url"},{"network_location":"","type":"url"},
		{"network_location":"x","type":"ip"},{"network_location":"a.com","type":"planet"}]}}}`))
	entries, _ := at(body, "rl.entries").([]any)
	if len(entries) != 5 || s.Billed() != 5 {
		t.Fatalf("%d entries, %d billed; want the 5 valid ones", len(entries), s.Billed())
	}
	for i, want := range []struct {
		kind, location string
		classification any
		total          float64
	}{
		{"url", pageURL, "malicious", 3},
		{"ip", address, nil, 3},
		{"domain", hostName, nil, 3},
		{"url", "http://unknown.com/", nil, 0},
		{"url", "google.com", nil, 0},
	} {
		got := entries[i]
		if at(got, "type") != want.kind || at(got, "requested_network_location") != want.location ||
			at(got, "classification") != want.classification || at(got, "third_party_reputations.total") != want.total {
			t.Errorf("entry %d = %v, want %+v", i, got, want)
		}
	}
}

func TestClassifications(t *testing.T) {
	for stats, want := range map[string]string{
		`{"malicious":1,"suspicious":2,"harmless":90}`: "malicious", `{"suspicious":1,"harmless":90}`: "suspicious",
		`{"harmless":1,"undetected":90}`: "known", `{"undetected":90}`: "unknown", `{}`: "unknown",
	} {
		s := &reversinglabs.Server{}
		add(t, s, `{"data":{"type":"url","id":"x","attributes":{"url":"`+pageURL+`","last_analysis_stats":`+stats+`}}}`)
		body := tree(t, post(t, s, "/api/networking/url/v1/report/query/json", `{"rl":{"query":{"url":"`+pageURL+`"}}}`))
		if got := at(body, "rl.classification"); got != want {
			t.Errorf("classification of %s = %v, want %s", stats, got, want)
		}
	}
}

func TestAnAddressIsKnownInAnySpelling(t *testing.T) {
	s := &reversinglabs.Server{}
	add(t, s, locationReport("ip_address", "2A0E:B107:0::1"))
	w := post(t, s, "/api/networking/ip/report/v1/query/xml", "<rl><query><ip>2a0e:b107::1</ip></query></rl>", "Content-Type", "text/xml")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<requested_ip>2a0e:b107::1</requested_ip>") {
		t.Errorf("answer = %d %s, want 200 with the address", w.Code, w.Body)
	}
}

func TestUsage(t *testing.T) {
	s := stocked(t)
	s.Users = map[string]reversinglabs.User{
		reversinglabs.DefaultUser: {Password: reversinglabs.DefaultPassword, Account: reversinglabs.Account{Limits: reversinglabs.Limits{Day: 4}}},
	}
	post(t, s, xrefMany, bulk("sha1", numbered(3)...))
	get(t, s, presenceOne+"md5/"+md5Hex)
	get(t, s, usagePage)
	body := tree(t, get(t, s, usagePage+"/monthly?format=json")) // With nothing left of the budget.
	want := []any{
		map[string]any{"product": "TCA-0101 File Reputation", "number_of_queries": 1.0},
		map[string]any{"product": "TCA-0103", "number_of_queries": 3.0},
		map[string]any{"product": "TCA-9999", "number_of_queries": 2.0},
	}
	if diff := cmp.Diff(want, at(body, "rl.usage_report")); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if w := get(t, s, usagePage+"?format=xml"); !strings.Contains(w.Body.String(), "<usage_report><item>") {
		t.Errorf("usage in XML = %s", w.Body)
	}
	if w := get(t, s, usagePage+"?format=yaml"); w.Code != http.StatusBadRequest {
		t.Errorf("usage in another format = %d, want 400", w.Code)
	}
}
