package threatq

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is written. The columns are inferred: a VARCHAR for names and a TEXT for values are what a Laravel schema
// has, and 65,500 is what the vendor's own connector cuts its texts to.
const (
	maxNameRunes  = 255
	maxValueBytes = 65_535
)

// A sourceInput is a source as it is written.
type sourceInput struct {
	Name        string `json:"name"`
	TLP         string `json:"tlp"`    // the colour by name, as attribute POSTs have it
	TLPID       int    `json:"tlp_id"` // or by id, as consume has it
	PublishedAt string `json:"published_at"`
}

// An attributeInput is an attribute as it is written. Values are strings; anything else is refused.
type attributeInput struct {
	Name        string        `json:"name"`
	Value       string        `json:"value"`
	Sources     []sourceInput `json:"sources"`
	PublishedAt string        `json:"published_at"`
}

// A fieldError is a validation failure.
type fieldError struct{ field, message string }

// Error is the message alone: the field is told beside it in the validation body.
func (e *fieldError) Error() string { return e.message }

// required says that a field is absent or blank, in the words of the framework the vendor builds on.
func required(field string) error { return &fieldError{field, "The " + field + " field is required."} }

// wrong says that a field names something that does not exist.
func wrong(field string) error { return &fieldError{field, "The selected " + field + " is invalid."} }

// tooLong says that a field does not fit its column.
func tooLong(field string) error {
	return &fieldError{field, "The " + field + " may not be as long as this."}
}

// validate refuses blank names and values, as the vendor does; its own SDK skips them before it sends.
func (a attributeInput) validate() error {
	switch {
	case strings.TrimSpace(a.Name) == "":
		return required("name")
	case strings.TrimSpace(a.Value) == "":
		return required("value")
	case utf8.RuneCountInString(a.Name) > maxNameRunes:
		return tooLong("name")
	case len(a.Value) > maxValueBytes:
		return tooLong("value")
	case !dated(a.PublishedAt):
		return wrong("published_at")
	default:
		return validateSources(a.Sources)
	}
}

// dated reports whether a date may be taken: it is one, or it is not given.
func dated(text string) bool {
	_, err := parseStamp(text)
	return text == "" || err == nil
}

// validateSources wants a name for each. Names that nobody knows are welcome, colours and dates that nobody knows are not.
func validateSources(sources []sourceInput) error {
	for _, s := range sources {
		if strings.TrimSpace(s.Name) == "" {
			return required("sources.name")
		}
		if _, ok := s.tlp(); !ok {
			return wrong("sources.tlp")
		}
		if !dated(s.PublishedAt) {
			return wrong("sources.published_at")
		}
	}
	return nil
}

// tlpNames are the colours by id less one.
func tlpNames() []string { return []string{"RED", "AMBER", "GREEN", "WHITE"} }

// tlpID is the id of a colour in any case; 0 if it is empty or unknown.
func tlpID(name string) int { return slices.Index(tlpNames(), strings.ToUpper(name)) + 1 }

// tlp is the id of the source's colour, whichever way it was sent.
func (s sourceInput) tlp() (id int, ok bool) {
	if s.TLP == "" {
		return s.TLPID, s.TLPID >= 0 && s.TLPID <= len(tlpNames())
	}
	id = tlpID(s.TLP)
	return id, id != 0
}

// pivots turns validated sources into what a record keeps; none stand for the source tied to the credentials. A source
// without a date of its own has that of what it reports.
func (c *call) pivots(sources []sourceInput, publishedAt string) []pivot {
	if len(sources) == 0 {
		published, _ := parseStamp(publishedAt)
		return []pivot{{source: c.s.store.source(c.who, "users", c.now), published: published}}
	}
	out := make([]pivot, len(sources))
	for i, s := range sources {
		tlp, _ := s.tlp()
		published, _ := parseStamp(cmp.Or(s.PublishedAt, publishedAt))
		out[i] = pivot{source: c.s.store.source(s.Name, "connectors", c.now), tlp: tlp, published: published}
	}
	return out
}
