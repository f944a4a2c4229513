package repocheck_test

import (
	"slices"
	"strings"
	"testing"
)

// A layer is one rule about what packages may be built from. Its patterns are
// import paths; one that ends in /... names the packages below as well.
type layer struct {
	who    []string // whom the rule is about
	except []string // whom of them it is not about
	only   []string // what they may be built from, beside the standard library
	never  []string // what they may not be built from
	direct bool     // only what they import themselves counts
	tests  bool     // what their tests import themselves counts as well
	reason string
}

func TestImportsPointOneWay(t *testing.T) {
	report(t, crossings(list(t), layers()))
}

// crossings complains of each package that is built from what a rule keeps from
// it, and of each rule about packages that are not there.
func crossings(in graph, rules []layer) []complaint {
	var out []complaint
	for _, rule := range rules {
		for _, name := range in.names() {
			if !rule.guards(name) {
				continue
			}
			if way := rule.breach(in, name); way != nil {
				out = append(out, complaint{
					at:   name,
					what: "must not be built from " + way[len(way)-1] + ": " + rule.reason + ". It is, by way of\n        " + strings.Join(way, "\n     -> "),
					cure: "cut one of these imports: let the caller pass in what is needed, or move the piece that both need to the lower layer",
				})
			}
		}
		out = append(out, rule.idle(in)...)
	}
	return out
}

// guards says whether the rule is about a package.
func (l layer) guards(name string) bool {
	return matches(l.who, name) && !matches(l.except, name)
}

// forbids says whether the rule keeps a package from those that it guards.
func (l layer) forbids(p pkg) bool {
	if l.only != nil {
		return !p.Standard && !matches(l.only, p.ImportPath)
	}
	return matches(l.never, p.ImportPath)
}

// breach returns the shortest way from a package to one that the rule forbids,
// or nil. It does not lead through other packages that the rule guards: they are
// judged in their own turn, and one mistake is told of once.
func (l layer) breach(in graph, name string) []string {
	came := map[string]string{}
	for queue := []string{name}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, next := range l.followed(in[at], at == name) {
			if _, seen := came[next]; seen || next == name {
				continue
			}
			came[next] = at
			switch {
			case l.forbids(in.pkg(next)):
				return route(came, name, next)
			case !l.direct && !l.guards(next):
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// followed returns the imports of a package that count for the rule.
func (l layer) followed(p pkg, judged bool) []string {
	if judged && l.tests {
		return slices.Concat(p.Imports, p.TestImports, p.XTestImports)
	}
	return p.Imports
}

// route spells out how to was reached from from.
func route(came map[string]string, from, to string) []string {
	way := []string{to}
	for at := to; at != from; way = append(way, at) {
		at = came[at]
	}
	slices.Reverse(way)
	return way
}

// idle complains of patterns that name no package: with the last of them gone or
// renamed, the rule would hold for ever and guard nothing.
func (l layer) idle(in graph) []complaint {
	var out []complaint
	for _, pattern := range l.who {
		if !slices.ContainsFunc(in.names(), func(name string) bool { return matches([]string{pattern}, name) }) {
			out = append(out, complaint{
				at:   pattern,
				what: "names no package, so that this rule guards nothing: " + l.reason,
				cure: "name in layers_test.go what took its place",
			})
		}
	}
	return out
}

// matches says whether one of the patterns names a package.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		above, below := strings.CutSuffix(pattern, "/...")
		return name == above || below && strings.HasPrefix(name, above+"/")
	})
}

func TestImportRulesSee(t *testing.T) {
	in := func(names ...string) []string { return names }
	packages := graph{
		"fmt":       {Standard: true},
		"idna":      {},
		"server/v2": {Imports: in("fmt")},
		"client":    {Imports: in("fmt", "server/v2")},
		"domain":    {Imports: in("fmt", "idna")},
		"wire":      {Imports: in("domain"), XTestImports: in("kit")},
		"kit":       {Imports: in("server/v2")},
		"a":         {Imports: in("a/internal/x")},
		"a/internal/x": {
			Imports: in("wire", "client"), TestImports: in("missing"),
		},
	}
	for name, p := range packages {
		p.ImportPath = name
		packages[name] = p
	}
	cases := map[string]struct {
		rule layer
		want []string
	}{
		"only: all allowed":           {rule: layer{who: in("domain"), only: in("idna")}},
		"only: one too many":          {rule: layer{who: in("domain"), only: in("fmt")}, want: in("domain")},
		"only: on the way":            {rule: layer{who: in("wire"), only: in("domain")}, want: in("wire")},
		"never: not reached":          {rule: layer{who: in("wire"), never: in("server/...")}},
		"never: reached on the way":   {rule: layer{who: in("a"), never: in("server/...")}, want: in("a")},
		"never: told of once":         {rule: layer{who: in("a/..."), never: in("server/...")}, want: in("a/internal/x")},
		"never: an exception":         {rule: layer{who: in("a/..."), except: in("a/internal/..."), never: in("client"), direct: true}},
		"never: through an exception": {rule: layer{who: in("a/..."), except: in("a/internal/..."), never: in("client")}, want: in("a")},
		"direct: not on the way":      {rule: layer{who: in("a/..."), never: in("server/..."), direct: true}},
		"direct: by itself":           {rule: layer{who: in("client"), never: in("server/..."), direct: true}, want: in("client")},
		"tests: not asked":            {rule: layer{who: in("wire"), never: in("kit")}},
		"tests: asked":                {rule: layer{who: in("wire"), never: in("kit"), tests: true}, want: in("wire")},
		"tests: a package not there":  {rule: layer{who: in("a/..."), never: in("missing"), tests: true}, want: in("a/internal/x")},
		"a pattern is no prefix":      {rule: layer{who: in("client"), never: in("serv/...", "server")}},
		"a rule that guards no more":  {rule: layer{who: in("gone/..."), never: in("fmt")}, want: in("gone/...")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			places(t, crossings(packages, []layer{c.rule}), c.want)
		})
	}

	way := layer{never: in("server/v2")}.breach(packages, "a")
	if want := in("a", "a/internal/x", "client", "server/v2"); !slices.Equal(way, want) {
		t.Errorf("the way from a to server/v2 = %q, want %q", way, want)
	}
}
