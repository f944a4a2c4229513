package repocheck_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestUnfinishedWorkHasAnIssue(t *testing.T) {
	report(t, unfinished(repository(t)))
}

func TestNothingNamesAMachine(t *testing.T) {
	report(t, machineBound(repository(t)))
}

// unfinished complains of markers of unfinished work that nobody can look up.
func unfinished(tr tree) []complaint {
	// Here and below, words are spelt in two, so that these lines do not break the rule.
	words := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}
	marker := regexp.MustCompile(`\b(` + strings.Join(words, "|") + `)\b(\(#\d+\))?`)
	return lines(tr, words, func(line string) (what, cure string) {
		for _, found := range marker.FindAllStringSubmatch(line, -1) {
			if found[2] == "" {
				return fmt.Sprintf("has a %s without an issue, which nobody will ever find again", found[1]),
					fmt.Sprintf("do it now, or file it and write %s(#123)", found[1])
			}
		}
		return "", ""
	})
}

// machineBound complains of paths and hosts that exist where a file was written,
// and perhaps nowhere else.
func machineBound(tr tree) []complaint {
	homes := []string{"/work/", "/root/", "/home/", "/Users/", `:\Users\`}
	absolute := regexp.MustCompile(`(?:^|[^\w.~/})-])((?:/|[A-Z]:\\)(?:work|root|home|Users)[/\\]\w+)`)
	paths := lines(tr, homes, func(line string) (what, cure string) {
		if found := absolute.FindStringSubmatch(line); found != nil {
			return "names " + found[1] + ", a path of one machine",
				"start from the repository's root, a temporary folder or a setting"
		}
		return "", ""
	})

	registries := []string{
		"proxy." + "golang.org", "sum." + "golang.org", "index." + "golang.org", "goproxy" + ".io", "goproxy" + ".cn",
		"registry." + "npmjs.org", "deb." + "debian.org", "security." + "debian.org",
	}
	hosts := lines(tr, registries, func(string) (what, cure string) {
		return "names the host of a package registry, which is a setting of whoever builds",
			"let go, apt or npm find their registry by themselves"
	})
	return slices.Concat(paths, hosts)
}

// lines asks about every line that a person wrote and that holds one of signs;
// checksums were written by go. The signs come first because a regular expression
// over the whole tree takes seconds under the race detector.
func lines(tr tree, signs []string, ask func(line string) (what, cure string)) []complaint {
	signed := func(text string) bool {
		return slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(text, sign) })
	}
	var out []complaint
	for _, name := range tr.all() {
		if slices.Contains([]string{"go.sum", "go.work.sum"}, path.Base(name)) || !signed(tr[name].text) {
			continue
		}
		number := 0
		for line := range strings.Lines(tr[name].text) {
			number++
			if !signed(line) {
				continue
			}
			if what, cure := ask(line); what != "" {
				out = append(out, complaint{at: fmt.Sprintf("%s:%d", name, number), what: what, cure: cure})
			}
		}
	}
	return out
}

func TestWordRulesSee(t *testing.T) {
	text := func(text string) tree { return tree{"a.md": {text: text}} }
	first := []string{"a.md:1"}
	t.Run("unfinished work", func(t *testing.T) {
		sees(t, unfinished, map[string]breach{
			"a bare marker":          {in: text("// TO" + "DO: later\n"), want: first},
			"with a name":            {in: text("// FIX" + "ME(ann): later\n"), want: first},
			"on its line":            {in: text("one\n# XX" + "X\n"), want: []string{"a.md:2"}},
			"one of two has none":    {in: text("TO" + "DO(#1) TO" + "DO\n"), want: first},
			"with an issue":          {in: text("// TO" + "DO(#12): later\n")},
			"inside a word":          {in: text("mktemp /x.XXXXXX, MASTODONTODO\n")},
			"checksums are no words": {in: tree{"a/go.sum": {text: "XX" + "X\n"}}},
		})
	})
	t.Run("machines", func(t *testing.T) {
		sees(t, machineBound, map[string]breach{
			"a home":             {in: text("see /ho" + "me/ann/notes\n"), want: first},
			"quoted":             {in: text(`open("/ro` + `ot/key")` + "\n"), want: first},
			"a drive":            {in: text(`C:\Us` + `ers\ann` + "\n"), want: first},
			"a registry":         {in: text("GOPROXY=https://proxy.gol" + "ang.org\n"), want: first},
			"a path within":      {in: text("see scripts/work/notes, ./work/x and ../root/y\n")},
			"below a variable":   {in: text("${dir}/work/notes and $(pwd)/home/ann\n")},
			"a path of a URL":    {in: text("https://threatq.example/home/index\n")},
			"the home page":      {in: text("GET /home/ HTTP/1.1\n")},
			"another go address": {in: text("https://pkg.go.dev/golang.org/x/net\n")},
			"checksums are free": {in: tree{"go.work.sum": {text: "sum.gol" + "ang.org\n"}}},
		})
	})
}
