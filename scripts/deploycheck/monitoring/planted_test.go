package monitoring_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/scripts/deploycheck/monitoring"
)

// some is a catalogue of a counter, a gauge and a histogram.
func some(t *testing.T) monitoring.Catalogue {
	t.Helper()
	all, err := monitoring.ReadCatalogue("# Metrics\n\n| Metric | Type | Labels | Stage | Meaning |\n|---|---|---|---|---|\n" +
		"| `vtq_done_total` | counter | `fault`: `none` `quota`; `settle`: `ack` `nak` | lookup | Done. |\n" +
		"| `vtq_open` | gauge | `provider`: `virustotal` | lookup | Open. |\n" +
		"| `vtq_up` | gauge |  | lookup | Up. |\n" +
		"| `vtq_age_seconds` | histogram | `stage`: `lookup` `writer` | lookup, writer | Age. |\n" +
		"| `vtq_build_info` | gauge | `version`: any | lookup | Build. |\n")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCheckSeesWhatIsWrong plants one fault at a time.
func TestCheckSeesWhatIsWrong(t *testing.T) {
	cases := map[string]struct{ expression, complaint string }{
		"fine":                             {`sum by (fault) (rate(vtq_done_total{settle="ack", namespace="vtq"}[5m])) > 0`, ""},
		"a list of values":                 {`vtq_done_total{fault=~"none|quota", settle!="ack"}`, ""},
		"a variable":                       {`vtq_open{provider=~"$provider"}`, ""},
		"Grafana's interval":               {`sum(rate(vtq_done_total[$__rate_interval]))`, ""},
		"buckets":                          {`histogram_quantile(0.9, sum by (le, namespace) (rate(vtq_age_seconds_bucket{stage="writer"}[5m])))`, ""},
		"a label that may be anything":     {`vtq_build_info{version="v1.2.3"}`, ""},
		"sides that match on one label":    {`sum by (namespace) (vtq_open) > on (namespace) group_left sum by (namespace, settle) (vtq_done_total)`, ""},
		"a label that is made":             {`max by (name) (label_replace(vtq_open, "name", "$1", "provider", "(.+)"))`, ""},
		"no expression":                    {`sum by (`, "does not parse"},
		"a metric that nobody tells":       {`rate(vtq_undone_total[5m])`, "vtq_undone_total is no metric"},
		"a histogram by its bare name":     {`vtq_age_seconds`, "vtq_age_seconds is no metric"},
		"buckets of a counter":             {`vtq_done_total_bucket`, "vtq_done_total_bucket is no metric"},
		"a label that it does not bear":    {`vtq_open{stage="lookup"}`, "vtq_open has no label stage"},
		"a value that never is":            {`vtq_done_total{fault="denied"}`, `fault is never "denied"`},
		"a value among others":             {`vtq_done_total{fault=~"none|denied"}`, `fault is never "denied"`},
		"a pattern that is no list":        {`vtq_done_total{fault=~"no.*"}`, "is no list of values"},
		"grouped by what it does not bear": {`sum by (stage) (rate(vtq_done_total[5m]))`, "the sum goes by stage"},
		"grouped by what is gone":          {`max by (settle) (sum by (fault) (vtq_done_total))`, "the max goes by settle"},
		"quantiles without bounds":         {`histogram_quantile(0.9, sum by (stage) (rate(vtq_age_seconds_bucket[5m])))`, "goes by le"},
		"sides that never match":           {`sum by (fault) (vtq_done_total) / sum by (settle) (vtq_done_total)`, "never match"},
		"a label left over":                {`max by (provider) (vtq_open) unless label_replace(max by (provider) (vtq_open), "api", "$1", "provider", "(.+)")`, "never match"},
		"on what a side does not bear":     {`vtq_open and on (settle) vtq_done_total`, "the left side of and goes by settle"},
		"replaced from what is not there":  {`label_replace(vtq_open, "a", "$1", "settle", "(.+)")`, "label_replace goes by settle"},
		"both names of another's":          {`max by (stream_name) ({__name__=~"jetstream_stream_total_bytes|nats_stream_total_bytes", stream_name="VTQ_JOBS"})`, ""},
		"one name of another's":            {`nats_stream_total_bytes`, "jetstream_stream_total_bytes as well"},
		"a list with a name that is none":  {`{__name__=~"vtq_open|vtq_shut"}`, "vtq_shut is no metric"},
		"a label that one of two lacks":    {`sum by (fault) ({__name__=~"vtq_done_total|vtq_up"})`, "the sum goes by fault"},
		"no name at all":                   {`{namespace="vtq"}`, "no metric by its name"},
		"below a subquery":                 {`max_over_time(sum by (stage) (vtq_open)[5m:1m])`, "the sum goes by stage"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			complaints, _ := some(t).Check(c.expression)
			told := strings.Join(complaints, "\n")
			switch {
			case c.complaint == "" && told != "":
				t.Errorf("Check(%s) = %s, want no complaint", c.expression, told)
			case !strings.Contains(told, c.complaint):
				t.Errorf("Check(%s) = %q, want %q", c.expression, told, c.complaint)
			}
		})
	}
}

