package threatq

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxRecordAttributes and maxRecordValue (bytes) bound what a Record keeps of an indicator's attributes. They serve as hints
	// there (the `Scheme` of a URL); recorded indicators have 1 to 6. Whoever writes attributes reads the rows themselves, whole.
	maxRecordAttributes, maxRecordValue = 256, 1 << 10
	// maxRecordSources bounds the sources of an indicator; a busy site has some dozens of feeds.
	maxRecordSources = 256
	// maxName bounds the runes of a name from ThreatQ (type, status, source, attribute): four times the longest recorded.
	maxName = 200
)

// A Record is an indicator as ThreatQ holds it, whichever of its two stores told it.
type Record struct {
	// ID is the indicator's own id, never zero.
	ID int64
	// Type is the name of the type, such as "IP Address"; empty when ThreatQ named none that its own table knows.
	Type string
	// Value is the indicator itself, as stored: URL values usually lack their scheme. It belongs in no error and no log line.
	Value string
	// Status is the name of the status, such as "Active" or "Whitelisted"; empty as Type is.
	Status string
	// CreatedAt and UpdatedAt are UTC, to the second; zero when ThreatQ did not say.
	CreatedAt, UpdatedAt time.Time
	// Score is the one that counts, from 0 to 10: set by hand if there is such, else generated; nil when unknown.
	Score *float64
	// Attributes are hints, bounded in number and size.
	Attributes []Attribute
	// Sources are who reported the indicator.
	Sources []Source
}

// An Attribute is a name and a value on an indicator.
type Attribute struct{ Name, Value string }

// wireRecord is an indicator in either shape.
type wireRecord struct {
	ID         number              `json:"id"`
	Value      text                `json:"value"`
	TypeID     number              `json:"type_id"`
	Type       reference           `json:"type"`
	StatusID   number              `json:"status_id"`
	Status     reference           `json:"status"`
	Score      score               `json:"score"`
	Manual     decimal             `json:"manual_score"`
	Generated  decimal             `json:"generated_score"`
	CreatedAt  stamp               `json:"created_at"`
	UpdatedAt  stamp               `json:"updated_at"`
	Attributes list[wireAttribute] `json:"attributes"`
	Sources    list[wireSource]    `json:"sources"`
}

// usable tells a row that names an indicator.
func (w wireRecord) usable() bool { return w.ID > 0 && w.Value != "" }

// record builds the Record and asks ThreatQ's tables for names that the row leaves out.
func (c *Client) record(ctx context.Context, w wireRecord) (Record, error) {
	typ, err := c.types.name(ctx, c, w.Type, w.TypeID)
	if err != nil {
		return Record{}, err
	}
	status, err := c.statuses.name(ctx, c, w.Status, w.StatusID)
	if err != nil {
		return Record{}, err
	}
	return Record{
		ID: int64(w.ID), Type: typ, Value: string(w.Value), Status: status,
		CreatedAt: w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time,
		Score: w.effective(), Attributes: hints(w.Attributes.items), Sources: sources(w.Sources),
	}, nil
}

// hints keeps the attributes, within bounds.
func hints(rows []wireAttribute) []Attribute {
	var kept []Attribute
	for _, r := range rows[:min(len(rows), maxRecordAttributes)] {
		kept = append(kept, Attribute{Name: cut(r.name(), maxRecordValue), Value: cut(string(r.Value), maxRecordValue)})
	}
	return kept
}

// cut shortens s to at most limit bytes, at the border of a rune.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return strings.Clone(s[:limit]) // A clone, so that the rest can be freed.
}
