package chart_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"vtq.internal/scripts/deploycheck/chart"
)

// open reads the chart.
func open(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := chart.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sample renders the values of this name, and whatever shall be changed about them.
func sample(t *testing.T, name string, change ...func(chart.Values)) chart.Release {
	t.Helper()
	c := open(t)
	values, err := c.Sample(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, apply := range change {
		apply(values)
	}
	release, err := c.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// set changes one value, which a path such as "lookup.replicas" leads to.
func set(path string, value any) func(chart.Values) {
	return func(values chart.Values) {
		names := strings.Split(path, ".")
		last := len(names) - 1
		for _, name := range names[:last] {
			next, ok := values[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				values[name] = next
			}
			values = next
		}
		values[names[last]] = value
	}
}

// every renders each of the samples, and runs a test on it.
func every(t *testing.T, test func(*testing.T, chart.Release)) {
	t.Helper()
	names, err := open(t).Samples()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"default", "minimal", "full", "keda", "private-registry", "openshift"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no sample %s among %v", want, names)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { test(t, sample(t, name)) })
	}
}

// env gives the variables that stand in a container itself, without what they refer to.
func env(c corev1.Container) map[string]string {
	all := map[string]string{}
	for _, v := range c.Env {
		all[v.Name] = v.Value
	}
	return all
}

func TestRender(t *testing.T) {
	objects, err := chart.Render(chart.Values{
		"image":    map[string]any{"registry": "registry.example.com"},
		"settings": map[string]any{"THREATQ_URL": "https://threatq.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range objects {
		got = append(got, o.String())
	}
	want := []string{
		"ConfigMap/vtq", "Deployment/vtq-lookup", "NetworkPolicy/vtq-lookup", "NetworkPolicy/vtq-producer", "NetworkPolicy/vtq-setup",
		"NetworkPolicy/vtq-test", "NetworkPolicy/vtq-writer", "PodDisruptionBudget/vtq-lookup", "PodDisruptionBudget/vtq-writer",
		"Deployment/vtq-producer", "ServiceAccount/vtq", "Job/vtq-setup", "Pod/vtq-test", "Deployment/vtq-writer",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Render() = %v, want %v", got, want)
	}
}

func TestEveryObjectSaysWhatItIs(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		seen := map[string]bool{}
		for _, o := range r.Objects {
			if seen[o.String()] {
				t.Errorf("%v: comes twice", o)
			}
			seen[o.String()] = true
			if o.File == "extra.yaml" {
				continue
			}
			labels := o.Meta.Labels
			for label, want := range map[string]string{
				"app.kubernetes.io/name": "vtq", "app.kubernetes.io/instance": chart.Name,
				"app.kubernetes.io/part-of": "vtq", "app.kubernetes.io/managed-by": "Helm",
			} {
				if labels[label] != want {
					t.Errorf("%v: label %s = %q, want %q", o, label, labels[label], want)
				}
			}
			if labels["app.kubernetes.io/component"] == "" || labels["app.kubernetes.io/version"] == "" || labels["helm.sh/chart"] == "" {
				t.Errorf("%v: labels %v lack component, version or chart", o, labels)
			}
			if o.Meta.Namespace != "" {
				t.Errorf("%v: names a namespace, which is for helm to choose", o)
			}
		}
	})
}

// TestNoSecretIsRendered holds the chart to Secrets that are there.
func TestNoSecretIsRendered(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		for _, o := range r.Objects {
			if o.Kind == "Secret" {
				t.Errorf("%v: is rendered", o)
			}
		}
	})
}

func TestNotesTellWhatIsRisky(t *testing.T) {
	cases := map[string]struct {
		sample string
		change func(chart.Values)
		want   []string
		not    []string
	}{
		"unset":                   {"default", set("settings.NATS_REPLICAS", nil), []string{"NATS_REPLICAS is 1"}, nil},
		"one of two in the clear": {"default", set("nats.url", "tls://a:4222,nats://b:4222"), []string{"does not begin with tls://"}, nil},
		"a socket of the web":     {"default", set("nats.url", "wss://a,wss://b"), nil, []string{"does not begin with tls://"}},
		"default":                 {"default", set("lookup.replicas", 2), []string{"helm test vtq -n security", "THREATQ_COLLECTION is not set", "monitoring is off", "--max-log-requests 20"}, []string{"WARNING"}},
		"minimal": {"minimal", set("lookup.replicas", 1), []string{
			"NATS_REPLICAS is 1", "does not begin with tls://", "setup.enabled is false", "networkPolicy.enabled is false", "lookup.replicas is 1",
		}, []string{"helm test"}},
		"full": {"full", set("lookup.replicas", 3), []string{"deploy/enrichment-lookup", "pod.extraEnv wins", "setup.shrink is true"}, []string{"THREATQ_COLLECTION is not set", "monitoring is off"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			notes := sample(t, c.sample, c.change).Notes
			for _, want := range c.want {
				if !strings.Contains(notes, want) {
					t.Errorf("the notes lack %q:\n%s", want, notes)
				}
			}
			for _, not := range c.not {
				if strings.Contains(notes, not) {
					t.Errorf("the notes have %q:\n%s", not, notes)
				}
			}
		})
	}
}