func TestReadCatalogueRefuses(t *testing.T) {
	for name, document := range map[string]string{"nothing": "# Metrics\n", "a torn row": "| `vtq_a` | counter |\n"} {
		t.Run(name, func(t *testing.T) {
			if all, err := monitoring.ReadCatalogue(document); err == nil {
				t.Errorf("ReadCatalogue(%q) = %v, want an error", document, all)
			}
		})
	}
}

// fine is an alert with which nothing is wrong.
func fine() monitoring.Alert {
	return monitoring.Alert{
		Alert: "VtqOpen", Expr: `max by (provider) (vtq_open) == 1`, Labels: map[string]string{"severity": "warning", "stage": "all"},
		Annotations: map[string]string{
			"summary": "{{ $labels.provider }} of {{ $labels.stage }}", "description": "It is.", "runbook_url": "deployments/runbooks/VtqOpen.md",
		},
	}
}

func TestAnAlertsFaultsAreSeen(t *testing.T) {
	cases := map[string]struct {
		plant     func(*monitoring.Alert)
		complaint string
	}{
		"none":                       {func(*monitoring.Alert) {}, ""},
		"an expression":              {func(a *monitoring.Alert) { a.Expr = "vtq_shut" }, "no metric"},
		"no severity":                {func(a *monitoring.Alert) { delete(a.Labels, "severity") }, "severity"},
		"an odd severity":            {func(a *monitoring.Alert) { a.Labels["severity"] = "page" }, `severity "page"`},
		"no summary":                 {func(a *monitoring.Alert) { delete(a.Annotations, "summary") }, "no summary"},
		"no description":             {func(a *monitoring.Alert) { delete(a.Annotations, "description") }, "no description"},
		"somebody else's runbook":    {func(a *monitoring.Alert) { a.Annotations["runbook_url"] = "deployments/runbooks/Other.md" }, "runbook_url"},
		"words about a lost label":   {func(a *monitoring.Alert) { a.Annotations["description"] = "{{ $labels.pod }}" }, "the label pod"},
		"words about no label there": {func(a *monitoring.Alert) { a.Expr = "max(vtq_open)" }, "the label provider"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := fine()
			c.plant(&a)
			told := strings.Join(a.Check(some(t)), "\n")
			if c.complaint == "" && told != "" || !strings.Contains(told, c.complaint) {
				t.Errorf("Check = %q, want %q", told, c.complaint)
			}
		})
	}
}

func TestReadRulesRefusesAKeyThatPrometheusDoes(t *testing.T) {
	if _, err := monitoring.ReadRules([]byte("groups:\n  - name: a\n    rules:\n      - alert: A\n        expression: up\n")); err == nil {
		t.Error("ReadRules = nil with a key that there is not, want an error")
	}
}

func TestBareFindsAlertsWithoutAWord(t *testing.T) {
	const file = "rules:\n  # Because.\n  - alert: A\n    expr: up\n  - alert: B\n    expr: up\n\n  # Elsewhere.\n\n  - alert: C\n"
	if diff := cmp.Diff([]string{"B", "C"}, monitoring.Bare(file)); diff != "" {
		t.Errorf("Bare (-want +got):\n%s", diff)
	}
}

