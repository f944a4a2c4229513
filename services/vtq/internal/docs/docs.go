package docs

import (
	"errors"
	"fmt"
	"strings"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
)

//go:generate go test . -run Fresh$ -update

// A Section is a generated part of a document.
type Section struct {
	Name string // As it stands in the two comments.
	Text string // Markdown.
}

// Sections are those of the README.
func Sections() ([]Section, error) {
	attributes, err := attributes()
	if err != nil {
		return nil, err
	}
	return []Section{{"config", config.Table(&vtq.Settings{})}, {"attributes", attributes}}, nil
}

// attributes is the table of what is written to ThreatQ, under the names that it has without any settings.
func attributes() (string, error) {
	// What has no default needs some value, none of which shows.
	const required = "THREATQ_URL=https://threatq.invalid THREATQ_CLIENT_ID=- THREATQ_CLIENT_SECRET=- VT_API_KEY=-"
	var settings vtq.Settings
	if err := config.Load(strings.Fields(required), &settings); err != nil {
		return "", fmt.Errorf("reading the defaults: %w", err)
	}
	var b strings.Builder
	b.WriteString("| Attribute | What it says | Field |\n|---|---|---|\n")
	for _, a := range settings.Writer.Attributes(provider.VirusTotal) {
		fmt.Fprintf(&b, "| %s | %s | `%s` |\n", a.Name, a.Meaning, a.Field)
	}
	return b.String(), nil
}

// Example is the whole of .env.example.
func Example() string {
	return `# Settings of vtq. Copy this file to .env, where make run reads it, and fill in
# THREATQ_URL, THREATQ_CLIENT_ID, THREATQ_CLIENT_SECRET, THREATQ_COLLECTION and
# VT_API_KEY; the rest has defaults. "vtq check" tells whether it will do.
# A shell reads it: put single quotes around values with spaces, $, # or the like.
# This file is generated: "make generate" brings it up to date.

` + config.Example(&vtq.Settings{})
}

// Weave puts sections into a document, each between its two comments. The error says which comments are missing.
func Weave(document string, sections []Section) (string, error) {
	var missing []error
	for _, s := range sections {
		begin, end := "<!-- "+s.Name+":begin -->\n", "<!-- "+s.Name+":end -->"
		head, rest, ok := strings.Cut(document, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			missing = append(missing, fmt.Errorf("the document has no %q followed by %q", strings.TrimSpace(begin), end))
			continue
		}
		// The empty lines are what makes Markdown see a table.
		document = head + begin + "\n" + s.Text + "\n" + end + tail
	}
	return document, errors.Join(missing...)
}
