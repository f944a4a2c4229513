package monitoring

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Dashboard is what is checked of one.
type Dashboard struct {
	UID        string  `json:"uid"`
	Title      string  `json:"title"`
	Panels     []Panel `json:"panels"`
	Templating struct {
		List []Variable `json:"list"`
	} `json:"templating"`
}

// A Variable is one that whoever looks can set.
type Variable struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Definition string `json:"definition"`
	Datasource Source `json:"datasource"`
}

// A Source is where figures come from.
type Source struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// A Panel is one picture, or the heading of a row.
type Panel struct {
	ID          int    `json:"id"`
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Datasource  Source `json:"datasource"`
	Position    struct {
		X, Y, W, H int
	} `json:"gridPos"`
	Targets []Target `json:"targets"`
}

// A Target is one expression of a panel.
type Target struct {
	RefID      string `json:"refId"`
	Expr       string `json:"expr"`
	Legend     string `json:"legendFormat"`
	Datasource Source `json:"datasource"`
}

// ReadDashboard reads one.
func ReadDashboard(file []byte) (Dashboard, error) {
	var d Dashboard
	if err := json.Unmarshal(file, &d); err != nil {
		return d, fmt.Errorf("reading a dashboard: %w", err)
	}
	return d, nil
}

// width is that of Grafana's grid.
const width = 24

// chosen is the datasource that whoever looks has chosen.
func chosen() Source { return Source{Type: "prometheus", UID: "${datasource}"} }

// Check tells what is wrong with a dashboard.
func (d Dashboard) Check(c Catalogue) []string {
	complaints := d.variables(c)
	if d.UID == "" || d.Title == "" {
		complaints = append(complaints, "has no uid, or no title")
	}
	seen := map[int]bool{}
	for i, p := range d.Panels {
		if seen[p.ID] || p.ID == 0 {
			complaints = append(complaints, fmt.Sprintf("has the panel id %d twice, or it is none", p.ID))
		}
		seen[p.ID] = true
		for _, other := range d.Panels[:i] {
			if p.overlaps(other) {
				complaints = append(complaints, fmt.Sprintf("panel %q lies over %q", p.Title, other.Title))
			}
		}
		for _, complaint := range p.check(c) {
			complaints = append(complaints, fmt.Sprintf("panel %q %s", p.Title, complaint))
		}
	}
	return complaints
}

// variables checks that a datasource and a namespace can be chosen, and what they ask for.
func (d Dashboard) variables(c Catalogue) []string {
	var complaints []string
	types := map[string]string{}
	values := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
	for _, v := range d.Templating.List {
		types[v.Name] = v.Type
		if v.Type != "query" {
			continue
		}
		if v.Datasource != chosen() {
			complaints = append(complaints, fmt.Sprintf("variable %s goes by the datasource %v", v.Name, v.Datasource))
		}
		found := values.FindStringSubmatch(v.Definition)
		if found == nil {
			complaints = append(complaints, fmt.Sprintf("variable %s asks for %q, want label_values(metric, label)", v.Name, v.Definition))
			continue
		}
		if _, bears, ok := c.find(found[1]); !ok || !slices.Contains(bears, found[2]) {
			complaints = append(complaints, fmt.Sprintf("variable %s asks for a label %s of %s, which there is not", v.Name, found[2], found[1]))
		}
	}
	if types["datasource"] != "datasource" || types["namespace"] != "query" {
		complaints = append(complaints, "has no datasource, or no namespace to choose")
	}
	return complaints
}

// overlaps tells that two panels share a cell of the grid.
func (p Panel) overlaps(o Panel) bool {
	a, b := p.Position, o.Position
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

// check tells what is wrong with a panel. The namespace is chosen in every expression over what vtq tells.
func (p Panel) check(c Catalogue) []string {
	var complaints []string
	if p.Position.W < 1 || p.Position.H < 1 || p.Position.X+p.Position.W > width {
		complaints = append(complaints, "leaves the grid")
	}
	if p.Type == "row" {
		return complaints
	}
	if p.Description == "" || len(p.Targets) == 0 {
		complaints = append(complaints, "has no description, or shows nothing")
	}
	if p.Datasource != chosen() {
		complaints = append(complaints, fmt.Sprintf("goes by the datasource %v", p.Datasource))
	}
	refs := map[string]bool{}
	for _, t := range p.Targets {
		if refs[t.RefID] || t.RefID == "" {
			complaints = append(complaints, fmt.Sprintf("has the refId %q twice, or it is none", t.RefID))
		}
		refs[t.RefID] = true
		complaints = append(complaints, t.check(c)...)
	}
	return complaints
}

func (t Target) check(c Catalogue) []string {
	complaints, bears := c.Check(t.Expr)
	if t.Datasource != chosen() {
		complaints = append(complaints, fmt.Sprintf("has a target that goes by the datasource %v", t.Datasource))
	}
	for _, found := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(t.Legend, -1) {
		if !slices.Contains(bears, found[1]) {
			complaints = append(complaints, fmt.Sprintf("has a legend with the label %s, which is not there", found[1]))
		}
	}
	ours := strings.Count(t.Expr, "vtq_")
	if strings.Count(t.Expr, `namespace=~"$namespace"`) != ours {
		complaints = append(complaints, fmt.Sprintf("does not go by the namespace everywhere: %s", t.Expr))
	}
	return complaints
}
