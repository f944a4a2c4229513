package threatq_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

// recordedKeys are those of a search record without attributes and sources, as recorded 2022.
func recordedKeys() []string {
	return strings.Fields("adversaries class created_at expires_calculated_at hash id published_at score status status_id " +
		"touched_at type type_id updated_at value")
}

func tagged(sim *threatq.Server) *threatq.Server {
	nine := 9
	sim.AddIndicator(threatq.Indicator{
		Type: "MD5", Value: "35d60d2723c649c97b414b3cb701df1c", Score: 4.6, ManualScore: &nine, Tags: []string{"a", "b"},
		Attributes: []threatq.Attribute{{Name: "Country", Value: "US"}},
		Sources:    []threatq.Source{{Name: "PhishTank"}, {Name: "CERT", TLP: "amber"}},
	})
	return sim
}

func TestFields(t *testing.T) {
	cases := map[string]struct {
		fields []string
		want   string
	}{
		"some":            {[]string{"id", "value", "type", "score", "status", "tags"}, `{"id":1,"score":9,"status":"Active","tags":["a","b"],"type":"MD5","value":"35d60d2723c649c97b414b3cb701df1c"}`},
		"members":         {[]string{"type.name", "status.id"}, `{"status":{"id":1},"type":{"name":"MD5"}}`},
		"rows' members":   {[]string{"attributes.name", "attributes.value", "sources.name"}, `{"attributes":[{"name":"Country","value":"US"}],"sources":[{"name":"PhishTank"},{"name":"CERT"}]}`},
		"rows' sources":   {[]string{"attributes.name", "attributes.sources.name"}, `{"attributes":[{"name":"Country","sources":[{"name":"PhishTank"},{"name":"CERT"}]}]}`},
		"both scores":     {[]string{"generated_score", "manual_score"}, `{"generated_score":4,"manual_score":9}`},
		"the colour":      {[]string{"sources.tlp_id", "sources.tlp_name"}, `{"sources":[{},{"tlp_id":2,"tlp_name":"AMBER"}]}`},
		"unknown":         {[]string{"id", "watchlist"}, `{"id":1}`},
		"without value":   {[]string{"id", "description", "expires_at"}, `{"id":1}`},
		"always a list":   {[]string{"adversaries"}, `{"adversaries":[]}`},
		"only an unknown": {[]string{"x"}, `{}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := login(t, tagged(&threatq.Server{}))
			body, err := json.Marshal(map[string]any{"fields": tc.fields})
			if err != nil {
				t.Fatal(err)
			}
			inURL := url.Values{"fields": {strings.Join(tc.fields, ",")}}
			for where, got := range map[string]answer{"body": c.query(nil, string(body)), "URL": c.query(inURL, `{}`)} {
				raw, err := json.Marshal(got.rows()[0])
				if err != nil || string(raw) != tc.want {
					t.Errorf("fields %v in the %s = %s, %v, want %s", tc.fields, where, raw, err, tc.want)
				}
			}
		})
	}
}

func TestDefaultFields(t *testing.T) {
	cases := map[string]struct {
		legacy bool
		fields string
		extra  []string
	}{
		"since mid-2026":     {false, "", nil},
		"before":             {true, "", []string{"attributes", "sources"}},
		"star":               {false, "*", nil},
		"star, before":       {true, "*", nil},
		"star and rows":      {false, "*,attributes,sources", []string{"attributes", "sources"}},
		"star and a member":  {false, "*,attributes.name", []string{"attributes"}},
		"star and the type":  {false, "*,type", nil},
		"star and a score":   {false, "*,generated_score", []string{"generated_score"}},
		"star and a mystery": {false, "*,x", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sim := &threatq.Server{LegacyFields: tc.legacy}
			c := login(t, sim)
			sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org"})
			row := c.query(url.Values{"fields": {tc.fields}}, `{}`).rows()[0]
			for _, k := range tc.extra {
				if _, has := row[k]; !has {
					t.Errorf("record lacks %s", k)
				}
				delete(row, k)
			}
			diff(t, "other keys", recordedKeys(), keys(row))
			if kind, _ := row["type"].(map[string]any); kind["name"] != "FQDN" || kind["class"] != "network" {
				t.Errorf("type = %v, want an object", row["type"])
			}
		})
	}
}

func TestExpiryKeys(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for status, want := range map[string]string{"Active": "expires_at", "Expired": "expired_at"} {
		c := login(t, &threatq.Server{})
		c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", Status: status, ExpiresAt: at})
		row := c.query(url.Values{"fields": {"expires_at,expired_at"}}, `{}`).rows()[0]
		diff(t, status, map[string]any{want: "2030-01-02 03:04:05"}, row)
	}
}
