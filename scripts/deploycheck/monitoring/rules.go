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

// A Fired is an alert that a unit test expects to fire.
type Fired struct {
	Alert       string
	Labels      map[string]string `json:"exp_labels"`
	Annotations map[string]string `json:"exp_annotations"`
}

// Fires lists the alerts that some unit test expects to fire, and the names of those that one expects to stay silent.
func Fires(file []byte) (fires []Fired, silent []string, err error) {
	var tests struct {
		Tests []struct {
			Alerts []struct {
				Alert    string  `json:"alertname"`
				Expected []Fired `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		} `json:"tests"`
	}
	if err := yaml.Unmarshal(file, &tests); err != nil {
		return nil, nil, fmt.Errorf("reading tests of rules: %w", err)
	}
	for _, test := range tests.Tests {
		for _, a := range test.Alerts {
			if len(a.Expected) == 0 {
				silent = append(silent, a.Alert)
			}
			for _, fired := range a.Expected {
				fired.Alert = a.Alert
				fires = append(fires, fired)
			}
		}
	}
	return fires, silent, nil
}

// Told tells whether an expected alert is one of this rule: several rules share a name, and part by their labels and their words.
func (a Alert) Told(fired Fired) bool {
	if a.Alert != fired.Alert {
		return false
	}
	for label, value := range a.Labels {
		if fired.Labels[label] != value {
			return false
		}
	}
	for name, template := range a.Annotations {
		if !worded(template, fired.Annotations[name]) {
			return false
		}
	}
	return true
}

// worded tells whether a text can come of a template, whatever its actions put in.
func worded(template, text string) bool {
	actions := regexp.MustCompile(`\{\{ with .*?\{\{ end \}\}|\{\{.*?\}\}`)
	plain := actions.Split(template, -1)
	for i := range plain {
		plain[i] = regexp.QuoteMeta(plain[i])
	}
	return regexp.MustCompile("^" + strings.Join(plain, ".*") + "$").MatchString(text)
}
