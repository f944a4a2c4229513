// Package systemd holds the units to what they promise, has systemd read them, and starts the programs with the settings that they
// would have. What only a running systemd can show, it does not: that nothing a program does is denied.
package systemd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	// root is where the repository begins, seen from this package.
	root = "../../.."
	// home is the directory of the units.
	home = root + "/deployments/systemd"
)

// A unit is what a file assigns, by section and key, in order: keys may come several times.
type unit map[string][]string

// parse reads a unit. Lines that go on below are not used here.
func parse(text string) unit {
	out, section := unit{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, assigns := strings.Cut(line, "=")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case assigns:
			out[section+"."+key] = append(out[section+"."+key], value)
		}
	}
	return out
}

// one returns the last value of a key, which counts.
func (u unit) one(key string) string {
	if values := u[key]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// environment returns what a unit sets, with the specifiers of an instance put in.
func (u unit) environment(instance, credentials, state string) map[string]string {
	out := map[string]string{}
	for _, assignment := range u["Service.Environment"] {
		name, value, _ := strings.Cut(assignment, "=")
		out[name] = strings.NewReplacer("%i", instance, "%d", credentials, "%S", state).Replace(value)
	}
	return out
}

// units reads all of them, by name.
func units(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(home, "*.service"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(text)
	}
	want := []string{"vtq-lookup@.service", "vtq-producer.service", "vtq-setup.service", "vtq-writer.service", "vtq.service"}
	var got []string
	for name := range out {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("units %q, want %q", got, want)
	}
	return out
}
