package chart_test

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"

	"vtq.internal/scripts/deploycheck/chart"
)

// unset takes a value out of a group.
func unset(group, name string) func(chart.Values) {
	return func(values chart.Values) {
		if held, ok := values[group].(map[string]any); ok {
			delete(held, name)
		}
	}
}

// TestRefused holds that what is wrong does not get as far as a cluster, and that whoever wrote it is told which value it is.
func TestRefused(t *testing.T) {
	type change = func(chart.Values)
	cases := map[string]struct {
		sample string
		change change
		want   []string // Parts of what helm says.
	}{
		"a misspelt value":           {"default", set("lookup.replica", 2), []string{"lookup", "replica"}},
		"a misspelt group":           {"default", set("lookups.replicas", 2), []string{"lookups"}},
		"a misspelt setting":         {"default", set("settings.VTQ_SWEPE", "12h"), []string{"settings", "VTQ_SWEPE"}},
		"a secret among settings":    {"default", set("settings.VT_API_KEY", "k"), []string{"settings", "VT_API_KEY"}},
		"a setting of vtq up":        {"default", set("settings.VTQ_DATA_DIR", "/data"), []string{"VTQ_DATA_DIR"}},
		"words for a number":         {"default", set("settings.VT_REQUESTS_PER_DAY", "many"), []string{"VT_REQUESTS_PER_DAY"}},
		"a number below zero":        {"default", set("settings.VT_REQUESTS_PER_DAY", -1), []string{"VT_REQUESTS_PER_DAY"}},
		"half a request":             {"default", set("settings.VT_REQUESTS_PER_DAY", 0.5), []string{"VT_REQUESTS_PER_DAY"}},
		"a duration without a unit":  {"default", set("settings.VTQ_SWEEP", "12"), []string{"VTQ_SWEEP"}},
		"a number for a duration":    {"default", set("settings.VTQ_SWEEP", 12), []string{"VTQ_SWEEP"}},
		"maybe":                      {"default", set("settings.VT_PRIVATE_KEY", "maybe"), []string{"VT_PRIVATE_KEY"}},
		"no such choice":             {"default", set("settings.VT_QUOTA", "premium"), []string{"VT_QUOTA", "private"}},
		"two replicas of a stream":   {"default", set("settings.NATS_REPLICAS", 2), []string{"NATS_REPLICAS"}},
		"a password in an address":   {"default", set("settings.VT_PROXY", "http://me:pw@proxy:3128"), []string{"VT_PROXY"}},
		"ThreatQ in the clear":       {"default", set("settings.THREATQ_URL", "http://t.example.com"), []string{"THREATQ_URL", "https://"}},
		"a provider in the clear":    {"default", set("settings.VT_BASE_URL", "http://vt.example.com"), []string{"VT_BASE_URL", "https://"}},
		"ThreatQ by a proxy":         {"default", set("settings.THREATQ_URL", "socks5://t.example.com"), []string{"THREATQ_URL"}},
		"one name for all spans":     {"default", set("settings.OTEL_RESOURCE_ATTRIBUTES", "team=a, service.name=vtq"), []string{"OTEL_RESOURCE_ATTRIBUTES: must leave out service.name"}},
		"one service for all spans":  {"default", set("settings.OTEL_SERVICE_NAME", "vtq"), []string{"OTEL_SERVICE_NAME"}},
		"one service by extraEnv":    {"default", set("pod.extraEnv", []any{map[string]any{"name": "OTEL_SERVICE_NAME", "value": "vtq"}}), []string{"pod.extraEnv: must leave out OTEL_SERVICE_NAME"}},
		"a collector's key":          {"default", set("settings.OTEL_EXPORTER_OTLP_HEADERS", "a=b"), []string{"OTEL_EXPORTER_OTLP_HEADERS"}},
		"a collector of gRPC":        {"default", set("settings.OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://c:4317"), []string{"OTEL_EXPORTER_OTLP_ENDPOINT"}},
		"a NATS without a scheme":    {"default", set("nats.url", "tls://a:4222,b:4222"), []string{"nats", "url"}},
		"a wait without a unit":      {"default", set("setup.wait", "4"), []string{"setup", "wait"}},
		"claims that nobody makes":   {"default", set("lookup.resources.claims", []any{map[string]any{"name": "gpu"}}), []string{"resources", "claims"}},
		"a file from nowhere":        {"default", set("settings.THREATQ_CA_FILE", "/etc/ssl/ca.pem"), []string{"THREATQ_CA_FILE"}},
		"a list for a text":          {"default", set("settings.VTQ_SKIP_STATUSES", []any{"Expired"}), []string{"VTQ_SKIP_STATUSES"}},
		"a number as text":           {"default", set("lookup.replicas", "2"), []string{"lookup", "replicas"}},
		"a third writer":             {"default", set("writer.replicas", 3), []string{"writer", "replicas"}},
		"a second producer":          {"default", set("producer.replicas", 2), []string{"producer", "replicas"}},
		"root":                       {"default", set("pod.securityContext.runAsUser", 0), []string{"runAsUser"}},
		"another profile":            {"default", set("pod.securityContext.privileged", true), []string{"privileged"}},
		"a digest that is a tag":     {"default", set("image.digests.vtq", "v1"), []string{"digests", "vtq"}},
		"a key that nobody reads":    {"default", set("keys.names", []any{"VT_APIKEY"}), []string{"keys", "names"}},
		"no Secret":                  {"default", set("nats.secrets.writer", ""), []string{"nats", "writer"}},
		"no registry":                {"default", set("image.registry", ""), []string{"image.registry: must be set"}},
		"no ThreatQ":                 {"default", unset("settings", "THREATQ_URL"), []string{"settings.THREATQ_URL: must be set"}},
		"a request beyond the grace": {"default", set("settings.VT_TIMEOUT", "25s"), []string{"settings.VT_TIMEOUT: must be below VTQ_SHUTDOWN_GRACE (25s and 25s)"}},
		"the grace below a request":  {"default", set("settings.VTQ_SHUTDOWN_GRACE", "20s"), []string{"settings.VT_TIMEOUT: must be below VTQ_SHUTDOWN_GRACE (20s and 20s)"}},
		"the other one's request":    {"full", set("settings.RL_TIMEOUT", "1m10s"), []string{"settings.RL_TIMEOUT: must be below VTQ_SHUTDOWN_GRACE"}},
		"an endless grace":           {"default", set("settings.VTQ_SHUTDOWN_GRACE", "11m"), []string{"settings.VTQ_SHUTDOWN_GRACE: wants 10m"}},
		"a file without a ConfigMap": {"full", set("files.existingConfigMap", ""), []string{"files.existingConfigMap: must be set, since settings.THREATQ_CA_FILE", "settings.VTQ_VERDICT_POLICY_FILE"}},
		"ReversingLabs by its key":   {"full", unset("settings", "VTQ_PROVIDERS"), []string{"settings.VTQ_PROVIDERS: must name reversinglabs"}},
		"ReversingLabs by its name":  {"default", set("settings.VTQ_PROVIDERS", "virustotal,reversinglabs"), []string{"keys.names: wants RL_API_KEY"}},
		"ReversingLabs for what":     {"full", unset("settings", "RL_KINDS"), []string{"settings.RL_KINDS: must be set"}},
		"ReversingLabs twice":        {"full", set("settings.VT_BASE_URL", "https://data.reversinglabs.com/api/v3"), []string{"keys.names: RL_API_KEY and RL_USER"}},
		"a user without password":    {"keda", set("keys.names", []any{"VT_API_KEY", "RL_USER"}), []string{"RL_USER and RL_PASSWORD together"}},
		"scaling without a budget":   {"keda", set("autoscaling.prometheus", ""), []string{"autoscaling.prometheus: must be set"}},
		"less than nothing":          {"keda", set("lookup.autoscaling.minReplicas", 9), []string{"lookup.autoscaling.minReplicas: must not be above"}},
		"less than no writer":        {"keda", set("writer.autoscaling.minReplicas", 9), []string{"writer.autoscaling.minReplicas: must not be above"}},
		"a route of nobody":          {"keda", set("lookup.autoscaling.routes", []any{"virustotal,reversinglabs"}), []string{"routes"}},
		"all at once": {"default", func(values chart.Values) {
			set("image.registry", "")(values)
			set("settings.THREATQ_URL", "")(values)
		}, []string{"image.registry: must be set", "settings.THREATQ_URL: must be set"}},
	}
	c := open(t)
	for name, refused := range cases {
		t.Run(name, func(t *testing.T) {
			values, err := c.Sample(refused.sample)
			if err != nil {
				t.Fatal(err)
			}
			refused.change(values)
			_, err = c.Render(values)
			if err == nil {
				t.Fatalf("helm takes it, want it to speak of %q", refused.want)
			}
			for _, want := range refused.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("helm says %v, want it to speak of %q", err, want)
				}
			}
		})
	}
}

