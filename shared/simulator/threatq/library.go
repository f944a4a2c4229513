package threatq

import (
	"cmp"
	"iter"
	"time"
)

// An Indicator is an object of the threat library, as it is put in and read back from Go.
type Indicator struct {
	// ID is the wanted id. Defaults to the next free one, also if it is taken.
	ID int64
	// Value as it is stored; a URL loses its scheme unless KeepScheme is set.
	Value      string
	KeepScheme bool
	// Type is the name of an indicator type, which is installed if it is not there. Required.
	Type string
	// Status is the name of a status, which is declared if it is not there. Defaults to "Active".
	Status string
	// Score is the generated one without what Weigh adds.
	Score float64
	// ManualScore overrides the generated score; nil is none.
	ManualScore *int
	Description string
	Tags        []string
	Attributes  []Attribute
	Sources     []Source
	// CreatedAt defaults to now, UpdatedAt, TouchedAt and PublishedAt to CreatedAt. Milliseconds count.
	CreatedAt, UpdatedAt, TouchedAt, PublishedAt time.Time
	// ExpiresAt is told as expired_at once the status is "Expired". Defaults to never.
	ExpiresAt time.Time
}

// An Attribute is one row. ID, CreatedAt and TouchedAt are told and not taken.
type Attribute struct {
	ID          int64
	Name, Value string
	// Sources of the row, by default the sources of the indicator.
	Sources              []Source
	CreatedAt, TouchedAt time.Time
}

// A Source reported an indicator or an attribute.
type Source struct {
	Name string
	// TLP is RED, AMBER, GREEN, WHITE or nothing; anything else counts as nothing.
	TLP string
}

// AddIndicator puts an indicator into the library and returns its id. An indicator of the same type and value is left as
// it is, and its id returned. It fails for no input.
func (s *Server) AddIndicator(in Indicator) int64 {
	defer s.lock()()
	st, now := &s.store, s.now()
	if in.Type == "URL" && !in.KeepScheme {
		in.Value = withoutScheme(in.Value)
	}
	k := s.catalogue.install(in.Type)
	if old := st.byIdentity(k, in.Value); old != nil {
		return old.id
	}
	rec := &record{
		id: st.claimID(in.ID), value: in.Value, kind: k, status: s.catalogue.declare(cmp.Or(in.Status, "Active")),
		description: in.Description, base: in.Score, manual: in.ManualScore,
		created: cmp.Or(stampOf(in.CreatedAt), stampOf(now)), expiry: stampOf(in.ExpiresAt),
	}
	rec.updated = cmp.Or(stampOf(in.UpdatedAt), rec.created)
	rec.touched = cmp.Or(stampOf(in.TouchedAt), rec.updated)
	rec.published = cmp.Or(stampOf(in.PublishedAt), rec.created)
	rec.sources = mergePivots(nil, st.pivots(in.Sources, now, rec.created), rec.created, st.nextPivotID)
	for _, a := range in.Attributes {
		from := a.Sources
		if from == nil {
			from = in.Sources
		}
		st.putAttribute(rec, a.Name, a.Value, st.pivots(from, now, 0), rec.created.time())
	}
	for _, name := range in.Tags {
		rec.label(st.tag(name))
	}
	st.commit(rec, now)
	return rec.id
}

// claimID returns the wanted id if nobody has it, else the next free one.
func (st *store) claimID(wanted int64) int64 {
	if wanted > 0 && st.live.docs[wanted] == nil {
		st.lastIndicator = max(st.lastIndicator, wanted)
		return wanted
	}
	return st.nextIndicatorID()
}

// pivots turns the sources of Go into what a record keeps.
func (st *store) pivots(sources []Source, now time.Time, published stamp) []pivot {
	out := make([]pivot, len(sources))
	for i, s := range sources {
		out[i] = pivot{source: st.source(s.Name, "connectors", now), tlp: tlpID(s.TLP), published: published}
	}
	return out
}

// Len returns the number of indicators.
func (s *Server) Len() int {
	defer s.lock()()
	return len(s.store.live.docs)
}

// Indicator returns an indicator as it is now.
func (s *Server) Indicator(id int64) (in Indicator, ok bool) {
	defer s.lock()()
	rec := s.store.live.docs[id]
	if rec == nil {
		return Indicator{}, false
	}
	return rec.snapshot(), true
}

// Attributes returns the rows of an indicator in the order in which they were created; none if it is not there.
func (s *Server) Attributes(id int64) []Attribute {
	in, _ := s.Indicator(id)
	return in.Attributes
}

// Indicators yields all indicators by ascending id, each as it is when it is yielded. The loop may call the server.
func (s *Server) Indicators() iter.Seq[Indicator] {
	return func(yield func(Indicator) bool) {
		for _, rec := range s.records() {
			if in, ok := s.Indicator(rec.id); ok && !yield(in) {
				return
			}
		}
	}
}

// records returns the present versions by id.
func (s *Server) records() []*record {
	defer s.lock()()
	found, _ := s.store.live.page(selection{limit: len(s.store.live.docs)})
	return found
}

// snapshot copies a record out, so that the reader shares nothing with the store but texts.
func (r *record) snapshot() Indicator {
	in := Indicator{
		ID: r.id, Value: r.value, Type: r.kind.name, Status: r.status.name, Score: r.base, ManualScore: r.manual,
		Description: r.description, Sources: sourcesOf(r.sources), CreatedAt: r.created.time(), UpdatedAt: r.updated.time(),
		TouchedAt: r.touched.time(), PublishedAt: r.published.time(), ExpiresAt: r.expiry.time(),
	}
	for _, t := range r.tags {
		in.Tags = append(in.Tags, t.name)
	}
	for _, a := range r.attributes {
		in.Attributes = append(in.Attributes, Attribute{
			ID: a.id, Name: a.name.name, Value: a.value, Sources: sourcesOf(a.sources),
			CreatedAt: a.created.time(), TouchedAt: a.touched.time(),
		})
	}
	return in
}

// sourcesOf is nil for none, as the caller would have written it.
func sourcesOf(pivots []pivot) []Source {
	var out []Source
	for _, p := range pivots {
		s := Source{Name: p.source.name}
		if p.tlp != 0 {
			s.TLP = tlpNames()[p.tlp-1]
		}
		out = append(out, s)
	}
	return out
}
