package virustotal_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/simulator/dataset"
	compatible "vtq.internal/shared/simulator/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// lookElsewhere is a client of the simulated suite, by its base URL and its key.
func lookElsewhere(t *testing.T, server *compatible.Server, provider string) *virustotal.Client {
	t.Helper()
	loopback := httptest.NewServer(server)
	t.Cleanup(loopback.Close)
	transport, err := rest.NewTransport(rest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, transport, elsewhere(provider), func(c *virustotal.Config) {
		c.BaseURL, c.APIKey = loopback.URL+"/api/v3", compatible.DefaultKey
	})
}

// TestTheSameIndicatorsElsewhere enriches the demo's files and URLs at VirusTotal and, by another base URL and key, at the compatible
// suite, which serves the same engines in its own schema.
func TestTheSameIndicatorsElsewhere(t *testing.T) {
	there, here := unlimited(t), &compatible.Server{ErrorStyle: compatible.StyleEmpty}
	var objects []indicator.Object
	for _, item := range dataset.Demo() {
		kind, ok := map[string]indicator.Kind{"MD5": indicator.File, "SHA-1": indicator.File, "SHA-256": indicator.File, "URL": indicator.URL}[item.Type]
		if !ok || item.Report == nil || item.Object == "" {
			continue
		}
		if err := there.AddReport(item.Report); err != nil {
			t.Fatal(err)
		}
		if err := here.AddReport(item.Report); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, indicator.Object{Kind: kind, Value: item.Object})
	}
	one, another := simulated(t, there), lookElsewhere(t, here, virustotal.ReversingLabs)
	compared := 0
	for _, object := range objects {
		full, err := one.Look(t.Context(), object)
		if err != nil {
			t.Fatalf("Look at VirusTotal: %v", err)
		}
		less, err := another.Look(t.Context(), object)
		if err != nil || less.Provider != virustotal.ReversingLabs {
			t.Fatalf("Look elsewhere: %+v, %v", less, err)
		}
		if full.Found && less.Found && cmp.Equal(opinions(full), opinions(less)) {
			compared++
			if got, want := verdict.DefaultPolicy().Classify(less), verdict.DefaultPolicy().Classify(full); got != want || less.Counts.Opinions() != full.Counts.Opinions() {
				t.Errorf("%s of %d elsewhere, %s of %d at VirusTotal: %v, %v", got, less.Counts.Opinions(), want, full.Counts.Opinions(), less.Counts, full.Counts)
			}
		}
	}
	if compared < len(objects)/2 {
		t.Errorf("%d of %d objects have the same counts at both", compared, len(objects))
	}
}

// opinions are the counts that make a class, those that are not zero.
func opinions(v verdict.Verdict) map[verdict.Category]int {
	all := map[verdict.Category]int{}
	for category, n := range v.Counts {
		if n > 0 && category.Opinion() {
			all[category] = n
		}
	}
	return all
}

func TestSimulatedRefusalsElsewhere(t *testing.T) {
	for name, style := range map[string]compatible.ErrorStyle{
		"as VirusTotal": compatible.StyleVirusTotal, "as text": compatible.StyleText, "empty": compatible.StyleEmpty,
	} {
		t.Run(name, func(t *testing.T) {
			server := &compatible.Server{ErrorStyle: style, Keys: map[string]compatible.Account{compatible.DefaultKey: {Limits: compatible.Limits{Day: 1}}}}
			if err := server.AddReport([]byte(emptyReport)); err != nil {
				t.Fatal(err)
			}
			client := lookElsewhere(t, server, virustotal.ReversingLabs)
			if v, err := client.Look(t.Context(), lureURL()); err != nil || v.Found {
				t.Errorf("Look of an unknown URL = %+v, %v; want not found", v, err)
			}
			if v, err := client.Look(t.Context(), emptyMD5()); err != nil || !v.Found || v.Object != emptySHA256().Value {
				t.Errorf("Look = %+v, %v; want the empty file", v, err)
			}
			if _, err := client.Look(t.Context(), emptyMD5()); fault.KindOf(err) != fault.Quota {
				t.Errorf("Look beyond the budget: %v (%v), want quota", err, fault.KindOf(err))
			}
			for _, object := range []indicator.Object{lureDomain(), address()} {
				if _, err := client.Look(t.Context(), object); fault.KindOf(err) != fault.Permanent {
					t.Errorf("Look of a %s: %v (%v), want permanent", object.Kind, err, fault.KindOf(err))
				}
			}
			if got := server.Requests().Endpoint(compatible.Other); got != 0 {
				t.Errorf("%d requests for what the suite does not have", got)
			}
		})
	}
	server := &compatible.Server{Keys: map[string]compatible.Account{strings.Repeat("k", 40): {}}}
	_, err := lookElsewhere(t, server, virustotal.ReversingLabs).Look(t.Context(), emptyMD5())
	if fault.KindOf(err) != fault.Denied {
		t.Errorf("Look with a wrong key: %v (%v), want denied", err, fault.KindOf(err))
	}
	clienttest.AssertNoLeak(t, err, compatible.DefaultKey, emptyMD5().Value)
}
