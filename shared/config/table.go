package config

import (
	"fmt"
	"strings"
)

// Table returns the variables as a GitHub-flavoured Markdown table.
func Table(dst ...any) string {
	var b strings.Builder
	b.WriteString("| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, v := range Variables(dst...) {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, defaultCell(v), cell(meaning(v, "`")))
	}
	return b.String()
}

func defaultCell(v Variable) string {
	switch {
	case v.Default != "":
		return "`" + cell(v.Default) + "`"
	case v.Usual:
		return "**required**"
	}
	return ""
}

// cell escapes what would end a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// meaning is the doc of a variable, and where else a secret may come from.
func meaning(v Variable, quote string) string {
	if !v.Secret {
		return v.Doc
	}
	return v.Doc + " Also " + quote + v.File() + quote + "."
}

// Example returns the body of a .env.example, which a shell can read: every
// variable with its doc above it, commented out at its default. Required ones
// are left in and empty, to be filled in.
func Example(dst ...any) string {
	var b strings.Builder
	heading := ""
	for _, v := range Variables(dst...) {
		if v.Heading != heading {
			heading = v.Heading
			fmt.Fprintf(&b, "## %s\n\n", heading)
		}
		fmt.Fprintf(&b, "# %s\n", meaning(v, ""))
		if !v.Usual {
			b.WriteString("# ")
		}
		fmt.Fprintf(&b, "%s=%s\n\n", v.Name, quoted(v.Default))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// quoted quotes a value in which a shell would see more than text.
func quoted(value string) string {
	if !strings.ContainsAny(value, " \t\"'`$&|;<>()*?[]{}#~!\\") {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
