package repocheck_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

func TestTestsSleepInVirtualTimeOnly(t *testing.T) {
	report(t, sleepers(repository(t)))
}

// sleepers complains of tests that sleep in a file without a bubble of virtual
// time. Whether a sleep lies inside the bubble is for the reader to see: a rule
// that followed every call would be wrong more often than he is.
func sleepers(tr tree) []complaint {
	var out []complaint
	for _, name := range tr.ending("_test.go") {
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, name, tr[name].text, 0)
		if err != nil || uses(parsed, "synctest", "Test") != nil || uses(parsed, "testkit", "Bubble") != nil {
			continue // what cannot be parsed is for the compiler
		}
		for _, at := range uses(parsed, "time", "Sleep") {
			out = append(out, complaint{
				at:   fmt.Sprintf("%s:%d", name, fset.Position(at).Line),
				what: "sleeps in real time, which is too long on a fast machine and too short on a busy one",
				cure: "wait for the fact itself, or sleep inside synctest.Test or testkit.Bubble, in the same file",
			})
		}
	}
	return out
}

// uses returns where a file names something of a package.
func uses(in *ast.File, pkg, name string) []token.Pos {
	var out []token.Pos
	ast.Inspect(in, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg {
				out = append(out, sel.Pos())
			}
		}
		return true
	})
	return out
}

func TestSleepRuleSees(t *testing.T) {
	const (
		head = "package a_test\n\n"
		nap  = "func nap() { time.Sleep(time.Second) }\n"
	)
	sees(t, sleepers, map[string]breach{
		"no bubble":                       {in: tree{"a_test.go": {text: head + nap}}, want: []string{"a_test.go:3"}},
		"beside a bubble":                 {in: tree{"a_test.go": {text: head + nap + "func f() { synctest.Test(nil, nil) }\n"}}},
		"beside a bubble with a server":   {in: tree{"a_test.go": {text: head + nap + "func f() { testkit.Bubble(nil, nil) }\n"}}},
		"another sleep":                   {in: tree{"a_test.go": {text: head + "func f() { cat.Sleep() }\n"}}},
		"production code is the linters'": {in: tree{"a.go": {text: "package a\n\n" + nap}}},
	})
}
