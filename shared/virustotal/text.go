package virustotal

import (
	"slices"
	"time"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// text is a line fit to be shown.
func text(raw string) string { return verdict.Clean(raw, verdict.MaxText) }

// whole is a URL as it came, or nothing: one that had to be cut or cleaned is another URL.
func whole(raw string) string {
	if verdict.Clean(raw, verdict.MaxURL) != raw {
		return ""
	}
	return raw
}

// set is the distinct texts, sorted: the service's order carries no meaning, and one that moves would look like a change.
func set(raw []string) []string {
	all := make([]string, 0, len(raw))
	for _, one := range raw {
		if one = verdict.Clean(one, verdict.MaxItem); one != "" {
			all = append(all, one)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 0 {
		return nil
	}
	return all[:min(len(all), verdict.MaxList)]
}

// date reads seconds since 1970.
func date(n rest.Number) time.Time {
	if !n.Told {
		return time.Time{}
	}
	return verdict.Date(time.Unix(n.Value, 0))
}
