package summary

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/verdict"
)

// Write writes all of it. Unless all is set, the table has MaxRows indicators.
func Write(s screen.Screen, o demo.Outcome, all bool) {
	s.Printf("\n")
	table(o, all).Write(s)
	s.Printf("\n  %s\n\n", headline(s, o))
	for _, f := range figures(o) {
		s.Paragraph(fmt.Sprintf("  %s  ", s.Paint(screen.Dim, fmt.Sprintf("%-11s", f.name))), 2+11+2, screen.Plain, f.text)
	}
	s.Printf("%s", steps(s))
}

func headline(s screen.Screen, o demo.Outcome) string {
	text := fmt.Sprintf("%s of %s enriched in %.1f s", thousands(o.Enriched()), count(len(o.Indicators), "indicator"), o.Took)
	if n := o.Failed(); n > 0 {
		return s.Paint(screen.Bold, text) + ", " + s.Paint(screen.Red, count(n, "indicator")+" failed")
	}
	return s.Paint(screen.Bold, text)
}

// A figure is one line of the summary. The names have at most eleven letters.
type figure struct{ name, text string }

func figures(o demo.Outcome) []figure {
	all := []figure{{"by verdict", classes(o)}}
	if len(o.Skipped) > 0 {
		all = append(all, figure{"skipped", reasons(o)})
	}
	return append(all,
		figure{"VirusTotal", provider(o)},
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
	names := slices.SortedFunc(maps.Keys(o.Skipped), func(a, b string) int {
		if o.Skipped[a] != o.Skipped[b] {
			return o.Skipped[b] - o.Skipped[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = thousands(o.Skipped[name]) + " " + words(name)
	}
	return strings.Join(names, ", ")
}

// provider tells what was spent, and what was saved: the quota is the scarce thing.
func provider(o demo.Outcome) string {
	text := fmt.Sprintf("%s, at up to %s a minute", count(o.ProviderRequests, "request"), thousands(o.QuotaPerMinute))
	other, same := o.Shared.OtherHash, o.Shared.SameObject
	if other+same == 0 {
		return text
	}
	return text + fmt.Sprintf("; %s shared one: %s as another hash of a file, %s as another spelling",
		count(other+same, "indicator"), thousands(other), thousands(same))
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
