package threatq

import "math"

// searchColumns are the columns of a record as the search index sends it. A key without a value is left out, times have
// whole seconds, and type and status are plain strings where they are asked for by name: one of the vendor's connectors
// reads them so.
func searchColumns() []column {
	return []column{
		{name: "id", value: func(r *record) any { return r.id }},
		{name: "class", value: func(r *record) any { return r.kind.class }},
		{name: "value", value: func(r *record) any { return r.value }},
		{name: "hash", value: func(r *record) any { return r.hash() }},
		{name: "type_id", value: func(r *record) any { return r.kind.id }},
		{
			name:  "type",
			value: func(r *record) any { return r.kind.nested() },
			plain: func(r *record) any { return r.kind.name },
		},
		{name: "status_id", value: func(r *record) any { return r.status.id }},
		{
			name:  "status",
			value: func(r *record) any { return r.status.nested() },
			plain: func(r *record) any { return r.status.name },
		},
		{name: "score", value: func(r *record) any { return r.score() }},
		{name: "generated_score", extra: true, value: func(r *record) any { return int(math.Floor(r.generated)) }},
		{name: "manual_score", extra: true, value: manualOrNil},
		{name: "description", value: func(r *record) any { return textOrNil(r.description) }},
		{name: "tags", value: tagNamesOrNil},
		{name: "published_at", value: func(r *record) any { return r.published.secondsOrNil() }},
		{name: "created_at", value: func(r *record) any { return r.created.seconds() }},
		{name: "updated_at", value: func(r *record) any { return r.updated.seconds() }},
		{name: "touched_at", value: func(r *record) any { return r.touched.seconds() }},
		{name: "expires_calculated_at", value: func(r *record) any { return r.created.seconds() }},
		{name: "expires_at", value: func(r *record) any { return expiryOrNil(r, false) }},
		{name: "expired_at", value: func(r *record) any { return expiryOrNil(r, true) }},
		{name: "adversaries", value: func(*record) any { return []object{} }},
		{name: "attributes", extra: true, rows: searchAttributes},
		{name: "sources", extra: true, rows: searchSources},
	}
}

// nested is a type inside a record: less than the catalogue tells of it.
func (k *kind) nested() object {
	return object{"id": k.id, "name": k.name, "class": k.class}
}

// nested is a status inside a record.
func (s *status) nested() object {
	return object{"id": s.id, "name": s.name, "description": s.description}
}

// searchAttributes has the sources of a row only if they are asked for by name: the recorded rows have none.
func searchAttributes(r *record, members map[string]bool) []object {
	rows := make([]object, len(r.attributes))
	for i, a := range r.attributes {
		rows[i] = object{
			"id": a.id, "attribute_id": a.name.id, "indicator_id": r.id, "name": a.name.name, "value": a.value,
			"created_at": a.created.seconds(), "updated_at": a.touched.seconds(), "touched_at": a.touched.seconds(),
		}
		if members["sources"] {
			rows[i]["sources"] = sourceNames(a.sources)
		}
	}
	return rows
}

// sourceNames is all that a row tells of its sources in the search, on instances that tell it at all.
func sourceNames(pivots []pivot) []object {
	names := make([]object, len(pivots))
	for i, p := range pivots {
		names[i] = object{"name": p.source.name}
	}
	return names
}

// searchSources has colours only where there are some; recorded sources without one lack both keys.
func searchSources(r *record, _ map[string]bool) []object {
	rows := make([]object, len(r.sources))
	for i, p := range r.sources {
		rows[i] = object{
			"id": p.id, "indicator_id": r.id, "indicator_status_id": r.status.id, "indicator_type_id": r.kind.id,
			"source_id": p.source.id, "source_type": p.source.kind, "reference_id": p.source.reference,
			"creator_source_id": p.source.id, "name": p.source.name, "created_at": p.created.seconds(),
			"updated_at": p.updated.seconds(),
		}
		if p.published != 0 {
			rows[i]["published_at"] = p.published.seconds()
		}
		if p.tlp != 0 {
			rows[i]["tlp_id"], rows[i]["tlp_name"] = p.tlp, tlpNames()[p.tlp-1]
		}
	}
	return rows
}

func manualOrNil(r *record) any {
	if r.manual == nil {
		return nil
	}
	return *r.manual
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func tagNamesOrNil(r *record) any {
	if len(r.tags) == 0 {
		return nil
	}
	names := make([]string, len(r.tags))
	for i, t := range r.tags {
		names[i] = t.name
	}
	return names
}

// expiryOrNil is told under one key while it lies ahead and under another once the indicator has expired.
func expiryOrNil(r *record, expired bool) any {
	if (r.status.name == "Expired") != expired {
		return nil
	}
	return r.expiry.secondsOrNil()
}
