package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxNameLength bounds the names that are compared (in bytes) and shown (in
// characters): ours have some 30, and comparing costs length times length.
const maxNameLength = 64

// kubernetesLink matches what Kubernetes adds to the environment of every pod
// for a service in its namespace: one called vtq-nats yields
// VTQ_NATS_SERVICE_HOST, VTQ_NATS_PORT=tcp://..., VTQ_NATS_PORT_4222_TCP_ADDR
// and more of the kind ("environment variables" of its service discovery).
var kubernetesLink = regexp.MustCompile(
	`^\w+_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(TCP|UDP|SCTP)\w*)=|^\w+_PORT=(tcp|udp|sctp)://`)

// Unknown returns a line for every set variable that bears one of our prefixes
// (THREATQ_, VT_, VTQ_) and that none of the known structs has, in alphabetical
// order; where a known name is near, the line suggests it. Values are not shown.
//
// The lines are warnings, not errors: an older program must start with the
// environment of a newer one.
func Unknown(environ []string, known ...any) []string {
	names := knownNames(known)
	var lines []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !ours(name) || slices.Contains(names, name) || kubernetesLink.MatchString(entry) {
			continue
		}
		line := fmt.Sprintf("%.*s: no such variable", maxNameLength, name)
		if near := nearest(name, names); near != "" {
			line += "; did you mean " + near + "?"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// ours reports whether nobody but vtq would read a variable of this name.
// NATS_ and LOG_ are shared with other programs.
func ours(name string) bool {
	return strings.HasPrefix(name, "THREATQ_") || strings.HasPrefix(name, "VT_") || strings.HasPrefix(name, "VTQ_")
}

func knownNames(known []any) []string {
	var names []string
	for _, v := range Variables(known...) {
		names = append(names, v.Name)
		if v.Secret {
			names = append(names, v.File())
		}
	}
	return names
}

// nearest returns the known name that name is the beginning of, else the one
// with the fewest edits from it; the first of several. More edits than a
// quarter of the name are no misspelling: "".
func nearest(name string, names []string) string {
	if len(name) > maxNameLength {
		return ""
	}
	best, fewest := "", len(name)/4+1
	for _, candidate := range names {
		if strings.HasPrefix(candidate, name) {
			return candidate
		}
		if d := distance(name, candidate); d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's: the insertions, deletions and substitutions of one
// byte that lead from a to b. row[j] is the distance from the part of a that
// has been read to b[:j].
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
