package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vtq.internal/shared/verdict"
)

// Headers of a dead letter. The last two are of the message as well, once it was sent again.
const (
	HeaderStage    = "Vtq-Stage"    // The stage at which the message died.
	HeaderReason   = "Vtq-Reason"   // Why, for a person.
	HeaderKind     = "Vtq-Fault"    // The kind of fault.
	HeaderAttempts = "Vtq-Attempts" // How often it was delivered.
	HeaderSubject  = "Vtq-Subject"  // Where it came from.
	HeaderFirst    = "Vtq-First"    // When it was first stored, RFC 3339.
	HeaderLast     = "Vtq-Last"     // When it died, RFC 3339.
	HeaderRedriven = "Vtq-Redriven" // How often it was sent again.
	HeaderHistory  = "Vtq-History"  // An earlier death, one header for each, oldest first.
)

const (
	// MaxReason bounds the reason of a death, in runes: it is read by a person.
	MaxReason = 500
	// maxName bounds the names in a death, in runes: a Token has 63.
	maxName = 63
	// maxSubject bounds the subject in a death, in runes: the longest of ours has 180.
	maxSubject = 256
	// maxDeaths bounds the earlier deaths that a message carries, and maxDeath each of them, in bytes. With its name and the end
	// of its line each takes 15 more, so that all of them, the count, the name of a replay, a message id, the name of a stream and the
	// sequence that is expected there stay below 1 KiB; with a trace context below the 2 KiB that a stream leaves for headers.
	maxDeaths = 5
	maxDeath  = 120
)

// A Death is how a message ended at a stage.
type Death struct {
	Stage    string
	Reason   string // At most MaxReason runes.
	Kind     string // Of the fault, as package fault spells it.
	Attempts int
	Subject  string    // Where the message came from.
	First    time.Time // When it was first stored; whole seconds.
	Last     time.Time // When it died; whole seconds.
}

// Put writes a death into the headers of a letter.
func (d Death) Put(header map[string][]string) {
	for name, value := range map[string]string{
		HeaderStage: d.Stage, HeaderReason: verdict.Clean(d.Reason, MaxReason), HeaderKind: d.Kind,
		HeaderAttempts: strconv.Itoa(d.Attempts), HeaderSubject: d.Subject, HeaderFirst: stamp(d.First), HeaderLast: stamp(d.Last),
	} {
		header[name] = []string{value}
	}
}

// ParseDeath reads the headers of a letter. What is missing or cannot be read is left zero: a letter is for a person, who can do with
// less.
func ParseDeath(header map[string][]string) Death {
	return Death{
		Stage:  verdict.Clean(first(header, HeaderStage), maxName),
		Reason: verdict.Clean(first(header, HeaderReason), MaxReason),
		Kind:   verdict.Clean(first(header, HeaderKind), maxName), Attempts: count(first(header, HeaderAttempts)),
		Subject: verdict.Clean(first(header, HeaderSubject), maxSubject),
		First:   moment(first(header, HeaderFirst)), Last: moment(first(header, HeaderLast)),
	}
}

// line is a death in one line, for the history of the next.
func (d Death) line() string {
	return fmt.Sprintf("%s %s %s after %d: %s", stamp(d.Last), d.Stage, d.Kind, d.Attempts, d.Reason)
}

// A History is what became of a message before. It goes along with the message when it is sent again, and into its letter when it
// dies again.
type History struct {
	Redriven int      // How often it was sent again.
	Deaths   []string // The latest, oldest first, at most 5 of 120 bytes.
}

// HistoryOf reads the headers of a message or of a letter, within the bounds of a history whoever wrote them.
func HistoryOf(header map[string][]string) History {
	h := History{Redriven: count(first(header, HeaderRedriven))}
	lines := header[HeaderHistory]
	for _, line := range lines[max(len(lines)-maxDeaths, 0):] {
		if line = cut(line, maxDeath); line != "" {
			h.Deaths = append(h.Deaths, line)
		}
	}
	return h
}

// Redrive is the history of a message that died and is sent again.
func (h History) Redrive(d Death) History {
	deaths := append(append([]string(nil), h.Deaths...), cut(d.line(), maxDeath))
	return History{Redriven: h.Redriven + 1, Deaths: deaths[max(len(deaths)-maxDeaths, 0):]}
}

// Put writes a history into headers; one of a message that was never sent again leaves them as they are.
func (h History) Put(header map[string][]string) {
	if h.Redriven > 0 {
		header[HeaderRedriven] = []string{strconv.Itoa(h.Redriven)}
	}
	if len(h.Deaths) > 0 {
		header[HeaderHistory] = h.Deaths
	}
}

// count reads a number that is not below zero, and none that is beyond all reason.
func count(text string) int {
	n, err := strconv.ParseInt(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(max(n, 0))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// moment reads a time. At the ends of the calendar a zone can move it into a year that has no four digits, which JSON cannot print.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if year := t.UTC().Year(); err != nil || year < 0 || year > 9999 {
		return time.Time{}
	}
	return t.UTC()
}

func first(header map[string][]string, name string) string {
	if all := header[name]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// cut cleans a text and keeps as many of its runes as fit so many bytes.
func cut(text string, limit int) string {
	text = verdict.Clean(text, limit)
	for len(text) > limit {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimSpace(text) // A cut may have come behind a space.
}
