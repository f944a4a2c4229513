package threatq_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

const consumePath = "/api/indicators/consume"

func TestConsumeAddsToWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, id, _ := one(t, &threatq.Server{})
		before, _ := c.sim.Indicator(id)
		time.Sleep(time.Minute)
		row := c.want(http.StatusOK, http.MethodPost, consumePath, `[{"value":"EXAMPLE.org","type":{"name":"FQDN"},"score":9,
			"attributes":[{"name":"A","value":"1","sources":[{"name":"VirusTotal","tlp_id":4}]}],"tags":["x",{"name":"y"}]}]`).rows()[0]
		after, _ := c.sim.Indicator(id)
		if number(row["id"]) != id || row["value"] != "example.org" {
			t.Errorf("answer = %v, want the value as it is stored", row)
		}
		if c.sim.Len() != 1 || !after.UpdatedAt.Equal(before.UpdatedAt) || after.TouchedAt.Equal(before.TouchedAt) || after.Score != 0 {
			t.Errorf("after = %+v, want the one indicator touched, not updated, without a score", after)
		}
		diff(t, "attributes", []string{"A=1"}, values(c.sim, id))
		diff(t, "sources of the row", "VirusTotal/WHITE", sourceNames(after.Attributes[0]))
		diff(t, "sources", []threatq.Source{{Name: threatq.DefaultEmail}}, after.Sources)
		diff(t, "tags", []string{"x", "y"}, after.Tags)
	})
}

func TestConsumeCreates(t *testing.T) {
	cases := map[string]struct {
		sim         *threatq.Server
		item        string
		value, kind string
		status      string
	}{
		"as told":             {&threatq.Server{}, `"value":"a.org","type":"FQDN","status":"Active"`, "a.org", "FQDN", "Active"},
		"by ids":              {&threatq.Server{}, `"value":"a.org","type_id":11,"status_id":3`, "a.org", "FQDN", "Indirect"},
		"by ids in objects":   {&threatq.Server{}, `"value":"a.org","type":{"id":11},"status":{"id":3}`, "a.org", "FQDN", "Indirect"},
		"without a status":    {&threatq.Server{}, `"value":"a.org","type":"FQDN"`, "a.org", "FQDN", "Review"},
		"with the feed's":     {&threatq.Server{ConsumeStatus: "Indirect"}, `"value":"a.org","type":"FQDN"`, "a.org", "FQDN", "Indirect"},
		"lower-cased":         {&threatq.Server{}, `"value":"A.ORG","type":"FQDN"`, "a.org", "FQDN", "Review"},
		"URL without scheme":  {&threatq.Server{}, `"value":"HTTPS://a.org/X","type":"URL"`, "a.org/X", "URL", "Review"},
		"not normalised":      {&threatq.Server{}, `"value":"http://a.org/X","type":"URL","normalize":"N"`, "http://a.org/X", "URL", "Review"},
		"id of nobody at all": {&threatq.Server{}, `"id":77,"value":"a.org","type":"FQDN"`, "a.org", "FQDN", "Review"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := login(t, tc.sim)
			row := c.want(http.StatusOK, http.MethodPost, consumePath+"/new", "[{"+tc.item+"}]").rows()[0]
			in, ok := c.sim.Indicator(number(row["id"]))
			if !ok || in.Value != tc.value || in.Type != tc.kind || in.Status != tc.status {
				t.Errorf("consume {%s} made %+v, want %s %s %s", tc.item, in, tc.kind, tc.value, tc.status)
			}
		})
	}
}

// A deleted indicator comes back under another id if consume names it: why enrichment must not rely on consume blindly.
func TestConsumeRecreatesTheDeleted(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{})
	c.sim.DeleteIndicator(id)
	row := c.want(http.StatusOK, http.MethodPost, consumePath, fmt.Sprintf(`[{"id":%d,"value":"example.org","type":"FQDN"}]`, id)).rows()[0]
	if number(row["id"]) == id || c.sim.Len() != 1 {
		t.Errorf("consume of a deleted indicator = %v, want a new one", row)
	}
}

func TestConsumeStatusHazard(t *testing.T) {
	cases := map[string]struct {
		has, feed, sent string
		want            string
	}{
		"review moves":              {"Review", "", `,"status":"Active"`, "Active"},
		"indirect moves":            {"Indirect", "", `,"status":"Review"`, "Review"},
		"whitelisted is protected":  {"Whitelisted", "", `,"status":"Active"`, "Whitelisted"},
		"expired is protected":      {"Expired", "", `,"status":"Active"`, "Expired"},
		"nothing sent":              {"Indirect", "", ``, "Indirect"},
		"nothing sent, feed status": {"Indirect", "Review", ``, "Review"},
		"the same sent":             {"Indirect", "Review", `,"status_id":3`, "Indirect"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := login(t, &threatq.Server{ConsumeStatus: tc.feed})
				id := c.sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "x.org", Status: tc.has})
				time.Sleep(time.Minute)
				c.want(http.StatusOK, http.MethodPost, consumePath, `[{"value":"x.org","type":"FQDN"`+tc.sent+`}]`)
				in, _ := c.sim.Indicator(id)
				if in.Status != tc.want || in.UpdatedAt.Equal(in.CreatedAt) != (tc.want == tc.has) {
					t.Errorf("status = %s, updated %v, want %s and updated_at moved with it", in.Status, in.UpdatedAt, tc.want)
				}
			})
		})
	}
}

