package threatq

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// A collection is a saved search; one without a name is only found by its hash.
type collection struct {
	id         int
	name, hash string
	ui         json.RawMessage
	query      savedQuery
}

// collections are all saved searches, the newest last.
type collections struct {
	saved []*collection
	last  int
}

// byHash finds a collection; nil if there is none.
func (cs *collections) byHash(hash string) *collection {
	for _, saved := range cs.saved {
		if saved.hash == hash {
			return saved
		}
	}
	return nil
}

// named returns the position of a collection, or -1. Nothing is called by the empty name.
func (cs *collections) named(name string) int {
	return slices.IndexFunc(cs.saved, func(c *collection) bool { return name != "" && c.name == name })
}

// add saves a search. The hash depends on all that is saved, so that an edited collection has another one.
func (cs *collections) add(name string, ui json.RawMessage, q savedQuery) *collection {
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(name), q.Criteria, q.Filters}, []byte{0}))
	hash := hex.EncodeToString(sum[:16])
	if saved := cs.byHash(hash); saved != nil {
		return saved
	}
	cs.last++
	saved := &collection{id: cs.last, name: name, hash: hash, ui: ui, query: q}
	cs.saved = append(cs.saved, saved)
	return saved
}

// AddCollection saves a data collection under a name and returns its hash, 32 hex digits. The query is an object with
// "criteria" and "filters", either of which may be left out. A collection that has the name already is edited: its old
// hash leads nowhere from then on. It fails if the query is no JSON, or nothing that a search here accepts.
func (s *Server) AddCollection(name, query string) (hash string, err error) {
	var q savedQuery
	if err := json.Unmarshal([]byte(query), &q); err != nil {
		return "", fmt.Errorf("reading the query of collection %q: %w", name, err)
	}
	if _, err := compileFilter(q.Criteria, q.Filters, 0); err != nil {
		return "", fmt.Errorf("compiling the query of collection %q: %w", name, err)
	}
	defer s.lock()()
	if i := s.collections.named(name); i >= 0 {
		s.collections.saved = slices.Delete(s.collections.saved, i, i+1)
	}
	return s.collections.add(name, nil, q).hash, nil
}

// row writes a collection. Its json may be a string with JSON in it, on some instances.
func (saved *collection) row(asString bool) object {
	var content any = object{
		"ui_query":  orObject(saved.ui),
		"api_query": object{"criteria": orObject(saved.query.Criteria), "filters": orObject(saved.query.Filters)},
	}
	if asString {
		text, _ := json.Marshal(content) // made of raw messages that were read before
		content = string(text)
	}
	out := object{"id": saved.id, "name": nil, "hash": saved.hash, "json": content}
	if saved.name != "" {
		out["name"] = saved.name
	}
	return out
}

// orObject writes an absent part of a query as an empty one.
func orObject(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// listCollections leaves out the searches without a name: nobody saved them.
func (c *call) listCollections() reply {
	var out []object
	for _, saved := range c.s.collections.saved {
		if saved.name != "" {
			out = append(out, saved.row(c.s.CollectionStrings))
		}
	}
	return list(http.StatusOK, len(out), out)
}

// collection answers for one saved search, with the members that "fields" names.
func (c *call) collection() reply {
	saved := c.s.collections.byHash(c.r.PathValue("hash"))
	if saved == nil {
		return missing()
	}
	out := saved.row(c.s.CollectionStrings)
	if fields := c.fields(); fields != nil {
		asked := projectionOf(fields, false)
		for k := range out {
			if asked.named[k] == nil && !asked.all {
				delete(out, k)
			}
		}
	}
	return data(http.StatusOK, out)
}

// createCollection saves a search. Without a name nobody sees it in the list, yet its hash can be walked: a client that wants
// to walk a filter of its own does this.
func (c *call) createCollection() reply {
	var body struct {
		Name *string `json:"name"`
		JSON *struct {
			UI    json.RawMessage `json:"ui_query"`
			Query savedQuery      `json:"api_query"`
		} `json:"json"`
	}
	if err := c.decode(&body); err != nil {
		return refuse(err)
	}
	if body.JSON == nil {
		return refuse(required("json"))
	}
	name := ""
	if body.Name != nil {
		name = *body.Name
	}
	if c.s.collections.named(name) >= 0 {
		return invalid("name", "The name has already been taken.")
	}
	saved := c.s.collections.add(name, body.JSON.UI, body.JSON.Query)
	return data(http.StatusCreated, saved.row(c.s.CollectionStrings))
}
