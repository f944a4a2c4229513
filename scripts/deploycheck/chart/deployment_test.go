package chart_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"vtq.internal/scripts/deploycheck/chart"
)

// deployments gives those of a release by their components.
func deployments(t *testing.T, r chart.Release) map[string]*appsv1.Deployment {
	t.Helper()
	all := map[string]*appsv1.Deployment{}
	for _, d := range chart.All[appsv1.Deployment](r) {
		all[d.Labels["app.kubernetes.io/component"]] = d
	}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{"lookup", "producer", "writer"}) {
		t.Fatalf("deployments of %v, want of lookup, producer and writer", got)
	}
	return all
}

// TestDeadlinesAreAChain holds that a request ends before the grace, and the grace before the pod, with the defaults of the code and with
// whatever is set.
func TestDeadlinesAreAChain(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		duration := func(name, unset string) time.Duration {
			text, ok := settings(t, r).Data[name]
			if !ok {
				text = unset
			}
			d, err := time.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		grace := duration("VTQ_SHUTDOWN_GRACE", "25s")
		for component, d := range deployments(t, r) {
			end := time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
			if end != grace+20*time.Second {
				t.Errorf("%s ends after %v, want 20 s more than the grace of %v", component, end, grace)
			}
		}
		for _, name := range []string{"VT_TIMEOUT", "RL_TIMEOUT"} {
			if timeout := duration(name, "20s"); timeout >= grace {
				t.Errorf("%s is %v, want less than the grace of %v", name, timeout, grace)
			}
		}
	})
}

func TestTheGraceIsRead(t *testing.T) {
	for grace, want := range map[string]int64{"21s": 41, "1m": 80, "1m30s": 110, "10m": 620, "0h5m0s": 320} {
		release := sample(t, "default", set("settings.VTQ_SHUTDOWN_GRACE", grace))
		if got := *deployments(t, release)["lookup"].Spec.Template.Spec.TerminationGracePeriodSeconds; got != want {
			t.Errorf("terminationGracePeriodSeconds with a grace of %s = %d, want %d", grace, got, want)
		}
	}
}

// TestProbes asks on the port of that name, and gives NATS 150 s to come up.
func TestProbes(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		for component, d := range deployments(t, r) {
			c := d.Spec.Template.Spec.Containers[0]
			if len(c.Ports) != 1 || c.Ports[0].Name != "admin" || c.Ports[0].ContainerPort != 8080 {
				t.Errorf("%s: ports %v, want 8080 as admin", component, c.Ports)
			}
			for path, probe := range map[string]*corev1.Probe{"/startupz": c.StartupProbe, "/readyz": c.ReadinessProbe, "/livez": c.LivenessProbe} {
				if probe == nil || probe.HTTPGet.Path != path || probe.HTTPGet.Port.String() != "admin" {
					t.Errorf("%s: probe %v, want of %s on admin", component, probe, path)
				}
			}
			if budget := c.StartupProbe.PeriodSeconds * c.StartupProbe.FailureThreshold; budget != 150 {
				t.Errorf("%s: has %d s to start, want 150", component, budget)
			}
			// A minute is what a loop may be late, and it may be late twice before a restart is of any use.
			if patience := c.LivenessProbe.PeriodSeconds * c.LivenessProbe.FailureThreshold; patience < 60 {
				t.Errorf("%s: is killed after %d s, want 60 at least", component, patience)
			}
		}
	})
}

// TestSelectorsNeverChange holds them to labels that an upgrade leaves alone: a selector cannot be changed.
func TestSelectorsNeverChange(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		for component, d := range deployments(t, r) {
			want := map[string]string{
				"app.kubernetes.io/name": "vtq", "app.kubernetes.io/instance": chart.Name, "app.kubernetes.io/component": component,
			}
			if diff := cmp.Diff(want, d.Spec.Selector.MatchLabels); diff != "" || len(d.Spec.Selector.MatchExpressions) > 0 {
				t.Errorf("%s: selector (-want +got):\n%s", component, diff)
			}
			for label, value := range want {
				if d.Spec.Template.Labels[label] != value {
					t.Errorf("%s: does not find its own pods", component)
				}
			}
			if _, ok := d.Spec.Template.Labels["helm.sh/chart"]; ok {
				t.Errorf("%s: its pods are replaced by every change of the chart", component)
			}
			for _, spread := range d.Spec.Template.Spec.TopologySpreadConstraints {
				if diff := cmp.Diff(want, spread.LabelSelector.MatchLabels); diff != "" || spread.WhenUnsatisfiable != corev1.ScheduleAnyway {
					t.Errorf("%s: spread by %s must, or of others (-want +got):\n%s", component, spread.TopologyKey, diff)
				}
			}
		}
	})
}

func TestStrategies(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		for component, d := range deployments(t, r) {
			got := string(d.Spec.Strategy.Type)
			if u := d.Spec.Strategy.RollingUpdate; u != nil {
				got = fmt.Sprintf("%s, %v away, %v more", got, u.MaxUnavailable, u.MaxSurge)
			}
			want := "RollingUpdate, 0 away, 1 more"
			if component == "producer" {
				want = "Recreate"
			}
			if got != want {
				t.Errorf("%s: strategy %s, want %s", component, got, want)
			}
		}
	})
}

