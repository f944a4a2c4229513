package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// An Alert is one rule of rules.yaml.
type Alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// ReadRules reads the alerts of a rules file. A key that is not known here is an error, as it is to Prometheus.
func ReadRules(file []byte) ([]Alert, error) {
	var rules struct {
		Groups []struct {
			Name  string  `json:"name"`
			Rules []Alert `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict(file, &rules); err != nil {
		return nil, fmt.Errorf("reading rules: %w", err)
	}
	var all []Alert
	for _, group := range rules.Groups {
		all = append(all, group.Rules...)
	}
	return all, nil
}

// Severities are what an alert may be; the head of rules.yaml says what they mean.
func Severities() []string { return []string{"critical", "warning", "info"} }

// Check tells what is wrong with an alert.
func (a Alert) Check(c Catalogue) []string {
	complaints, bears := c.Check(a.Expr)
	if !slices.Contains(Severities(), a.Labels["severity"]) {
		complaints = append(complaints, fmt.Sprintf("has the severity %q, want one of %v", a.Labels["severity"], Severities()))
	}
	for _, annotation := range []string{"summary", "description"} {
		if a.Annotations[annotation] == "" {
			complaints = append(complaints, "has no "+annotation)
		}
	}
	if got, want := a.Annotations["runbook_url"], "deployments/runbooks/"+a.Alert+".md"; got != want {
		complaints = append(complaints, fmt.Sprintf("has the runbook_url %q, want %q", got, want))
	}
	label := regexp.MustCompile(`\$labels\.(\w+)`)
	for name, text := range a.Annotations {
		for _, found := range label.FindAllStringSubmatch(text, -1) {
			if _, static := a.Labels[found[1]]; !static && !slices.Contains(bears, found[1]) {
				complaints = append(complaints, fmt.Sprintf("tells in its %s of the label %s, which it does not have", name, found[1]))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

// Bare lists the alerts without a comment right above that explains the expression.
func Bare(file string) []string {
	var bare []string
	last := ""
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "- alert: "); ok && !strings.HasPrefix(last, "#") {
			bare = append(bare, name)
		}
		last = line
	}
	return bare
}

// Fires lists the alerts that some unit test expects to fire, and those that one expects to stay silent.
func Fires(file []byte) (fires, silent []string, err error) {
	var tests struct {
		Tests []struct {
			Alerts []struct {
				Alert    string `json:"alertname"`
				Expected []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	if err := yaml.Unmarshal(file, &tests); err != nil {
		return nil, nil, fmt.Errorf("reading tests of rules: %w", err)
	}
	for _, test := range tests.Tests {
		for _, a := range test.Alerts {
			if len(a.Expected) > 0 {
				fires = append(fires, a.Alert)
			} else {
				silent = append(silent, a.Alert)
			}
		}
	}
	return fires, silent, nil
}

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

// Variables lists the settings that a runbook names, as `VTQ_SWEEP`; of a family, as `VTQ_REFRESH_*`, its beginning.
func Variables(text string) []string {
	var all []string
	for _, found := range regexp.MustCompile("`((?:VTQ|VT|RL|THREATQ|NATS)_[A-Z_]+)\\*?`").FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}
