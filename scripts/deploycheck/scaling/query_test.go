package scaling_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/scaling"
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

// told is the text of some metrics, each a line such as "remaining day 20". Without "open" the breaker is closed.
func told(lines ...string) string {
	var b strings.Builder
	open := 0
	for _, line := range lines {
		var name, window string
		var value float64
		if _, err := fmt.Sscanf(line, "%s %s %g", &name, &window, &value); err == nil {
			fmt.Fprintf(&b, "vtq_quota_%s{provider=\"virustotal\",window=%q} %g\n", name, window, value)
		}
		if line == "open" {
			open = 1
		}
	}
	fmt.Fprintf(&b, "vtq_breaker_open{provider=\"virustotal\"} %d\n", open)
	return b.String()
}

// TestTheBudget asks the chart's query of metrics that are written down.
func TestTheBudget(t *testing.T) {
	cases := map[string]struct {
		pods []string
		want float64
	}{
		"no limits":                   {[]string{told()}, unlimited},
		"a limit of the minute":       {[]string{told("limit minute 4", "remaining minute 0")}, unlimited},
		"a whole day":                 {[]string{told("limit day 400", "remaining day 380", "reserved day 20")}, 380},
		"nothing but what is kept":    {[]string{told("limit day 400", "remaining day 0", "reserved day 20", "remaining minute 4")}, 0},
		"a month with less":           {[]string{told("remaining day 400", "remaining month 7")}, 7},
		"a month alone":               {[]string{told("remaining month 50")}, 50},
		"one has heard of more":       {[]string{told("remaining day 400"), told("remaining day 50")}, 50},
		"an outage":                   {[]string{told("remaining day 400", "open")}, 0},
		"an outage that one has seen": {[]string{told("remaining day 400"), told("open")}, 0},
		"an outage without limits":    {[]string{told("open")}, 0},
		"an outage of a spent day":    {[]string{told("remaining day 0"), told("open")}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := scaling.NewPrometheus()
			for i, text := range c.pods {
				scrape(t, p, chart.Namespace, fmt.Sprintf("vtq-lookup-%d", i), text)
			}
			scrape(t, p, "elsewhere", "vtq-lookup-9", told("limit day 400", "remaining day 0", "open"))
			result, err := p.Query(t.Context(), query(t), time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC))
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

// TestNobodyTells has the query find nothing, which KEDA takes for zero: what is not known is no budget.
func TestNobodyTells(t *testing.T) {
	p := scaling.NewPrometheus()
	scrape(t, p, "elsewhere", "vtq-lookup-9", told("remaining day 400"))
	if result, err := p.Query(t.Context(), query(t), time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)); err != nil || len(result) != 0 {
		t.Errorf("Query() = %v, %v; want nothing", result, err)
	}
}
