package threatq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

// mixed is a small library: ids 1 to 5, one second apart in every time, the third with a fraction.
func mixed(start time.Time) *threatq.Server {
	sim := &threatq.Server{}
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	for _, in := range []threatq.Indicator{
		{Type: "FQDN", Value: "www.Example.com", Score: 4, CreatedAt: at(1)},
		{Type: "IP Address", Value: "1.2.3.4", Score: 6.7, Status: "Review", CreatedAt: at(2)},
		{
			Type: "URL", Value: "http://example.com/a", Score: 10, CreatedAt: at(3.5),
			Attributes: []threatq.Attribute{{Name: "Malware Family", Value: "Dridex"}},
		},
		{Type: "MD5", Value: "35d60d2723c649c97b414b3cb701df1c", Status: "Whitelisted", CreatedAt: at(4)},
		{Type: "FQDN", Value: "other.net", Description: "seen with Dridex", CreatedAt: at(5), UpdatedAt: at(50), TouchedAt: at(60)},
	} {
		sim.AddIndicator(in)
	}
	return sim
}

func TestFilters(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	c := login(t, mixed(start))
	cases := map[string]struct {
		criteria, filters string
		want              []int64
	}{
		"nothing":                {`{}`, `{}`, []int64{1, 2, 3, 4, 5}},
		"nothing, PHP's way":     {`[]`, `[]`, []int64{1, 2, 3, 4, 5}},
		"nothing, null":          {`null`, `null`, []int64{1, 2, 3, 4, 5}},
		"facets nobody ticked":   {`{}`, `{"+and":[{"+or":[]},{"+and":[]}]}`, []int64{1, 2, 3, 4, 5}},
		"value in any case":      {`{"value":"WWW.example.com"}`, `{}`, []int64{1}},
		"value is":               {`{"value":{"is":"1.2.3.4"}}`, `{}`, []int64{2}},
		"value without a scheme": {`{"value":"example.com/a"}`, `{}`, []int64{3}},
		"value with one":         {`{"value":"http://example.com/a"}`, `{}`, nil},
		"value contains":         {`{"value":{"+contains":"EXAMPLE.com"}}`, `{}`, []int64{1, 3}},
		"both parts":             {`{"value":{"+contains":"example.com"}}`, `{"+and":[{"type_name":"FQDN"}]}`, []int64{1}},
		"type":                   {`{}`, `{"type":"FQDN"}`, []int64{1, 5}},
		"any of two types":       {`{}`, `{"+or":[{"type_name":"IP Address"},{"type_name":"MD5"}]}`, []int64{2, 4}},
		"or with an empty part":  {`{}`, `{"+or":[{"type_name":"IP Address"},{}]}`, []int64{1, 2, 3, 4, 5}},
		"status":                 {`{}`, `{"status_name":"Active"}`, []int64{1, 3, 5}},
		"keys of one object":     {`{}`, `{"type_name":"FQDN","status_name":"Active","score":{"+gte":4}}`, []int64{1}},
		"score, floored":         {`{}`, `{"score":6}`, []int64{2}},
		"score between":          {`{}`, `{"score":{"+gte":4,"+lt":10}}`, []int64{1, 2}},
		"score as text":          {`{}`, `{"score":{"+gt":"6"}}`, []int64{3}},
		"created up to":          {`{}`, `{"created_at":{"+lte":"2026-01-02 03:04:02"}}`, []int64{1, 2}},
		"milliseconds count":     {`{}`, `{"updated_at":{"+gt":"2026-01-02 03:04:03","+lt":"2026-01-02 03:04:04"}}`, []int64{3}},
		"with a fraction":        {`{}`, `{"updated_at":{"+gte":"2026-01-02 03:04:03.500","+lt":"2026-01-02 03:04:04"}}`, []int64{3}},
		"updated":                {`{}`, `{"updated_at":{"+gte":"2026-01-02 03:04:50"}}`, []int64{5}},
		"touched":                {`{}`, `{"touched_at":{"+gte":"2026-01-02 03:05:00"}}`, []int64{5}},
		"exactly then":           {`{}`, `{"created_at":"2026-01-02 03:04:01"}`, []int64{1}},
		"a day":                  {`{}`, `{"created_at":{"+gte":"2026-01-03"}}`, nil},
		"before now":             {`{}`, `{"updated_at":{"+gt":"2026-01-02 03:04:04","+lt":"NOW"}}`, []int64{5}},
		"mentions":               {`{"mentions":"dridex"}`, `{}`, []int64{3, 5}},
		"title":                  {`{"title":"x"}`, `{}`, nil},
		"nested as in the field": {
			`{}`, `{"+or":[{"+or":[{"+and":[{"+or":[{"type_name":"FQDN"}]},{"+or":[{"score":{"+gte":0,"+lte":100}}]},` +
				`{"+and":[{"+or":[{"value":"other.net"}]}]}]}]}]}`, []int64{5},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			got := c.query(nil, fmt.Sprintf(`{"criteria":%s,"filters":%s}`, tc.criteria, tc.filters))
			diff(t, "ids of "+tc.criteria+tc.filters, tc.want, got.ids())
			if number(got.doc["total"]) != int64(len(tc.want)) {
				t.Errorf("total = %v, want %d", got.doc["total"], len(tc.want))
			}
		})
	}
}