// TestNothingIsSetByDefault asks for all that has no default, in one answer.
func TestNothingIsSetByDefault(t *testing.T) {
	_, err := open(t).Render(chart.Values{})
	for _, want := range []string{"image.registry: must be set", "settings.THREATQ_URL: must be set"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without any values helm says %v, want it to speak of %q", err, want)
		}
	}
}

// TestTaken holds what only looks wrong.
func TestTaken(t *testing.T) {
	cases := map[string]func(chart.Values){
		"a number as text":            set("settings.VT_REQUESTS_PER_DAY", "500"),
		"ReversingLabs at VT's place": set("settings.VT_BASE_URL", "https://data.reversinglabs.com/api/v3"),
		"named as well": func(values chart.Values) {
			set("settings.VT_BASE_URL", "https://data.reversinglabs.com/api/v3")(values)
			set("settings.VTQ_PROVIDERS", "reversinglabs")(values)
		},
		"spans by another name":     set("lookup.extraEnv", []any{map[string]any{"name": "OTEL_SERVICE_NAME", "value": "asker"}}),
		"an unused timeout":         set("settings.VTQ_SHUTDOWN_GRACE", "21s"),
		"a value that is taken out": set("settings.NATS_REPLICAS", nil),
		"a user of ThreatQ":         set("keys.names", []any{"THREATQ_CLIENT_ID", "THREATQ_USERNAME", "THREATQ_PASSWORD", "VT_API_KEY"}),
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) { sample(t, "default", change) })
	}
}

// TestLint has nothing to say but that there is no picture.
func TestLint(t *testing.T) {
	c := open(t)
	names, err := c.Samples()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		values, err := c.Sample(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range lint.All(c.Dir, values, chart.Namespace, true).Messages {
			if message.Severity > support.InfoSev || !strings.Contains(message.Err.Error(), "icon is recommended") {
				t.Errorf("%s: helm lint says %v", name, message)
			}
		}
	}
}
