package scaling_test

import (
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/scaling"
)

// TestWhatKEDARefuses spoils the chart's ScaledObject by one thing each.
func TestWhatKEDARefuses(t *testing.T) {
	formula := func(text string) func(*chart.ScaledObject) {
		return func(o *chart.ScaledObject) { o.Spec.Advanced.ScalingModifiers.Formula = text }
	}
	target := func(text string) func(*chart.ScaledObject) {
		return func(o *chart.ScaledObject) { o.Spec.Advanced.ScalingModifiers.Target = text }
	}
	cases := map[string]struct {
		spoil func(*chart.ScaledObject)
		want  string // Of the error; "" for none.
	}{
		"nothing":               {func(*chart.ScaledObject) {}, ""},
		"a name of no trigger":  {formula("min(fresh_virustotal, budget)"), "unknown name budget"},
		"a name with a hyphen":  {formula("fresh-virustotal"), "unknown name fresh"},
		"a formula that is cut": {formula("min(fresh_virustotal, "), "compiling the formula"},
		"no number":             {formula(`fresh_virustotal > 0`), "compiling the formula"},
		"no target":             {target(""), `target ""`},
		"a target of nothing":   {target("0"), `target "0"`},
		"a target in words":     {target("many"), `target "many"`},
		"a trigger twice":       {func(o *chart.ScaledObject) { o.Spec.Triggers[1].Name = o.Spec.Triggers[0].Name }, "comes twice"},
		"a lag in words":        {func(o *chart.ScaledObject) { o.Spec.Triggers[0].Metadata["lagThreshold"] = "1e+06" }, "reading lagThreshold"},
		"an unknown trigger":    {func(o *chart.ScaledObject) { o.Spec.Triggers[0].Type = "cpu" }, `type "cpu"`},
		"no triggers":           {func(o *chart.ScaledObject) { o.Spec.Triggers = nil }, "no triggers"},
		"bounds upside down":    {func(o *chart.ScaledObject) { o.Spec.MinReplicaCount = 5 }, "at least 5 replicas and at most 4"},
		"a fallback below zero": {func(o *chart.ScaledObject) { o.Spec.Fallback.Replicas = -1 }, "below zero"},
		"a long name":           {func(o *chart.ScaledObject) { o.Name = strings.Repeat("v", 64) }, "64 characters"},
		"a long name of the HPA": {func(o *chart.ScaledObject) {
			o.Name, o.Spec.Advanced.HorizontalPodAutoscalerConfig.Name = strings.Repeat("v", 55), ""
		}, "keda-hpa-v"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := object(t, "lookup")
			c.spoil(o)
			_, err := scaling.Admit(o)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Admit() = %v, want %q", err, c.want)
			}
		})
	}
}

// TestKEDATakesAllThatTheValuesAllow at the edges: the longest name, all providers on a route, and targets that are written as 1e+06 by
// whoever takes no care.
func TestKEDATakesAllThatTheValuesAllow(t *testing.T) {
	cases := map[string]func(chart.Values){
		"the longest name": func(values chart.Values) { values["fullnameOverride"] = strings.Repeat("v", 50) },
		"three providers": func(values chart.Values) {
			values["lookup"].(map[string]any)["autoscaling"].(map[string]any)["routes"] = []any{"reversinglabs-virustotal-compatible", "compatible"}
		},
		"a large target": sized(1_000_000, 4),
		"the largest":    sized(1_000_000_000, 100),
		"one of each":    sized(1, 1),
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			for _, component := range []string{"lookup", "writer"} {
				nobody := func(values chart.Values) {
					values["autoscaling"] = map[string]any{"prometheus": "http://127.0.0.1:1", "natsMonitoringEndpoint": "127.0.0.1:1"}
				}
				o := object(t, component, change, nobody)
				keda, err := scaling.Admit(o)
				if err != nil {
					t.Fatal(err)
				}
				for range o.Spec.Fallback.FailureThreshold {
					if got, err := keda.Replicas(t.Context()); err == nil {
						t.Errorf("Replicas() = %d of the %s where nobody answers, want an error", got, component)
					}
				}
				if got, err := keda.Replicas(t.Context()); err != nil || got != o.Spec.Fallback.Replicas {
					t.Errorf("Replicas() = %d, %v of the %s where nobody answers; want the %d to fall back to", got, err, component, o.Spec.Fallback.Replicas)
				}
			}
		})
	}
}

// TestNoFallbackWithoutAWholeTarget is KEDA's trap that the chart has to keep clear of.
func TestNoFallbackWithoutAWholeTarget(t *testing.T) {
	o := object(t, "lookup")
	o.Spec.Advanced.ScalingModifiers.Target = "1e+06"
	for i := range o.Spec.Triggers {
		o.Spec.Triggers[i].Metadata["natsServerMonitoringEndpoint"], o.Spec.Triggers[i].Metadata["serverAddress"] = "127.0.0.1:1", "http://127.0.0.1:1"
	}
	keda, err := scaling.Admit(o)
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		if got, err := keda.Replicas(t.Context()); err == nil {
			t.Errorf("Replicas() = %d, want an error", got)
		}
	}
}
