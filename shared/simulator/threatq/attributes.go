package threatq

import "net/http"

// A PutConflict is what happens if a PUT gives an attribute row a value that another row of the same name has already.
// What the vendor does is unknown.
type PutConflict int

// The possible answers.
const (
	ConflictRefuse    PutConflict = iota // 409, nothing changes
	ConflictMerge                        // the other row takes the sources, the addressed row is deleted
	ConflictDuplicate                    // two rows with the same name and value
)

// listAttributes pages through the rows of an indicator. Their sources are told only to who asks for them: whether the vendor
// sends them unasked is unknown, and a client that needs them had better ask.
func (c *call) listAttributes() reply {
	with, ok := c.with([]string{"attribute", "sources"})
	if !ok {
		return unsupported()
	}
	rec := c.s.store.live.docs[c.number("id")]
	if rec == nil {
		return missing()
	}
	limit, offset, err := c.window(c.s.maxLimit())
	if err != nil {
		return refuse(err)
	}
	rows := attributeRows(rec, with)
	total := len(rows)
	rows = rows[min(offset, total):]
	return list(http.StatusOK, total, rows[:min(limit, len(rows))])
}

// postAttributes adds one row or many; all of them or, if one is invalid, none. The answer is always a list.
func (c *call) postAttributes() reply {
	rec := c.s.store.edit(c.number("id"), c.now)
	if rec == nil {
		return missing()
	}
	inputs, err := decodeMany[attributeInput](c)
	if err != nil {
		return refuse(err)
	}
	if c.s.SingleRowPosts && len(inputs) > 1 {
		return invalid("name", "The name field is required.") // an array has none
	}
	for _, in := range inputs { // all of them before the first takes effect
		if err := in.validate(); err != nil {
			return refuse(err)
		}
	}
	status := http.StatusOK // every row was there: reported again
	rows := make([]object, len(inputs))
	for i, in := range inputs {
		id, added := c.s.store.putAttribute(rec, in.Name, in.Value, c.pivots(in.Sources, in.PublishedAt), c.now)
		if added {
			status = http.StatusCreated
		}
		rows[i] = rec.attributes[rec.row(id)].row(rec.id, nil)
	}
	c.s.store.commit(rec, c.now)
	return list(status, len(rows), rows)
}

// putAttribute changes the value of a row in its place.
func (c *call) putAttribute() reply {
	rec, i := c.editRow()
	if i < 0 {
		return missing()
	}
	in := attributeInput{Name: rec.attributes[i].name.name}
	if err := c.decode(&in); err != nil {
		return refuse(err)
	}
	if err := in.validate(); err != nil {
		return refuse(err)
	}
	twin := rec.find(in.Name, in.Value)
	if twin >= 0 && twin != i {
		switch c.s.PutConflict {
		case ConflictRefuse:
			return problem(http.StatusConflict, "An attribute with this value already exists.")
		case ConflictMerge:
			return c.mergeRows(rec, i, twin)
		case ConflictDuplicate: // as if there were no twin
		}
	}
	a := &rec.attributes[i]
	a.name, a.value, a.touched = c.s.store.attributeName(in.Name, c.now), in.Value, stampOf(c.now)
	if len(in.Sources) > 0 {
		a.sources = mergePivots(a.sources, c.pivots(in.Sources, in.PublishedAt), a.touched, c.s.store.nextPivotID)
	}
	c.s.store.commit(rec, c.now)
	return data(http.StatusOK, a.row(rec.id, nil))
}

// mergeRows lets the row at position i go up in its twin.
func (c *call) mergeRows(rec *record, i, twin int) reply {
	into := &rec.attributes[twin]
	into.touched = stampOf(c.now)
	into.sources = mergePivots(into.sources, rec.attributes[i].sources, into.touched, c.s.store.nextPivotID)
	out := into.row(rec.id, nil)
	rec.dropRow(i)
	c.s.store.commit(rec, c.now)
	return data(http.StatusOK, out)
}

// deleteAttribute answers 204 without a body. The other rows of the same name stay.
func (c *call) deleteAttribute() reply {
	rec, i := c.editRow()
	if i < 0 {
		return missing()
	}
	rec.dropRow(i)
	c.s.store.commit(rec, c.now)
	return noContent()
}

// editRow finds the row of the path; i is negative if the indicator has none such, even if another indicator has.
func (c *call) editRow() (rec *record, i int) {
	rec = c.s.store.edit(c.number("id"), c.now)
	if rec == nil {
		return nil, -1
	}
	return rec, rec.row(c.number("row"))
}
