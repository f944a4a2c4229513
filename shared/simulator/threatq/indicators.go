package threatq

import (
	"net/http"
	"net/url"
	"strconv"
)

// indicator answers for one indicator, with or without /details: the recorded details differ only in their times, and
// those have milliseconds in both here.
func (c *call) indicator() reply {
	with, ok := c.with(knownRelations())
	if !ok {
		return unsupported()
	}
	rec := c.s.store.live.docs[c.number("id")]
	if rec == nil {
		return missing()
	}
	return data(http.StatusOK, rec.relational(with))
}

// listIndicators lists the relational store, which knows every write at once.
func (c *call) listIndicators() reply {
	with, ok := c.with(knownRelations())
	if !ok {
		return unsupported()
	}
	limit, offset, err := c.window(c.s.maxLimit())
	if err != nil {
		return refuse(err)
	}
	q := c.r.URL.Query()
	f := columnFilter(q)
	x := &c.s.store.live
	found, _ := x.page(selection{filter: f, sort: q.Get("sort"), offset: offset, limit: limit})
	rows := make([]object, len(found))
	for i, rec := range found {
		rows[i] = rec.relational(with)
	}
	return list(http.StatusOK, x.total(f), rows)
}

// columnFilter takes the parameters named like columns; % is a wildcard. All other parameters filter nothing.
func columnFilter(q url.Values) filter {
	columns := map[string]func(*record) string{
		"id":               func(r *record) string { return strconv.FormatInt(r.id, 10) },
		"value":            func(r *record) string { return r.value },
		"type_id":          func(r *record) string { return strconv.Itoa(r.kind.id) },
		"status_id":        func(r *record) string { return strconv.Itoa(r.status.id) },
		"hash":             func(r *record) string { return r.hash() },
		"class":            func(r *record) string { return r.kind.class },
		"created_at":       func(r *record) string { return r.created.seconds() },
		"updated_at":       func(r *record) string { return r.updated.seconds() },
		"last_detected_at": func(*record) string { return "" },
	}
	var parts []predicate
	asked := url.Values{}
	for name, of := range columns {
		if pattern := q.Get(name); pattern != "" {
			asked.Set(name, pattern)
			parts = append(parts, func(r *record) bool { return like(pattern, of(r)) })
		}
	}
	return filter{keep: allOf(parts), text: asked.Encode()}
}

// putIndicator changes the status or description and adds attributes, sources; it replaces none of them.
func (c *call) putIndicator() reply {
	var body struct {
		Status      reference        `json:"status"`
		StatusID    int              `json:"status_id"`
		Description *string          `json:"description"`
		Attributes  []attributeInput `json:"attributes"`
		Sources     []sourceInput    `json:"sources"`
	}
	rec := c.s.store.edit(c.number("id"), c.now)
	if rec == nil {
		return missing()
	}
	if err := c.decode(&body); err != nil {
		return refuse(err)
	}
	if body.StatusID != 0 {
		body.Status = reference{ID: body.StatusID}
	}
	if err := c.validateItem(body.Status, body.Attributes, body.Sources); err != nil {
		return refuse(err)
	}
	if !body.Status.empty() {
		rec.setStatus(c.s.catalogue.state(body.Status.ID, body.Status.Name), stampOf(c.now))
	}
	if body.Description != nil && *body.Description != rec.description {
		rec.description, rec.updated = *body.Description, stampOf(c.now)
	}
	c.merge(rec, body.Attributes)
	if len(body.Sources) > 0 {
		c.mergeSources(rec, body.Sources, "")
	}
	c.s.store.commit(rec, c.now)
	return data(http.StatusOK, rec.relational(relations{"type": true, "status": true}))
}

// setStatus moves updated_at, unless the status is what it was: a row saved unchanged is not written.
func (r *record) setStatus(s *status, at stamp) {
	if r.status != s {
		r.status, r.updated, r.touched = s, at, at
	}
}

// validateItem checks what indicators are written with.
func (c *call) validateItem(status reference, attributes []attributeInput, sources []sourceInput) error {
	if !status.empty() && c.s.catalogue.state(status.ID, status.Name) == nil {
		return wrong("status")
	}
	for _, a := range attributes {
		if err := a.validate(); err != nil {
			return err
		}
	}
	return validateSources(sources)
}

// merge adds validated attributes to a record.
func (c *call) merge(rec *record, attributes []attributeInput) {
	for _, a := range attributes {
		c.s.store.putAttribute(rec, a.Name, a.Value, c.pivots(a.Sources, a.PublishedAt), c.now)
	}
}

// mergeSources adds validated sources to a record, those of the credentials if there are none.
func (c *call) mergeSources(rec *record, sources []sourceInput, publishedAt string) {
	st := &c.s.store
	rec.sources = mergePivots(rec.sources, c.pivots(sources, publishedAt), stampOf(c.now), st.nextPivotID)
}
