package repocheck_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxDocLines is how long a package comment may grow above code: beyond it the
// reader of the file scrolls before anything happens.
const maxDocLines = 10

func TestEveryPackageIsDocumentedOnce(t *testing.T) {
	report(t, packageDocs(repository(t)))
}

// packageDocs complains of packages with no package comment, with several, or
// with one that the go command would not show well.
func packageDocs(tr tree) []complaint {
	var out []complaint
	packages := dirs(tr.ending(".go"))
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		docs := documented(tr, packages[dir])
		switch len(docs) {
		case 0:
			out = append(out, complaint{
				at:   dir,
				what: "has no package comment, and that is where a reader starts",
				cure: "say what it is for above the package clause of doc.go, or of the file named after the package",
			})
		case 1:
			out = append(out, misplaced(tr, docs[0])...)
		default:
			out = append(out, complaint{
				at:   dir,
				what: "has package comments in " + strings.Join(docs, ", ") + ", and the go command shows them as one, in any order",
				cure: "keep one; part the others from the package clause by an empty line, or move them to what they tell of",
			})
		}
	}
	return out
}

// documented returns the files of one package that carry its comment. Test files
// count only in a package that has nothing else: elsewhere their comment says
// something about the tests.
func documented(tr tree, names []string) []string {
	code := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasSuffix(name, "_test.go")
	})
	if len(code) == 0 {
		code = names
	}
	return slices.DeleteFunc(slices.Clone(code), func(name string) bool {
		return clause(name, tr[name].text).Doc.Text() == ""
	})
}

// misplaced complains of a package comment that begins or lies in another way
// than readers and tools expect.
func misplaced(tr tree, name string) []complaint {
	parsed := clause(name, tr[name].text)
	want := "Package " + strings.TrimSuffix(parsed.Name.Name, "_test") + " "
	if parsed.Name.Name == "main" {
		want = "Command " + path.Base(path.Dir(name)) + " "
	}
	var out []complaint
	if doc := parsed.Doc.Text(); !strings.HasPrefix(doc, want) {
		out = append(out, complaint{
			at:   name,
			what: fmt.Sprintf("has a package comment that does not begin %q, so that lists of packages read badly", want),
			cure: "begin it so, and make its first sentence say what the package is for",
		})
	} else if lines := strings.Count(doc, "\n"); lines > maxDocLines && path.Base(name) != "doc.go" && parsed.Name.Name != "main" {
		out = append(out, complaint{
			at:   name,
			what: fmt.Sprintf("has a package comment of %d lines above its code, more than %d", lines, maxDocLines),
			cure: "move it to doc.go",
		})
	}
	return out
}

// clause parses a file up to its package clause; what cannot be parsed has
// neither name nor comment.
func clause(name, text string) *ast.File {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return &ast.File{Name: ast.NewIdent("")}
	}
	return parsed
}

func TestPackageDocsRuleSees(t *testing.T) {
	const good = "// Package a is one.\npackage a\n"
	long := "// Package a is long.\n" + strings.Repeat("// More.\n", maxDocLines) + "package a\n"
	sees(t, packageDocs, map[string]breach{
		"one comment":            {in: tree{"a/a.go": {text: good}, "a/b.go": {text: "package a\n"}}},
		"none":                   {in: tree{"a/a.go": {text: "package a\n"}}, want: []string{"a"}},
		"a licence is none":      {in: tree{"a/a.go": {text: "// Licence.\n\npackage a\n"}}, want: []string{"a"}},
		"a build tag is none":    {in: tree{"a/a.go": {text: "//go:build linux\npackage a\n"}}, want: []string{"a"}},
		"two":                    {in: tree{"a/a.go": {text: good}, "a/b.go": {text: good}}, want: []string{"a"}},
		"a test's does not help": {in: tree{"a/a.go": {text: "package a\n"}, "a/a_test.go": {text: good}}, want: []string{"a"}},
		"a test's does no harm":  {in: tree{"a/a.go": {text: good}, "a/a_test.go": {text: good}}},
		"tests alone":            {in: tree{"a/a_test.go": {text: "// Package a is one.\npackage a_test\n"}}},
		"another beginning":      {in: tree{"a/a.go": {text: "// This package.\npackage a\n"}}, want: []string{"a/a.go"}},
		"a command":              {in: tree{"cmd/go/main.go": {text: "// Command go goes.\npackage main\n"}}},
		"a command's other name": {in: tree{"cmd/go/main.go": {text: "// Package main goes.\npackage main\n"}}, want: []string{"cmd/go/main.go"}},
		"long in doc.go":         {in: tree{"a/doc.go": {text: long}}},
		"long above code":        {in: tree{"a/a.go": {text: long}}, want: []string{"a/a.go"}},
		"testdata is free":       {in: tree{"a/testdata/b/b.go": {text: "package b\n"}}},
	})
}
