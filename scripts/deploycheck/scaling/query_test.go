package scaling_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/scaling"
	"vtq.internal/services/lookup"
)

// unlimited is what a provider without limits counts as.
const unlimited = 1e9

// query is what the chart asks Prometheus about VirusTotal.
func query(t *testing.T, change ...func(chart.Values)) string {
	t.Helper()
	for _, trigger := range object(t, "lookup", change...).Spec.Triggers {
		if trigger.Name == "budget_virustotal" {
			return trigger.Metadata["query"]
		}
	}
	t.Fatal("nothing asks about the budget of VirusTotal")
	return ""
}

// told is the text of some metrics, each a line such as "remaining day 20".
func told(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		var name, window string
		var value float64
		if _, err := fmt.Sscanf(line, "%s %s %g", &name, &window, &value); err == nil {
			fmt.Fprintf(&b, "vtq_quota_%s{provider=\"virustotal\",window=%q} %g\n", name, window, value)
		}
		if line == "open" {
			b.WriteString("vtq_breaker_open{provider=\"virustotal\"} 1\n")
		}
	}
	return b.String()
}

// TestTheBudget asks the chart's query of metrics that are written down, at hours of which a test of real workers sees one.
func TestTheBudget(t *testing.T) {
	const noon, before, after = 12 * time.Hour, 23*time.Hour - time.Second, 23 * time.Hour
	spent := told("limit day 400", "remaining day 20", "limit minute 4", "remaining minute 0")
	cases := map[string]struct {
		at   time.Duration // Since midnight, UTC.
		pods []string
		want float64
	}{
		"nobody tells":                   {noon, nil, unlimited},
		"no limits":                      {noon, []string{told()}, unlimited},
		"a limit of the minute":          {noon, []string{told("limit minute 4", "remaining minute 0")}, unlimited},
		"a whole day":                    {noon, []string{told("limit day 400", "remaining day 400")}, 380},
		"what is kept":                   {noon, []string{spent}, 0},
		"less than what is kept":         {noon, []string{told("limit day 400", "remaining day 3")}, 0},
		"just before the last hour":      {before, []string{spent}, 0},
		"in the last hour":               {after, []string{spent}, 20},
		"a month with less":              {noon, []string{told("limit day 400", "remaining day 400", "limit month 900", "remaining month 7")}, 7},
		"a month alone":                  {noon, []string{told("limit month 900", "remaining month 50")}, 50},
		"one has heard of more":          {noon, []string{told("limit day 400", "remaining day 400"), told("limit day 400", "remaining day 50")}, 30},
		"an outage":                      {noon, []string{told("limit day 400", "remaining day 400", "open")}, 0},
		"an outage that one has seen":    {noon, []string{told("limit day 400", "remaining day 400"), told("open")}, 0},
		"an outage without limits":       {noon, []string{told("open")}, 0},
		"an outage of a day that is out": {after, []string{spent, told("open")}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := scaling.NewPrometheus()
			for i, text := range c.pods {
				scrape(t, p, chart.Namespace, fmt.Sprintf("vtq-lookup-%d", i), text)
			}
			scrape(t, p, "elsewhere", "vtq-lookup-9", told("limit day 400", "remaining day 0", "open"))
			result, err := p.Query(t.Context(), query(t), time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC).Add(c.at))
			if err != nil || len(result) != 1 || result[0].F != c.want {
				t.Errorf("Query() = %v, %v; want %v", result, err, c.want)
			}
		})
	}
}

func scrape(t *testing.T, p *scaling.Prometheus, namespace, pod, text string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, text)
	}))
	defer web.Close()
	if err := p.Scrape(t.Context(), namespace, pod, web.URL); err != nil {
		t.Fatal(err)
	}
}

// TestTheReserveIsThatOfTheSettings where the chart's values have none: it then stands in the template.
func TestTheReserveIsThatOfTheSettings(t *testing.T) {
	field, _ := reflect.TypeFor[lookup.Config]().FieldByName("UrgentReserve")
	if want := " - " + field.Tag.Get("envDefault") + " * "; !strings.Contains(query(t), want) {
		t.Errorf("query %s, want one with%q", query(t), want)
	}
	for set, want := range map[any]string{0.0: " - 0 * ", 0.25: " - 0.25 * ", "0.1": " - 0.1 * "} {
		got := query(t, func(values chart.Values) { values["settings"].(map[string]any)["VTQ_URGENT_RESERVE"] = set })
		if !strings.Contains(got, want) {
			t.Errorf("query %s with a reserve of %v, want one with%q", got, set, want)
		}
	}
}
