package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Check tells what is wrong with an expression, and which labels its series bear. What begins with a dollar sign is a variable of a
// dashboard, which may stand for any value.
func (c Catalogue) Check(expression string) (complaints, bears []string) {
	// Grafana sets these to a duration before Prometheus sees them.
	filled := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h").Replace(expression)
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(filled)
	if err != nil {
		return []string{fmt.Sprintf("does not parse: %v", err)}, nil
	}
	w := &walk{catalogue: c}
	bears = w.labels(tree)
	return w.complaints, bears
}

// A walk goes through an expression from the outside in, and comes back with the labels that are left.
type walk struct {
	catalogue  Catalogue
	complaints []string
}

func (w *walk) complain(format string, args ...any) {
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

// labels are those of an expression's series.
func (w *walk) labels(expression parser.Expr) []string {
	switch e := expression.(type) {
	case *parser.VectorSelector:
		return w.selector(e)
	case *parser.MatrixSelector:
		return w.labels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return w.labels(e.Expr)
	case *parser.ParenExpr:
		return w.labels(e.Expr)
	case *parser.UnaryExpr:
		return w.labels(e.Expr)
	case *parser.AggregateExpr:
		return w.aggregate(e)
	case *parser.BinaryExpr:
		return w.binary(e)
	case *parser.Call:
		return w.call(e)
	case *parser.NumberLiteral, *parser.StringLiteral:
		return nil
	}
	w.complain("has a %T, of which nothing is known here", expression)
	return nil
}

// nameLabel is where Prometheus keeps the name of a series.
const nameLabel = "__name__"

// names are those that a selector's series may have: one, or a list for __name__.
func names(e *parser.VectorSelector) []string {
	if e.Name != "" {
		return []string{e.Name}
	}
	for _, m := range e.LabelMatchers {
		if m.Name == nameLabel && (m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp) {
			return strings.Split(m.Value, "|")
		}
	}
	return nil
}

// selector checks the names of series, and what is asked of their labels. What another exporter tells is asked for by all of its names:
// with one alone a panel stays empty wherever it has another.
func (w *walk) selector(e *parser.VectorSelector) []string {
	all := names(e)
	if len(all) == 0 {
		w.complain("%s asks for no metric by its name", e)
		return target()
	}
	bears := w.series(all[0], e.LabelMatchers)
	for _, name := range all[1:] {
		others := w.series(name, e.LabelMatchers)
		bears = slices.DeleteFunc(bears, func(label string) bool { return !slices.Contains(others, label) })
	}
	for _, name := range all {
		for _, twin := range twins(name) {
			if !slices.Contains(all, twin) {
				w.complain("%s may be called %s as well, which is not asked for", name, twin)
			}
		}
	}
	return bears
}

// series checks one name, and gives the labels that it bears.
func (w *walk) series(name string, asked []*labels.Matcher) []string {
	metric, bears, ok := w.catalogue.find(name)
	if !ok {
		w.complain("%s is no metric that anybody tells", name)
		return target()
	}
	for _, m := range asked {
		switch {
		case m.Name == nameLabel: // Which find has seen to.
		case !slices.Contains(bears, m.Name):
			w.complain("%s has no label %s", name, m.Name)
		default:
			w.values(name, m, metric.Labels[m.Name])
		}
	}
	return bears
}

// values checks that a label can be as it is asked for.
func (w *walk) values(series string, m *labels.Matcher, known []string) {
	if len(known) == 0 || strings.Contains(m.Value, "$") {
		return
	}
	asked := []string{m.Value}
	if m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp {
		if regexp.MustCompile(`[^\w|-]`).MatchString(m.Value) {
			w.complain("%s: the pattern %q of %s is no list of values", series, m.Value, m.Name)
			return
		}
		asked = strings.Split(m.Value, "|")
	}
	for _, value := range asked {
		if !slices.Contains(known, value) {
			w.complain("%s: %s is never %q", series, m.Name, value)
		}
	}
}

// aggregate leaves the labels that are grouped by, which have to be there.
func (w *walk) aggregate(e *parser.AggregateExpr) []string {
	inner := w.labels(e.Expr)
	if e.Param != nil {
		w.labels(e.Param)
	}
	w.borne(fmt.Sprintf("the %s", e.Op), e.Grouping, inner)
	if e.Op == parser.TOPK || e.Op == parser.BOTTOMK {
		return inner
	}
	if !e.Without {
		return e.Grouping
	}
	return slices.DeleteFunc(slices.Clone(inner), func(label string) bool { return slices.Contains(e.Grouping, label) })
}

func (w *walk) borne(who string, names, bears []string) {
	for _, name := range names {
		if !slices.Contains(bears, name) {
			w.complain("%s goes by %s, which is not there any more", who, name)
		}
	}
}

// binary brings two sides together. Without a word about labels both have to bear the same, else nothing ever matches.
func (w *walk) binary(e *parser.BinaryExpr) []string {
	left, right := w.labels(e.LHS), w.labels(e.RHS)
	switch m := e.VectorMatching; {
	case m == nil: // One of them is a number.
		return append(left, right...)
	case m.On:
		w.borne("the left side of "+e.Op.String(), m.MatchingLabels, left)
		w.borne("the right side of "+e.Op.String(), m.MatchingLabels, right)
	case e.Op == parser.LOR:
		return union(left, right)
	case len(m.MatchingLabels) == 0 && !slices.Equal(sorted(left), sorted(right)):
		w.complain("the sides of %s never match: one has %v, the other %v", e.Op, sorted(left), sorted(right))
	}
	return left
}

// call tells what a function leaves.
func (w *walk) call(e *parser.Call) []string {
	var all []string
	for _, argument := range e.Args {
		all = union(all, w.labels(argument))
	}
	switch e.Func.Name {
	case "label_replace":
		if to, ok := e.Args[1].(*parser.StringLiteral); ok {
			all = union(all, []string{to.Val})
		}
		if from, ok := e.Args[3].(*parser.StringLiteral); ok && from.Val != "" {
			w.borne("label_replace", []string{from.Val}, all)
		}
	case "histogram_quantile":
		w.borne("histogram_quantile", []string{"le"}, all)
		all = slices.DeleteFunc(all, func(label string) bool { return label == "le" })
	case "absent", "absent_over_time", "scalar", "vector", "time":
		return nil
	}
	return all
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, one := range b {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func sorted(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return all
}

// Series names those that an expression reads.
func Series(expression string) []string {
	filled := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h").Replace(expression)
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(filled)
	if err != nil {
		return nil
	}
	var all []string
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			all = append(all, names(selector)...)
		}
		return nil
	})
	return all
}
