package threatq_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vtq.internal/shared/simulator/threatq"
)

// A model is what the rows of an indicator should be: name and value by row id.
type model map[int64][2]string

func (m model) find(name, value string) int64 {
	for id, row := range m {
		if row == [2]string{name, value} {
			return id
		}
	}
	return 0
}

// anyRow draws the id of a row, or of none.
func (m model) anyRow(rt *rapid.T) int64 {
	return rapid.SampledFrom(append(slices.Sorted(maps.Keys(m)), 7)).Draw(rt, "row")
}

// Whatever is written, a pair of name and value has one row, a row keeps its id, and nothing else appears or goes.
func TestRowsFollowTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		conflict := rapid.SampledFrom([]threatq.PutConflict{threatq.ConflictRefuse, threatq.ConflictMerge}).Draw(rt, "conflict")
		c, id, path := one(t, &threatq.Server{PutConflict: conflict})
		m := model{}
		for range rapid.IntRange(1, 30).Draw(rt, "writes") {
			name := rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "name")
			value := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "value")
			switch rapid.IntRange(0, 2).Draw(rt, "write") {
			case 0:
				m.post(rt, c, path, name, value)
			case 1:
				m.put(rt, c, path, m.anyRow(rt), value, conflict)
			default:
				m.drop(rt, c, path, m.anyRow(rt))
			}
			got := model{}
			for _, a := range c.sim.Attributes(id) {
				got[a.ID] = [2]string{a.Name, a.Value}
			}
			if !maps.Equal(got, m) {
				rt.Fatalf("rows = %v, want %v", got, m)
			}
		}
	})
}

func (m model) post(rt *rapid.T, c *caller, path, name, value string) {
	got := c.do(http.MethodPost, path, fmt.Sprintf(`{"name":%q,"value":%q}`, name, value))
	id, want := m.find(name, value), http.StatusOK
	if id == 0 {
		id, want = number(got.rows()[0]["id"]), http.StatusCreated
		if _, taken := m[id]; taken {
			rt.Fatalf("new row has the id %d of another", id)
		}
	}
	if got.status != want || number(got.rows()[0]["id"]) != id {
		rt.Fatalf("POST %s=%s = %d %s, want %d for row %d", name, value, got.status, got.raw, want, id)
	}
	m[id] = [2]string{name, value}
}

func (m model) put(rt *rapid.T, c *caller, path string, id int64, value string, conflict threatq.PutConflict) {
	row, known := m[id]
	twin := m.find(row[0], value)
	want, into := http.StatusOK, id
	switch {
	case !known:
		want = http.StatusNotFound
	case twin == 0 || twin == id:
		m[id] = [2]string{row[0], value}
	case conflict == threatq.ConflictRefuse:
		want = http.StatusConflict
	default:
		delete(m, id)
		into = twin
	}
	got := c.do(http.MethodPut, fmt.Sprintf("%s/%d", path, id), fmt.Sprintf(`{"value":%q}`, value))
	if got.status != want || (want == http.StatusOK && number(got.row()["id"]) != into) {
		rt.Fatalf("PUT %s on row %d = %d %s, want %d for row %d", value, id, got.status, got.raw, want, into)
	}
}

func (m model) drop(rt *rapid.T, c *caller, path string, id int64) {
	want := http.StatusNotFound
	if _, known := m[id]; known {
		want = http.StatusNoContent
		delete(m, id)
	}
	if got := c.do(http.MethodDelete, fmt.Sprintf("%s/%d", path, id), nil); got.status != want {
		rt.Fatalf("DELETE row %d = %d, want %d", id, got.status, want)
	}
}
