package threatq

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A relations set holds the names of a "with" parameter.
type relations map[string]bool

// knownRelations are the names seen in clients of the vendor's. Others have answered 500.
func knownRelations() []string {
	return []string{
		"attributes", "attributes.sources", "sources", "score", "status", "type", "tags", "comments", "comments.sources",
		"adversaries", "adversaries.sources", "attachments.sources", "events", "events.type", "indicators.type",
		"indicators.status", "signatures.type", "tasks", "watchlist", "type.plugins.config", "malware", "attack_pattern",
		"campaign", "report", "ttp", "tool",
	}
}

// with reads the "with" parameter; ok is false if it has a name that is not known.
func (c *call) with(known []string) (with relations, ok bool) {
	with = relations{}
	for name := range strings.SplitSeq(c.r.URL.Query().Get("with"), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.Contains(known, name) {
			return nil, false
		}
		with[name] = true
	}
	return with, true
}

// relational is a record as the relational store sends it: times of touching and publishing with milliseconds, null for
// what has no value, relations only on demand.
func (r *record) relational(with relations) object {
	out := object{
		"id": r.id, "type_id": r.kind.id, "status_id": r.status.id, "class": r.kind.class, "hash": r.hash(), "value": r.value,
		"description": textOrNil(r.description), "last_detected_at": nil, "expires_calculated_at": r.created.seconds(),
		"expires_at": expiryOrNil(r, false), "expired_at": expiryOrNil(r, true), "published_at": r.published.millisOrNil(),
		"created_at": r.created.seconds(), "updated_at": r.updated.seconds(), "touched_at": r.touched.millisOrNil(),
	}
	for name := range with {
		if key, v := r.relation(name, with); key != "" {
			out[key] = v
		}
	}
	return out
}

// relation returns a relation and its key. What the simulator has no objects of is an empty list.
func (r *record) relation(name string, with relations) (key string, v any) {
	switch name {
	case "type":
		return "type", r.kind.nested()
	case "status":
		return "status", r.status.nested()
	case "score":
		return "score", r.scores()
	case "sources":
		return "sources", indicatorSources(r)
	case "attributes", "attributes.sources":
		return "attributes", attributeRows(r, relations{"attribute": true, "sources": with["attributes.sources"]})
	case "tags":
		return "tags", tagRows(r.tags)
	default:
		key, _, nested := strings.Cut(name, ".")
		if nested && (key == "type" || with[key]) {
			return "", nil
		}
		return key, []object{}
	}
}

// scores is the score as the relational store has it: an object, whose generated score is a string with decimals.
func (r *record) scores() object {
	return object{
		"id": r.id, "indicator_id": r.id, "generated_score": fmt.Sprintf("%.2f", math.Max(r.generated, 0)),
		"manual_score": manualOrNil(r), "score_config_hash": nil,
		"created_at": r.created.seconds(), "updated_at": r.touched.seconds(),
	}
}

// indicatorSources are sources with their pivot, whose id is the key for deleting one.
func indicatorSources(r *record) []object {
	rows := make([]object, len(r.sources))
	for i, p := range r.sources {
		rows[i] = p.row()
		rows[i]["pivot"] = object{
			"id": p.id, "indicator_id": r.id, "source_id": p.source.id, "creator_source_id": p.source.id,
		}
	}
	return rows
}

// row is a source without its pivot.
func (p pivot) row() object {
	return object{
		"id": p.source.id, "type": p.source.kind, "reference_id": p.source.reference, "name": p.source.name,
		"tlp_id": tlpOrNil(p.tlp), "created_at": p.created.seconds(), "updated_at": p.updated.seconds(),
		"published_at": p.published.millisOrNil(),
	}
}

// tlpOrNil is null for a source without a colour, as recorded.
func tlpOrNil(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

// attributeRows are in the order in which the rows were created.
func attributeRows(r *record, with relations) []object {
	rows := make([]object, len(r.attributes))
	for i, a := range r.attributes {
		rows[i] = a.row(r.id, with)
	}
	return rows
}

// row is an attribute as the relational store sends it.
func (a attribute) row(indicator int64, with relations) object {
	out := object{
		"id": a.id, "indicator_id": indicator, "attribute_id": a.name.id, "name": a.name.name, "value": a.value,
		"created_at": a.created.seconds(), "updated_at": a.touched.seconds(), "touched_at": a.touched.millisOrNil(),
	}
	if with["attribute"] {
		at := a.name.created.seconds()
		out["attribute"] = object{"id": a.name.id, "name": a.name.name, "created_at": at, "updated_at": at}
	}
	if with["sources"] {
		rows := make([]object, len(a.sources))
		for i, p := range a.sources {
			rows[i] = p.row()
			rows[i]["pivot"] = object{
				"id": p.id, "indicator_attribute_id": a.id, "source_id": p.source.id, "creator_source_id": p.source.id,
			}
		}
		out["sources"] = rows
	}
	return out
}

// tagRows are objects here and plain strings in the search.
func tagRows(tags []*tag) []object {
	rows := make([]object, len(tags))
	for i, t := range tags {
		rows[i] = object{"id": t.id, "name": t.name}
	}
	return rows
}
