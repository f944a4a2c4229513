package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Headings are what a runbook answers, in this order.
func Headings() []string {
	return []string{"## What it means", "## How to check", "## How to fix", "## How to prevent"}
}

// CheckRunbook tells what is wrong with the runbook of an alert.
func CheckRunbook(alert, text string) []string {
	var complaints, headings []string
	if !strings.HasPrefix(text, "# "+alert+"\n") {
		complaints = append(complaints, "does not begin with its alert's name")
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "## ") {
			headings = append(headings, strings.TrimSpace(line))
		}
	}
	if !slices.Equal(headings, Headings()) {
		complaints = append(complaints, fmt.Sprintf("has the headings %q, want %q", headings, Headings()))
	}
	return complaints
}

// Variables lists the settings and streams that a runbook names, as VTQ_SWEEP; a family keeps its star, as VTQ_REFRESH_*.
func Variables(text string) []string {
	return regexp.MustCompile(`\b(?:VTQ|VT|RL|THREATQ|NATS)_[A-Z_]+\*?`).FindAllString(text, -1)
}

// Unknown lists the names that nobody reads. One with a star stands for those that begin so.
func Unknown(names, known []string) []string {
	var unknown []string
	for _, name := range names {
		family, starred := strings.CutSuffix(name, "*")
		if !slices.ContainsFunc(known, func(k string) bool { return k == name || starred && strings.HasPrefix(k, family) }) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// Settings lists the variables that .env.example explains, and the files that some of them may come from.
func Settings(example string) []string {
	var all []string
	for _, found := range regexp.MustCompile(`(?m)^(?:# )?([A-Z_]+)=|Also ([A-Z_]+_FILE)\.`).FindAllStringSubmatch(example, -1) {
		all = append(all, found[1]+found[2])
	}
	return all
}

// Messages lists the log lines that a runbook looks for, as the code writes them: with both quotes, or of a beginning the first alone.
func Messages(text string) []string {
	var all []string
	for _, found := range regexp.MustCompile(`\.message *== *("[^"]*")|\.message *\| *startswith\(("[^"]*)"\)`).FindAllStringSubmatch(text, -1) {
		all = append(all, found[1]+found[2])
	}
	return all
}

// Commands lists what a runbook has somebody run of vtq, as the arguments of each: lines of its shell blocks, and code between words.
func Commands(text string) [][]string {
	blocks := regexp.MustCompile("(?ms)^```.*?^```")
	// A jq program is cut as well, which does no harm: none of its parts begins with vtq.
	var lines []string
	for _, block := range blocks.FindAllString(text, -1) {
		lines = append(lines, regexp.MustCompile(`\n|\||;|&+|\$\(`).Split(block, -1)...)
	}
	for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(blocks.ReplaceAllString(text, ""), -1) {
		first, _, _ := strings.Cut(code[1], "|")
		lines = append(lines, first)
	}
	var all [][]string
	for _, line := range lines {
		line, _, _ = strings.Cut(line, " #")
		words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
		for len(words) > 0 && strings.Contains(words[0], "=") {
			words = words[1:] // A variable for this command alone.
		}
		if len(words) > 1 && words[0] == "vtq" {
			all = append(all, unquoted(words[1:]))
		}
	}
	return all
}

func unquoted(words []string) []string {
	for i, word := range words {
		words[i] = strings.Trim(word, `"`)
	}
	return words
}

// Strays tells whether a command names a subcommand that is not there, by the help that it gives: a flag that is not there is refused
// with --help as well, and a word below a command that only has others below it is not.
func Strays(command []string, help string) bool {
	usage := regexp.MustCompile(`(?m)^Usage:\n  vtq ?((?:[a-z]+ ?)*)`).FindStringSubmatch(help)
	if usage == nil {
		return true
	}
	path := strings.Fields(usage[1])
	if len(path) > len(command) || !slices.Equal(path, command[:len(path)]) {
		return true
	}
	rest := command[len(path):]
	return strings.Contains(help, "Available Commands:") && len(rest) > 0 && !strings.HasPrefix(rest[0], "-")
}
