package repocheck_test

import (
	"encoding/json"
	"fmt"
	goversion "go/version"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// own is the prefix of our module paths.
const own = "vtq.internal/"

// apart says whether a module is one that no workspace holds: those below
// scripts build the linter, draw charts and run API servers, and what they
// depend on must not raise what ships.
func (m module) apart() bool { return strings.HasPrefix(m.dir, "scripts/") }

// A module is what we check of one go.mod, in the words of `go mod edit -json`.
type module struct {
	dir       string
	Module    struct{ Path string }
	Go        string
	Toolchain string
	Require   []version
	Replace   []struct{ Old, New version }
}

// A version is a module at a version, or a folder in its place.
type version struct{ Path, Version string }

// A workspace is what we check of go.work, in the words of `go work edit -json`,
// which has none for a toolchain.
type workspace struct {
	toolchain bool
	Go        string
	Use       []struct{ DiskPath string }
	Replace   []struct{ Old version }
}

func TestOneGoVersion(t *testing.T) {
	report(t, goVersions(readModules(t, repository(t))))
}

func TestTheWorkspaceHoldsEveryModule(t *testing.T) {
	report(t, members(readModules(t, repository(t))))
}

// goVersions complains of every Go version but that of go.work. A module apart may say a later one, where what it depends on does.
func goVersions(work workspace, modules []module) []complaint {
	cure := "say go " + work.Go + " and no toolchain; to move on, change go.work and every go.mod in one commit"
	var out []complaint
	if work.toolchain {
		out = append(out, complaint{"go.work", "names a toolchain, a second Go version beside its own", cure})
	}
	for _, m := range modules {
		later := goversion.Compare("go"+m.Go, "go"+work.Go) > 0
		if m.Go != work.Go && (!later || !m.apart()) {
			out = append(out, complaint{m.file(), fmt.Sprintf("says go %s where go.work says %s: what is tested would not be what ships", m.Go, work.Go), cure})
		}
		if m.Toolchain != "" {
			out = append(out, complaint{m.file(), "names a toolchain, a second Go version beside its own", cure})
		}
	}
	return out
}

// members complains where go.work and the modules of the tree differ.
func members(work workspace, modules []module) []complaint {
	used := map[string]bool{}
	for _, use := range work.Use {
		used[path.Clean(use.DiskPath)] = true
	}
	var out []complaint
	for _, m := range modules {
		switch {
		case m.apart() && used[m.dir]:
			out = append(out, complaint{"go.work", "uses " + m.dir + ", whose dependencies would then raise ours: a workspace has one build list", "drop it; the Makefile builds it with GOWORK=off"})
		case !m.apart() && !used[m.dir]:
			out = append(out, complaint{m.file(), "is in no workspace, so that no test or linter reads its module", "go work use ./" + m.dir})
		}
		delete(used, m.dir)
	}
	for dir := range used {
		out = append(out, complaint{"go.work", "uses " + dir + ", where there is no module", "go work edit -dropuse ./" + dir})
	}
	return out
}

// file is the path of the module's go.mod.
func (m module) file() string { return path.Join(m.dir, "go.mod") }

// readModules reads go.work and every go.mod of a tree.
func readModules(t *testing.T, tr tree) (work workspace, modules []module) {
	t.Helper()
	if in, ok := tr["go.work"]; ok {
		edit(t, "work", in.text, &work)
		work.toolchain = strings.Contains(in.text, "\ntoolchain ")
	}
	for _, name := range tr.ending("go.mod") {
		m := module{dir: path.Dir(name)}
		edit(t, "mod", tr[name].text, &m)
		modules = append(modules, m)
	}
	return work, modules
}

// edit has the go command parse a go.mod ("mod") or go.work ("work").
func edit(t *testing.T, kind, text string, into any) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "go."+kind)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", kind, "edit", "-json", file).Output()
	if err != nil {
		t.Fatalf("parsing %q: %v", text, err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

func TestModuleRulesSee(t *testing.T) {
	const header = "module vtq.internal/b\n\ngo 1.26.0\n"
	inB, inWork := []string{"b/go.mod"}, []string{"go.work"}

	t.Run("versions", func(t *testing.T) {
		sees(t, on(t, goVersions), map[string]breach{
			"one":              {in: twoModules(header)},
			"another":          {in: twoModules("module vtq.internal/b\n\ngo 1.26.1\n"), want: inB},
			"none":             {in: twoModules("module vtq.internal/b\n"), want: inB},
			"apart, a later":   {in: twoModules(header, "scripts/d/go.mod", "module vtq.internal/d\n\ngo 1.26.3\n")},
			"apart, an older":  {in: twoModules(header, "scripts/d/go.mod", "module vtq.internal/d\n\ngo 1.25.0\n"), want: []string{"scripts/d/go.mod"}},
			"a toolchain":      {in: twoModules(header + "\ntoolchain go1.26.8\n"), want: inB},
			"another for all":  {in: twoModules(header, "go.work", "go 1.27.0\n"), want: []string{"a/go.mod", "b/go.mod"}},
			"a work toolchain": {in: twoModules(header, "go.work", "go 1.26.0\n\ntoolchain go1.26.8\n"), want: inWork},
		})
	})
	t.Run("members", func(t *testing.T) {
		const third, tool = "module vtq.internal/c\n", "scripts/d"
		sees(t, on(t, members), map[string]breach{
			"all":             {in: twoModules(header)},
			"a tool is apart": {in: twoModules(header, tool+"/go.mod", third)},
			"one left out":    {in: twoModules(header, "c/go.mod", third), want: []string{"c/go.mod"}},
			"one is gone":     {in: tree{"go.work": {text: "go 1.26.0\n\nuse ./a\n"}}, want: inWork},
			"a tool is in":    {in: tree{"go.work": {text: "go 1.26.0\n\nuse ./" + tool + "\n"}, tool + "/go.mod": {text: third}}, want: inWork},
		})
	})
}

// twoModules is a workspace of modules a and b, given b's go.mod, with further
// files as pairs of path and text.
func twoModules(b string, more ...string) tree {
	tr := tree{
		"go.work":  {text: "go 1.26.0\n\nuse (\n\t./a\n\t./b\n)\n"},
		"a/go.mod": {text: "module vtq.internal/a\n\ngo 1.26.0\n"},
		"b/go.mod": {text: b},
	}
	for i := 0; i+1 < len(more); i += 2 {
		tr[more[i]] = file{text: more[i+1]}
	}
	return tr
}

// on lets a rule about modules read a tree.
func on(t *testing.T, rule func(workspace, []module) []complaint) func(tree) []complaint {
	t.Helper()
	return func(tr tree) []complaint { return rule(readModules(t, tr)) }
}