func TestFiresTellsOfExpectedAlertsOnly(t *testing.T) {
	fires, silent, err := monitoring.Fires([]byte("tests:\n  - alert_rule_test:\n      - {alertname: A, exp_alerts: [{exp_labels: {a: b}}]}\n      - {alertname: B}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]monitoring.Fired{{Alert: "A", Labels: map[string]string{"a": "b"}}}, fires); diff != "" {
		t.Errorf("Fires (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"B"}, silent); diff != "" {
		t.Errorf("Fires, silent ones (-want +got):\n%s", diff)
	}
}

func TestToldPartsRulesOfOneName(t *testing.T) {
	cases := map[string]struct {
		plant func(*monitoring.Fired)
		want  bool
	}{
		"itself":               {func(*monitoring.Fired) {}, true},
		"a label by the way":   {func(f *monitoring.Fired) { f.Labels["provider"] = "virustotal" }, true},
		"another value put in": {func(f *monitoring.Fired) { f.Annotations["summary"] = "compatible of lookup" }, true},
		"another name":         {func(f *monitoring.Fired) { f.Alert = "VtqShut" }, false},
		"another severity":     {func(f *monitoring.Fired) { f.Labels["severity"] = "info" }, false},
		"other words":          {func(f *monitoring.Fired) { f.Annotations["description"] = "It is not." }, false},
		"words around":         {func(f *monitoring.Fired) { f.Annotations["description"] = "Well: It is." }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := fine()
			f := monitoring.Fired{Alert: a.Alert, Labels: maps.Clone(a.Labels), Annotations: maps.Clone(a.Annotations)}
			f.Annotations["summary"] = "virustotal of all"
			c.plant(&f)
			if got := a.Told(f); got != c.want {
				t.Errorf("Told(%v) = %v, want %v", f, got, c.want)
			}
		})
	}
}

func TestToldTakesAWordThatIsLeftOut(t *testing.T) {
	a := monitoring.Alert{Annotations: map[string]string{"summary": "Down{{ with $labels.namespace }} in {{ . }}{{ end }}."}}
	for _, summary := range []string{"Down.", "Down in vtq."} {
		if !a.Told(monitoring.Fired{Annotations: map[string]string{"summary": summary}}) {
			t.Errorf("Told(%q) = false, want true", summary)
		}
	}
}

func TestARunbooksFaultsAreSeen(t *testing.T) {
	const whole = "# VtqOpen\n\nText.\n\n## What it means\n\n## How to check\n\n## How to fix\n\n## How to prevent\n"
	cases := map[string]struct {
		text  string
		fault bool
	}{
		"none":               {whole, false},
		"another's name":     {strings.Replace(whole, "VtqOpen", "VtqShut", 1), true},
		"a heading that is":  {strings.Replace(whole, "## How to fix\n", "", 1), true},
		"headings turned":    {strings.Replace(whole, "How to check", "How to fix", 1), true},
		"one heading beside": {whole + "## History\n", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := monitoring.CheckRunbook("VtqOpen", c.text); len(got) > 0 != c.fault {
				t.Errorf("CheckRunbook(%q) = %q, want a fault: %v", c.text, got, c.fault)
			}
		})
	}
}

