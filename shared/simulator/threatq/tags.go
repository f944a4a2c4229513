package threatq

import (
	"net/http"
	"slices"
	"strings"
)

// postTags adds one tag or many.
func (c *call) postTags() reply {
	rec := c.s.store.edit(c.number("id"), c.now)
	if rec == nil {
		return missing()
	}
	inputs, err := decodeMany[reference](c)
	if err != nil {
		return refuse(err)
	}
	added := make([]*tag, len(inputs))
	for i, in := range inputs {
		if strings.TrimSpace(in.Name) == "" {
			return refuse(required("name"))
		}
		added[i] = c.s.store.tag(in.Name)
		rec.label(added[i])
	}
	c.s.store.commit(rec, c.now)
	return list(http.StatusCreated, len(added), tagRows(added))
}

// label adds a tag that a record has not yet.
func (r *record) label(t *tag) {
	if !slices.Contains(r.tags, t) {
		r.tags = append(r.tags, t)
	}
}
