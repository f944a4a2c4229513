package repocheck_test

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestSiblingsAreReplacedByFolders(t *testing.T) {
	report(t, siblings(readModules(t, repository(t))))
}

// siblings complains of modules of ours that are not found in this very tree when
// one is built without the workspace, and of replacements of anybody else's.
func siblings(work workspace, modules []module) []complaint {
	dirs := map[string]string{}
	for _, m := range modules {
		dirs[m.Module.Path] = m.dir
	}
	var out []complaint
	for _, r := range work.Replace {
		out = append(out, complaint{"go.work", "replaces " + r.Old.Path + ", so that the workspace builds something else than each module alone", "drop the replace"})
	}
	for _, m := range modules {
		out = append(out, m.misread(dirs)...)
		out = append(out, m.unreplaced()...)
	}
	return out
}

// misread complains of replacements that do not lead to a sibling's folder, given
// the folders of all modules.
func (m module) misread(dirs map[string]string) []complaint {
	var out []complaint
	for _, r := range m.Replace {
		dir, ours := dirs[r.Old.Path]
		relative := strings.HasPrefix(r.New.Path, "./") || strings.HasPrefix(r.New.Path, "../")
		switch {
		case !ours && m.apart(): // Nobody requires it, and some of what it requires can only be built with replacements.
		case !ours:
			out = append(out, complaint{
				m.file(), "replaces " + r.Old.Path + ", which is no module of this tree: whoever requires us would get the original",
				"drop the replace and require the version that is meant",
			})
		case !relative || path.Join(m.dir, r.New.Path) != dir:
			out = append(out, complaint{
				m.file(), "replaces " + r.Old.Path + " by " + r.New.Path + ", which is not its folder seen from here",
				"replace it by the relative path to " + dir,
			})
		}
	}
	return out
}

// unreplaced complains of requirements of siblings that a checkout cannot meet.
func (m module) unreplaced() []complaint {
	var out []complaint
	for _, r := range m.Require {
		if !strings.HasPrefix(r.Path, own) {
			continue
		}
		if r.Version != "v0.0.0" {
			out = append(out, complaint{
				m.file(), "requires " + r.Path + " at " + r.Version + ", though siblings have no versions: they change together",
				"require it at v0.0.0",
			})
		}
		if !slices.ContainsFunc(m.Replace, func(x struct{ Old, New version }) bool { return x.Old.Path == r.Path }) {
			out = append(out, complaint{
				m.file(), "requires " + r.Path + " without a replace, so that it builds inside the workspace only",
				"add a replace by the relative path to its folder",
			})
		}
	}
	return out
}

func TestSiblingRuleSees(t *testing.T) {
	const (
		header  = "module vtq.internal/b\n\ngo 1.26.0\n\n"
		require = "require vtq.internal/a v0.0.0\n\n"
		replace = "replace vtq.internal/a => ../a\n"
	)
	inB, inWork := []string{"b/go.mod"}, []string{"go.work"}
	sees(t, on(t, siblings), map[string]breach{
		"by folder":          {in: twoModules(header + require + replace)},
		"none":               {in: twoModules(header)},
		"no replace":         {in: twoModules(header + require), want: inB},
		"a version":          {in: twoModules(header + "require vtq.internal/a v0.1.0\n\n" + replace), want: inB},
		"an absolute folder": {in: twoModules(header + require + "replace vtq.internal/a => /src/a\n"), want: inB},
		"another folder":     {in: twoModules(header + require + "replace vtq.internal/a => ../c\n"), want: inB},
		"somebody else's":    {in: twoModules(header + "replace example.com/x => ../x\n"), want: inB},
		"of a module apart":  {in: twoModules(header, "scripts/d/go.mod", "module vtq.internal/d\n\ngo 1.26.0\n\nreplace example.com/x => example.com/x v1.0.0\n")},
		"in the workspace":   {in: twoModules(header, "go.work", "go 1.26.0\n\nreplace example.com/x => ./x\n"), want: inWork},
	})
}