// TestADashboardsFaultsAreSeen plants them into the text of one with which nothing is wrong.
func TestADashboardsFaultsAreSeen(t *testing.T) {
	const whole = `{"uid": "a", "title": "A", "templating": {"list": [
  {"name": "datasource", "type": "datasource"},
  {"name": "namespace", "type": "query", "datasource": {"type": "prometheus", "uid": "${datasource}"}, "definition": "label_values(vtq_up, namespace)"}]},
 "panels": [
  {"id": 1, "type": "row", "title": "Row", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}},
  {"id": 2, "type": "stat", "title": "Open", "description": "Is it?", "datasource": {"type": "prometheus", "uid": "${datasource}"},
   "gridPos": {"x": 0, "y": 1, "w": 12, "h": 8},
   "targets": [{"refId": "A", "datasource": {"type": "prometheus", "uid": "${datasource}"}, "expr": "max by (provider) (vtq_open{namespace=~\"$namespace\"})", "legendFormat": "{{provider}}"}]}]}`
	cases := map[string]struct{ old, planted, complaint string }{
		"none":                        {"", "", ""},
		"no uid":                      {`"uid": "a"`, `"uid": ""`, "no uid"},
		"an id twice":                 {`"id": 2`, `"id": 1`, "id 1 twice"},
		"panels over each other":      {`"y": 1`, `"y": 0`, "lies over"},
		"beyond the grid":             {`"x": 0, "y": 1, "w": 12`, `"x": 16, "y": 1, "w": 12`, "leaves the grid"},
		"a datasource of one machine": {`"description": "Is it?", "datasource": {"type": "prometheus", "uid": "${datasource}"}`, `"description": "Is it?", "datasource": {"type": "prometheus", "uid": "P1"}`, "the datasource {prometheus P1}"},
		"such a target":               {`"refId": "A", "datasource": {"type": "prometheus", "uid": "${datasource}"}`, `"refId": "A"`, "has a target that goes by the datasource"},
		"no datasource to choose":     {`{"name": "datasource", "type": "datasource"},`, ``, "has no datasource"},
		"no namespace to choose":      {`"name": "namespace"`, `"name": "cluster"`, "no namespace"},
		"a variable of no metric":     {`label_values(vtq_up,`, `label_values(vtq_down,`, "which there is not"},
		"a variable by another call":  {`label_values(vtq_up, namespace)`, `metrics(vtq.*)`, "want label_values"},
		"no description":              {`"description": "Is it?"`, `"description": ""`, "no description"},
		"no refId":                    {`"refId": "A"`, `"refId": ""`, "refId"},
		"a metric that nobody tells":  {`vtq_open{`, `vtq_shut{`, "no metric"},
		"a legend that stays empty":   {`{{provider}}`, `{{pod}}`, "label pod"},
		"every namespace":             {`{namespace=~\"$namespace\"}`, ``, "does not go by the namespace"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.planted, 1)
			if !json.Valid([]byte(text)) || c.old != "" && text == whole {
				t.Fatalf("nothing was planted, or too much: %s", text)
			}
			d, err := monitoring.ReadDashboard([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			told := strings.Join(d.Check(some(t)), "\n")
			if c.complaint == "" && told != "" || !strings.Contains(told, c.complaint) {
				t.Errorf("Check = %q, want %q", told, c.complaint)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	want := []string{"VTQ_SWEEP", "VTQ_REFRESH_*", "NATS_URL", "VT_X"}
	if diff := cmp.Diff(want, monitoring.Variables("Set `VTQ_SWEEP` or `VTQ_REFRESH_*`, not `vtq setup`, and `NATS_URL=a`: VT_X.")); diff != "" {
		t.Errorf("Variables (-want +got):\n%s", diff)
	}
}

func TestUnknownComparesWholeNames(t *testing.T) {
	known := monitoring.Settings("# A key. Also VT_API_KEY_FILE.\nVT_API_KEY=\n\n# VTQ_REFRESH_CLEAN=1h\n# not VTQ_OTHER=1\n")
	names := []string{"VT_API_KEY", "VT_API_KEY_FILE", "VT_API", "VTQ_REFRESH_*", "VTQ_REFRESH_", "VTQ_SWEEP_*", "VTQ_OTHER"}
	if diff := cmp.Diff([]string{"VT_API", "VTQ_REFRESH_", "VTQ_SWEEP_*", "VTQ_OTHER"}, monitoring.Unknown(names, known)); diff != "" {
		t.Errorf("Unknown (-want +got):\n%s", diff)
	}
}

func TestMessages(t *testing.T) {
	text := `jq 'select(.message=="settled" or .message == "walk finished")' or jq 'select(.message | startswith("trouble with"))'`
	if diff := cmp.Diff([]string{`"settled"`, `"walk finished"`, `"trouble with`}, monitoring.Messages(text)); diff != "" {
		t.Errorf("Messages (-want +got):\n%s", diff)
	}
}

func TestCommands(t *testing.T) {
	const text = "Run `vtq pause --why \"a b\"`, or `vtq\nresume`; in `helm rollback vtq` and `vtq` is none.\n\n" +
		"```sh\nvtq check   # as the admin\nkubectl -n vtq get pods\nA=b vtq credentials -o kubernetes | kubectl -n vtq apply -f -\n" +
		"curl x | jq 'a | vtq' && vtq setup\n```\n"
	want := [][]string{{"check"}, {"credentials", "-o", "kubernetes"}, {"setup"}, {"pause", "--why", "a b"}, {"resume"}}
	if diff := cmp.Diff(want, monitoring.Commands(text)); diff != "" {
		t.Errorf("Commands (-want +got):\n%s", diff)
	}
}

func TestStraysGoesByTheHelpThatIsGiven(t *testing.T) {
	const (
		letters = "Dead letters.\n\nUsage:\n  vtq deadletters [flags]\n  vtq deadletters [command]\n\nAvailable Commands:\n  list   List them\n"
		show    = "Usage:\n  vtq deadletters show NUMBER [flags]\n"
		replay  = "Usage:\n  vtq replay [flags]\n  vtq replay [command]\n\nAvailable Commands:\n  jobs   Ask again\n"
	)
	cases := map[string]struct {
		command []string
		help    string
		want    bool
	}{
		"itself":                    {[]string{"deadletters", "show", "17"}, show, false},
		"a flag of one with others": {[]string{"replay", "--status"}, replay, false},
		"none below":                {[]string{"deadletters", "bury", "17"}, letters, true},
		"another's help":            {[]string{"check"}, letters, true},
		"no help":                   {[]string{"check"}, "unknown command", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := monitoring.Strays(c.command, c.help); got != c.want {
				t.Errorf("Strays(%q) = %v, want %v", c.command, got, c.want)
			}
		})
	}
}