// TestReplicas leaves their number to whoever scales, and the drain of a node to whoever drains it.
func TestReplicas(t *testing.T) {
	const scaled = -1
	cases := map[string]struct {
		sample   string
		change   func(chart.Values)
		replicas map[string]int
		budgets  []string
	}{
		"default":       {"default", nil, map[string]int{"producer": 1, "lookup": 2, "writer": 2}, []string{"lookup", "writer"}},
		"minimal":       {"minimal", nil, map[string]int{"producer": 1, "lookup": 1, "writer": 1}, nil},
		"scaled":        {"keda", nil, map[string]int{"producer": 1, "lookup": scaled, "writer": scaled}, []string{"lookup", "writer"}},
		"paused":        {"default", set("producer.replicas", 0), map[string]int{"producer": 0, "lookup": 2, "writer": 2}, []string{"lookup", "writer"}},
		"lookup scaled": {"keda", set("writer", map[string]any{"replicas": 1}), map[string]int{"producer": 1, "lookup": scaled, "writer": 1}, []string{"lookup"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			release := sample(t, c.sample, func(values chart.Values) {
				if c.change != nil {
					c.change(values)
				}
			})
			got := map[string]int{}
			for component, d := range deployments(t, release) {
				got[component] = scaled
				if d.Spec.Replicas != nil {
					got[component] = int(*d.Spec.Replicas)
				}
			}
			if diff := cmp.Diff(c.replicas, got); diff != "" {
				t.Errorf("replicas (-want +got):\n%s", diff)
			}
			var budgets []string
			for _, b := range chart.All[policyv1.PodDisruptionBudget](release) {
				if b.Spec.MinAvailable != nil || b.Spec.MaxUnavailable.IntValue() != 1 {
					t.Errorf("%s: %v, want that one may be away", b.Name, b.Spec)
				}
				budgets = append(budgets, b.Spec.Selector.MatchLabels["app.kubernetes.io/component"])
			}
			if !slices.Equal(budgets, c.budgets) {
				t.Errorf("budgets for %v, want %v", budgets, c.budgets)
			}
		})
	}
}

func TestGoMemoryLimit(t *testing.T) {
	for limit, want := range map[string]string{"128Mi": "117964KiB", "1Gi": "943718KiB", "7Mi": "6451KiB", "200M": "", "134217728": ""} {
		release := sample(t, "default", set("lookup.resources.limits.memory", limit))
		got := env(deployments(t, release)["lookup"].Spec.Template.Spec.Containers[0])["GOMEMLIMIT"]
		if got != want {
			t.Errorf("GOMEMLIMIT of %s = %q, want %q", limit, got, want)
		}
	}
}

// TestASettingRollsThePods shows in an annotation, which nothing else changes.
func TestASettingRollsThePods(t *testing.T) {
	sum := func(change func(chart.Values)) string {
		return deployments(t, sample(t, "default", change))["lookup"].Spec.Template.Annotations["checksum/config"]
	}
	before := sum(set("settings.VTQ_SWEEP", "12h"))
	if again := sum(set("settings.VTQ_SWEEP", "12h")); before == "" || again != before {
		t.Errorf("checksum %q, then %q, want the same", before, again)
	}
	if after := sum(set("settings.VTQ_SWEEP", "13h")); after == before {
		t.Error("another setting leaves the pods alone")
	}
}

// TestSetupWaits for NATS as long as somebody wants, and has 50 s more than that.
func TestSetupWaits(t *testing.T) {
	cases := map[string]struct {
		sample   string
		args     []string
		deadline int64
	}{
		"default": {"default", []string{"setup", "--wait", "4m"}, 290}, // Within the five minutes that helm gives a hook by itself.
		"full":    {"full", []string{"setup", "--wait", "9m30s", "--shrink"}, 620},
	}
	for name, c := range cases {
		job := chart.All[batchv1.Job](sample(t, c.sample))[0]
		if diff := cmp.Diff(c.args, job.Spec.Template.Spec.Containers[0].Args); diff != "" || *job.Spec.ActiveDeadlineSeconds != c.deadline {
			t.Errorf("%s: ends after %d s, want %d; arguments (-want +got):\n%s", name, *job.Spec.ActiveDeadlineSeconds, c.deadline, diff)
		}
	}
}

// TestTheTestIsAChoice takes its policy with it.
func TestTheTestIsAChoice(t *testing.T) {
	for _, enabled := range []bool{true, false} {
		release := sample(t, "default", set("test.enabled", enabled))
		if _, ok := policies(release)["test"]; ok != enabled || (len(chart.All[corev1.Pod](release)) == 1) != enabled {
			t.Errorf("test.enabled=%t: %d pods and a policy: %t", enabled, len(chart.All[corev1.Pod](release)), ok)
		}
	}
}

// TestSetupComesFirst stands on nothing that the release brings.
func TestSetupComesFirst(t *testing.T) {
	release := sample(t, "full")
	jobs := chart.All[batchv1.Job](release)
	if len(jobs) != 1 || jobs[0].Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" {
		t.Fatalf("jobs %v, want one before installations and upgrades", jobs)
	}
	if policy := policies(release)["setup"]; policy.Annotations["helm.sh/hook"] != jobs[0].Annotations["helm.sh/hook"] || policy.Annotations["helm.sh/hook-weight"] != "-5" {
		t.Errorf("its policy comes with %v, want before it", policy.Annotations)
	}
	spec := jobs[0].Spec.Template.Spec
	if len(spec.Containers[0].EnvFrom) > 0 || spec.ServiceAccountName != "" {
		t.Error("it needs a ConfigMap or an account that are not there yet")
	}
	if rules := jobs[0].Spec.PodFailurePolicy.Rules; len(rules) != 1 || !slices.Equal(rules[0].OnExitCodes.Values, []int32{2}) || *rules[0].OnExitCodes.ContainerName != spec.Containers[0].Name {
		t.Errorf("rules %v, want that a wrong configuration is not tried again", rules)
	}
}
