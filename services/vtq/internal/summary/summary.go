package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// Write writes all of it. Unless all is set, the table has MaxRows indicators.
func Write(s screen.Screen, o demo.Outcome, all bool) {
	s.Printf("\n")
	table(o, all).Write(s)
	s.Printf("\n  %s\n\n", headline(s, o))
	lines, width := figures(o), 0
	for _, f := range lines {
		width = max(width, len(f.name))
	}
	for _, f := range lines {
		s.Paragraph(fmt.Sprintf("  %s  ", s.Paint(screen.Dim, fmt.Sprintf("%-*s", width, f.name))), 2+width+2, screen.Plain, f.text)
	}
	s.Printf("%s", steps(s, o))
}

func headline(s screen.Screen, o demo.Outcome) string {
	text := fmt.Sprintf("%s of %s enriched in %.1f s", thousands(o.Enriched()), count(len(o.Indicators), "indicator"), o.Took)
	text = s.Paint(screen.Bold, text)
	if o.Waiting > 0 {
		text += ", " + s.Paint(screen.Yellow, wait(o.Waiting)+" for the quota")
	}
	if n := o.Failed(); n > 0 {
		text += ", " + s.Paint(screen.Red, count(n, "indicator")+" failed")
	}
	return text
}

func wait(n int) string {
	if n == 1 {
		return "1 waits"
	}
	return thousands(n) + " wait"
}

// A figure is one line of the summary.
type figure struct{ name, text string }

func figures(o demo.Outcome) []figure {
	all := []figure{{"by verdict", classes(o)}}
	if len(o.Skipped) > 0 {
		all = append(all, figure{"skipped", reasons(o)})
	}
	if o.Waiting > 0 {
		all = append(all, figure{"waiting", waiting(o)})
	}
	all = append(all, providers(o)...)
	return append(all,
		figure{"ThreatQ", fmt.Sprintf("%s and %s, for %s", count(o.ThreatQRequests-o.ThreatQWrites, "read"),
			count(o.ThreatQWrites, "write"), count(attributes(o), "attribute"))},
		figure{"second pass", fmt.Sprintf("%s, %s", count(o.SecondPass.Provider, "provider request"),
			count(o.SecondPass.Writes, "ThreatQ write"))},
	)
}

// classes counts the verdicts, gravest first.
func classes(o demo.Outcome) string {
	var parts []string
	for _, class := range verdict.Classes() {
		if n := o.Classes[class]; n > 0 {
			parts = append(parts, thousands(n)+" "+string(class))
		}
	}
	return strings.Join(parts, ", ")
}

// reasons counts why indicators were skipped, the commonest first.
func reasons(o demo.Outcome) string {
	skipped := maps.Clone(o.Skipped)
	for _, row := range o.Indicators {
		if reason(row) != row.Skipped {
			skipped[row.Skipped]--
			skipped[reason(row)]++
		}
	}
	maps.DeleteFunc(skipped, func(_ string, n int) bool { return n == 0 })
	names := slices.SortedFunc(maps.Keys(skipped), func(a, b string) int {
		if skipped[a] != skipped[b] {
			return skipped[b] - skipped[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = thousands(skipped[name]) + " " + words(name)
	}
	return strings.Join(names, ", ")
}

// noProvider is our own reason: the metric has one for types that nothing is known of and for those that no provider in use answers,
// which are a matter of the settings.
const noProvider = "no_provider"

// reason is why a row was skipped.
func reason(row demo.Row) string {
	if row.Skipped == string(indicator.UnsupportedType) && slices.Contains(indicator.Types(), row.Type) {
		return noProvider
	}
	return row.Skipped
}

// attributes counts the rows that stand in ThreatQ now.
func attributes(o demo.Outcome) int {
	n := 0
	for _, row := range o.Indicators {
		n += len(row.Attributes)
	}
	return n
}

// words turns the reason of a metric's label into a person's.
func words(reason string) string {
	switch reason {
	case "tlp":
		return "TLP above the ceiling"
	case "status":
		return "whitelisted"
	case "url_credentials":
		return "URL with credentials"
	case noProvider:
		return "no provider answers the kind"
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// count puts a noun behind its number.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands parts a number into groups of three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