func TestRefusedFilters(t *testing.T) {
	c := login(t, &threatq.Server{})
	deep := strings.Repeat(`{"+and":[`, 40) + `{}` + strings.Repeat(`]}`, 40)
	cases := map[string]struct {
		body   string
		status int
	}{
		"operator that gave 500":   {`{"criteria":{"value":{"+equals":"x"}}}`, 500},
		"unknown operator":         {`{"filters":{"score":{"+ne":1}}}`, 500},
		"operator of another type": {`{"filters":{"value":{"+gte":"x"}}}`, 500},
		"operator on a date":       {`{"filters":{"created_at":{"+contains":"2026-01-02"}}}`, 500},
		"operator on a keyword":    {`{"filters":{"mentions":{"+gt":"x"}}}`, 500},
		"unknown field":            {`{"filters":{"+and":[{"source_name":"x"}]}}`, 500},
		"unknown connective":       {`{"filters":{"+not":[{"type_name":"x"}]}}`, 500},
		"list as value":            {`{"filters":{"type_name":["FQDN","URL"]}}`, 500},
		"number as value":          {`{"filters":{"type_name":15}}`, 500},
		"text as score":            {`{"filters":{"score":"high"}}`, 500},
		"null as score":            {`{"filters":{"score":null}}`, 500},
		"no date":                  {`{"filters":{"updated_at":{"+gt":"yesterday"}}}`, 500},
		"connective of an object":  {`{"filters":{"+and":{"type_name":"FQDN"}}}`, 400},
		"condition of a string":    {`{"filters":{"+and":["FQDN"]}}`, 400},
		"filters of a string":      {`{"filters":"FQDN"}`, 400},
		"too deep":                 {`{"filters":` + deep + `}`, 400},
		"no JSON":                  {`{"filters":`, 400},
		"two documents":            {`{} {}`, 400},
		"an array":                 {`[]`, 400},
		"nothing":                  {``, 400},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.want(tc.status, http.MethodPost, "/api/indicators/query", tc.body)
		})
	}
}

// The total of a query must not come from the cache when it can have changed.
func TestTotalsAreFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := login(t, &threatq.Server{})
		id := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "a.org", Score: 1})
		want := func(filters string, n int64) {
			t.Helper()
			if got := number(c.query(nil, `{"filters":`+filters+`}`).doc["total"]); got != n {
				t.Errorf("total of %s = %d, want %d", filters, got, n)
			}
		}
		active, high, past := `{"status_name":"Active"}`, `{"score":{"+gte":5}}`, `{"touched_at":{"+lt":"NOW"}}`
		want(active, 1)
		want(high, 0)
		want(past, 0)
		time.Sleep(time.Second)
		want(past, 1)
		c.want(http.StatusOK, http.MethodPut, fmt.Sprintf("/api/indicator/%d/scores", id), `{"manual_score":9}`)
		want(high, 1)
		want(past, 0)
		c.sim.SetStatus(id, "Expired")
		want(active, 0)
		for i := range 100 { // more filters than are remembered
			want(fmt.Sprintf(`{"value":"%d.org"}`, i), 0)
		}
		c.sim.SetStatus(id, "Active")
		want(active, 1)
	})
}
