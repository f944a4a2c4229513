package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A lettersReport is what `vtq deadletters list -o json` prints.
type lettersReport struct {
	Letters []letterEntry `json:"dead_letters"`
	More    bool          `json:"more"` // Than were asked for.
}

// A letterEntry is one dead letter without its message.
type letterEntry struct {
	Number      uint64    `json:"number"`
	Died        time.Time `json:"died"`
	Stage       string    `json:"stage"`
	Fault       string    `json:"fault"`
	Attempts    int       `json:"attempts"`
	Reason      string    `json:"reason"`
	Subject     string    `json:"subject,omitempty"`
	Object      string    `json:"object,omitempty"`       // Its key.
	IndicatorID int64     `json:"indicator_id,omitempty"` // In ThreatQ; 0 for nobody there.
	Stored      time.Time `json:"stored,omitzero"`
	Redriven    int       `json:"redriven"`
	History     []string  `json:"history,omitempty"`
}

// A wholeLetter is what `vtq deadletters show -o json` prints.
type wholeLetter struct {
	letterEntry
	Headers map[string][]string `json:"headers"`
	Body    json.RawMessage     `json:"body"` // As it is, or as a string where it is no JSON.
}

func entryOfLetter(l deadletter.Letter) letterEntry {
	entry := letterEntry{
		Number: l.ID, Died: l.Died.UTC(), Stage: l.Death.Stage, Fault: l.Death.Kind, Attempts: l.Death.Attempts, Reason: l.Death.Reason,
		Subject: l.Death.Subject, Stored: l.Death.First.UTC(), Redriven: l.History.Redriven, History: l.History.Deaths,
	}
	if key, id, ok := l.Address(); ok {
		entry.Object, entry.IndicatorID = string(key), id
	}
	return entry
}

func wholeOf(l deadletter.Letter) wholeLetter {
	whole := wholeLetter{letterEntry: entryOfLetter(l), Headers: map[string][]string{}}
	for name, values := range l.Header {
		for _, value := range values {
			name = verdict.Clean(name, wire.MaxReason)
			whole.Headers[name] = append(whole.Headers[name], verdict.Clean(value, wire.MaxReason))
		}
	}
	body := l.Body
	if !json.Valid(body) {
		body, _ = json.Marshal(string(body)) // A string always can be.
	}
	whole.Body = escaped(body)
	return whole
}

// printTable prints a line for each letter.
func (c *cli) printTable(entries []letterEntry) {
	if len(entries) == 0 {
		return
	}
	t := &screen.Table{Columns: []screen.Column{
		{Title: "NUMBER", Right: true},
		{Title: "DIED"},
		{Title: "STAGE"},
		{Title: "FAULT"},
		{Title: "TRIES", Right: true},
		{Title: "INDICATOR", Right: true},
		{Title: "OBJECT", Flexible: true},
		{Title: "REASON", Flexible: true},
	}}
	for _, e := range entries {
		t.Row(
			screen.Cell{Text: strconv.FormatUint(e.Number, 10), Style: screen.Bold}, screen.Cell{Text: age(time.Since(e.Died))},
			screen.Cell{Text: e.Stage}, screen.Cell{Text: e.Fault, Style: screen.Yellow}, screen.Cell{Text: strconv.Itoa(e.Attempts)},
			screen.Cell{Text: indicatorOf(e)}, screen.Cell{Text: e.Object, Style: screen.Dim}, screen.Cell{Text: e.Reason},
		)
	}
	t.Write(screen.Of(c.process.Stdout, c.process.Env))
}

func indicatorOf(e letterEntry) string {
	if e.IndicatorID == 0 {
		return "-"
	}
	return strconv.FormatInt(e.IndicatorID, 10)
}

// letterIndent is where the facts of a letter begin: after their names.
const letterIndent = 11

// printLetter prints everything about one letter for a person.
func (c *cli) printLetter(l deadletter.Letter) {
	s := screen.Of(c.process.Stdout, c.process.Env)
	whole := wholeOf(l)
	fact := func(name, text string) {
		if text != "" {
			s.Paragraph(s.Paint(screen.Bold, fmt.Sprintf("%-*s", letterIndent, name)), letterIndent, screen.Plain, text)
		}
	}
	fact("number", strconv.FormatUint(l.ID, 10))
	fact("died", moment(whole.Died))
	fact("stored", moment(whole.Stored))
	fact("stage", whole.Stage)
	fact("fault", whole.Fault)
	fact("tries", strconv.Itoa(whole.Attempts))
	fact("reason", whole.Reason)
	fact("subject", whole.Subject)
	fact("object", whole.Object)
	fact("indicator", indicatorOf(whole.letterEntry))
	fact("redriven", strconv.Itoa(whole.Redriven))
	for _, death := range whole.History {
		fact("history", death)
	}
	for _, name := range others(whole.Headers) {
		fact("header", name+": "+strings.Join(whole.Headers[name], ", "))
	}
	s.Printf("\n%s\n", legible(whole.Body))
}

// others are the headers of which nothing was told yet, in order.
func others(headers map[string][]string) []string {
	told := []string{
		wire.HeaderStage, wire.HeaderReason, wire.HeaderKind, wire.HeaderAttempts, wire.HeaderSubject, wire.HeaderFirst, wire.HeaderLast,
		wire.HeaderRedriven, wire.HeaderHistory,
	}
	var names []string
	for name := range headers {
		if !slices.Contains(told, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// moment is empty for a time that is not known.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s, %s", t.Format(time.RFC3339), age(time.Since(t)))
}

// legible spreads JSON over lines.
func legible(body []byte) string {
	var text bytes.Buffer
	if json.Indent(&text, body, "", "  ") != nil {
		return string(body)
	}
	return text.String()
}

// escaped spells what a person cannot see in JSON, or a terminal would obey, as JSON can. Outside of strings JSON has no such thing
// but the ends of lines.
func escaped(body []byte) []byte {
	var out bytes.Buffer
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		switch {
		case r < utf8.RuneSelf && r >= ' ' && r != 0x7f, r == '\n', r == '\r', r == '\t', r != utf8.RuneError && unicode.IsPrint(r):
			out.Write(body[:size])
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		body = body[size:]
	}
	return out.Bytes()
}