func TestConsumeOrderIsNotTheSentOne(t *testing.T) {
	c := login(t, &threatq.Server{})
	var items []map[string]any
	var sent []any
	for i := range 50 {
		value := fmt.Sprintf("%d.org", i)
		items, sent = append(items, map[string]any{"value": value, "type": "FQDN"}), append(sent, value)
	}
	first := column(c.want(http.StatusOK, http.MethodPost, consumePath, items).rows(), "value")
	again := column(c.want(http.StatusOK, http.MethodPost, consumePath, items).rows(), "value")
	diff(t, "the same items again", first, again)
	if slices.Equal(sent, first) {
		t.Error("the answer is in the order of the request")
	}
	if c.sim.Len() != 50 {
		t.Errorf("Len = %d, want 50", c.sim.Len())
	}
}

func TestConsumeItemsFailAlone(t *testing.T) {
	c := login(t, &threatq.Server{ConsumeItemError: func(value string) string {
		if value == "bad.org" {
			return "The indicator could not be saved."
		}
		return ""
	}})
	rows := c.want(http.StatusOK, http.MethodPost, consumePath, `[
		{"value":"good.org","type":"FQDN"}, {"value":"bad.org","type":"FQDN"}, {"value":"x","type":"Nonsense"},
		{"value":" ","type":"FQDN"}, {"value":"s.org","type":"FQDN","status":"Odd"},
		{"value":"d.org","type":"FQDN","published_at":"soon"},
		{"value":"a.org","type":"FQDN","attributes":[{"name":"A","value":""}]},
		{"value":"t.org","type":"FQDN","sources":[{"name":"S","tlp":"PINK"}]}]`).rows()
	failed := 0
	for _, row := range rows {
		if row["error"] != nil {
			failed++
		} else if row["value"] != "good.org" {
			t.Errorf("%v was taken", row)
		}
	}
	if failed != 7 || len(rows) != 8 || c.sim.Len() != 1 {
		t.Errorf("%d of %d items failed, %d indicators are there; want 7 of 8, and 1", failed, len(rows), c.sim.Len())
	}
	for _, body := range []string{`{}`, `{"value":"x","type":"FQDN"}`, `[{"value":7}]`, `[1]`, ``} {
		c.want(http.StatusBadRequest, http.MethodPost, consumePath, body)
	}
}

func TestConsumeByID(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{})
	c.want(http.StatusOK, http.MethodPost, consumePath, fmt.Sprintf(`[{"id":%d,"attributes":[{"name":"A","value":"1"}]}]`, id))
	diff(t, "attributes", []string{"A=1"}, values(c.sim, id))
}

// TestConsumeTellsRows only on an instance that does.
func TestConsumeTellsRows(t *testing.T) {
	for _, tells := range []bool{false, true} {
		c, id, _ := one(t, &threatq.Server{ConsumeRows: tells})
		row := c.want(http.StatusOK, http.MethodPost, consumePath, fmt.Sprintf(`[{"id":%d,"attributes":[{"name":"A","value":"1"}]}]`, id)).rows()[0]
		rows, told := row["attributes"].([]any)
		if told != tells || tells && number(rows[0].(map[string]any)["id"]) != c.sim.Attributes(id)[0].ID {
			t.Errorf("consume answers %v, want rows told: %t", row, tells)
		}
	}
}

// TestConsumeRowsFailAlone and are told beside those that stand there.
func TestConsumeRowsFailAlone(t *testing.T) {
	c, id, _ := one(t, &threatq.Server{ConsumeRowError: func(_, name string) string {
		return map[string]string{"B": "The attribute could not be saved."}[name]
	}})
	row := c.want(http.StatusOK, http.MethodPost, consumePath,
		fmt.Sprintf(`[{"id":%d,"attributes":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`, id)).rows()[0]
	diff(t, "attributes", []string{"A=1"}, values(c.sim, id))
	rows, _ := row["attributes"].([]any)
	if len(rows) != 2 || rows[0].(map[string]any)["error"] != nil || rows[1].(map[string]any)["error"] == nil {
		t.Errorf("consume answers %v, want a row and an error", row)
	}
}
