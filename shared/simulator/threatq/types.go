package threatq

import (
	"net/http"
	"strings"
)

// installed is when the simulated instance was set up: the created_at of what is built in.
const installed = "2017-04-17 04:34:56"

// row is a type as the catalogue tells it, null score and all.
func (k *kind) row() object {
	return object{
		"id": k.id, "name": k.name, "class": k.class, "score": nil, "wildcard_matching": "Y",
		"created_at": installed, "updated_at": installed,
	}
}

// row is a status as the catalogue tells it, with "Y" and "N" for its flags.
func (s *status) row() object {
	return object{
		"id": s.id, "name": s.name, "description": s.description, "user_editable": yesNo(!s.builtIn), "visible": "Y",
		"include_in_export": "Y", "protected": yesNo(s.protected), "created_at": installed, "updated_at": installed,
	}
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// types lists the catalogue whole: it has no pages, and clients resolve their ids from it.
func (c *call) types() reply {
	var out []object
	for _, k := range c.s.catalogue.kinds {
		if c.named(k.name) {
			out = append(out, k.row())
		}
	}
	return list(http.StatusOK, len(out), out)
}

func (c *call) kind() reply {
	if k := c.s.catalogue.kind(int(c.number("id")), ""); k != nil {
		return data(http.StatusOK, k.row())
	}
	return missing()
}

// statuses lists the five fixed ones and whatever the site has added.
func (c *call) statuses() reply {
	var out []object
	for _, s := range c.s.catalogue.states {
		if c.named(s.name) {
			out = append(out, s.row())
		}
	}
	return list(http.StatusOK, len(out), out)
}

func (c *call) status() reply {
	if s := c.s.catalogue.state(int(c.number("id")), ""); s != nil {
		return data(http.StatusOK, s.row())
	}
	return missing()
}

// named reports whether a name passes the request's own filter on names.
func (c *call) named(name string) bool {
	q := c.r.URL.Query()
	return !q.Has("name") || like(q.Get("name"), name)
}

// like is SQL's LIKE under the case-insensitive collation of MariaDB, with % as the only wildcard.
func like(pattern, s string) bool {
	parts := strings.Split(strings.ToLower(pattern), "%")
	s = strings.ToLower(s)
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return s == first
	}
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, last)
}
