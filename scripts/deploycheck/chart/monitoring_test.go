package chart_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"vtq.internal/scripts/deploycheck/chart"
)

// TestMonitoringIsOffByDefault since a cluster without the operator knows none of its kinds.
func TestMonitoringIsOffByDefault(t *testing.T) {
	for _, o := range sample(t, "default").Objects {
		if strings.Contains(o.APIVersion, "monitoring.coreos.com") || strings.Contains(o.APIVersion, "keda.sh") || strings.Contains(o.Meta.Name, "dashboards") {
			t.Errorf("%v: is there", o)
		}
	}
}

// TestClassicBucketsAreScraped also by a Prometheus that takes native ones: the rules and the dashboards go by them.
func TestClassicBucketsAreScraped(t *testing.T) {
	monitors := chart.All[monitoringv1.PodMonitor](sample(t, "full"))
	if len(monitors) != 1 || monitors[0].Spec.ScrapeClassicHistograms == nil || !*monitors[0].Spec.ScrapeClassicHistograms {
		t.Errorf("%d monitors of pods, want one that asks for classic buckets", len(monitors))
	}
}

// TestRulesAreThoseOfTheFile compares all but the links with the file that the rules are tested in.
func TestRulesAreThoseOfTheFile(t *testing.T) {
	const folder = "https://git.example.com/vtq/src/deployments/runbooks/"
	text, err := os.ReadFile(filepath.Join(open(t).Dir, "monitoring", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var want monitoringv1.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict(text, &want); err != nil {
		t.Fatal(err)
	}
	rules := chart.All[monitoringv1.PrometheusRule](sample(t, "full"))
	if len(rules) != 1 {
		t.Fatalf("%d objects with rules, want one", len(rules))
	}
	for i, group := range want.Groups {
		for j, rule := range group.Rules {
			if rule.Alert == "" {
				continue
			}
			link := rules[0].Spec.Groups[i].Rules[j].Annotations["runbook_url"]
			if link != folder+filepath.Base(rule.Annotations["runbook_url"]) || !strings.Contains(link, rule.Alert) {
				t.Errorf("%s: the runbook is at %s, want below %s, and named like the alert", rule.Alert, link, folder)
			}
			rule.Annotations["runbook_url"] = link
		}
	}
	if diff := cmp.Diff(want, rules[0].Spec); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// TestDashboardsAreThoseOfTheFolder has each under its own name, and byte for byte.
func TestDashboardsAreThoseOfTheFolder(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(open(t).Dir, "monitoring", "dashboards", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("dashboards %v, %v, want some", paths, err)
	}
	want := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || !json.Valid(text) {
			t.Errorf("%s: %v, want JSON", path, err)
		}
		want[filepath.Base(path)] = string(text)
	}
	for _, config := range chart.All[corev1.ConfigMap](sample(t, "full")) {
		if config.Labels["grafana_dashboard"] == "1" {
			if diff := cmp.Diff(want, config.Data); diff != "" {
				t.Errorf("dashboards (-want +got):\n%s", diff)
			}
			return
		}
	}
	t.Error("no ConfigMap bears the label of Grafana's sidecar")
}

// TestScalingCountsWhatTheBudgetAllows reads the formula as KEDA does, by the names of the triggers.
func TestScalingCountsWhatTheBudgetAllows(t *testing.T) {
	var lookup *chart.ScaledObject
	for _, o := range chart.All[chart.ScaledObject](sample(t, "keda")) {
		if o.Spec.ScaleTargetRef.Name == "vtq-lookup" {
			lookup = o
		}
	}
	if lookup == nil {
		t.Fatal("nothing scales the lookup")
	}
	const want = "min(urgent_virustotal_reversinglabs + fresh_virustotal_reversinglabs + refresh_virustotal_reversinglabs, " +
		"max(budget_virustotal, budget_reversinglabs)) + " +
		"min(urgent_virustotal + fresh_virustotal + refresh_virustotal, budget_virustotal)"
	if got := lookup.Spec.Advanced.ScalingModifiers.Formula; got != want {
		t.Errorf("formula %s, want %s", got, want)
	}
	streams := map[string]string{}
	names := map[string]bool{}
	for _, trigger := range lookup.Spec.Triggers {
		if names[trigger.Name] || !strings.Contains(want, trigger.Name) {
			t.Errorf("trigger %s comes twice, or not in the formula", trigger.Name)
		}
		names[trigger.Name] = true
		switch trigger.Type {
		case "nats-jetstream":
			streams[trigger.Metadata["consumer"]] = trigger.Metadata["stream"]
			allowed(t, trigger, "natsServerMonitoringEndpoint", "account", "stream", "consumer", "lagThreshold")
		case "prometheus":
			allowed(t, trigger, "serverAddress", "query", "threshold")
			if query := trigger.Metadata["query"]; !strings.Contains(query, " + 1e9)") || strings.Count(query, `namespace="`+chart.Namespace+`"`) != strings.Count(query, "{") {
				t.Errorf("query %s, want one of this namespace, and without limits a figure as well", query)
			}
		default:
			t.Errorf("trigger of type %s", trigger.Type)
		}
	}
	wantStreams := map[string]string{
		"lookup-urgent-virustotal": "VTQ_URGENT", "lookup-fresh-virustotal": "VTQ_JOBS", "lookup-refresh-virustotal": "VTQ_JOBS",
		"lookup-urgent-virustotal-reversinglabs": "VTQ_URGENT", "lookup-fresh-virustotal-reversinglabs": "VTQ_JOBS",
		"lookup-refresh-virustotal-reversinglabs": "VTQ_JOBS",
	}
	if diff := cmp.Diff(wantStreams, streams); diff != "" {
		t.Errorf("consumers (-want +got):\n%s", diff)
	}
}

// allowed holds a trigger to keys that its scaler reads, and all of them to a value.
func allowed(t *testing.T, trigger chart.Trigger, keys ...string) {
	t.Helper()
	slices.Sort(keys)
	if got := slices.Sorted(maps.Keys(trigger.Metadata)); !slices.Equal(got, keys) {
		t.Errorf("trigger %s has %v, want %v", trigger.Name, got, keys)
	}
	for key, value := range trigger.Metadata {
		if value == "" {
			t.Errorf("trigger %s: %s is empty", trigger.Name, key)
		}
	}
}

// TestScalingIsBounded holds both ScaledObjects to their values, also when nobody answers.
func TestScalingIsBounded(t *testing.T) {
	release := sample(t, "keda", set("lookup.autoscaling.maxReplicas", 1))
	for _, o := range chart.All[chart.ScaledObject](release) {
		if o.Spec.Fallback.Replicas > o.Spec.MaxReplicaCount || o.Spec.MinReplicaCount < 1 {
			t.Errorf("%s: %+v, want a fallback within the bounds", o.Name, o.Spec)
		}
	}
}
