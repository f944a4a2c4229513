package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/docs"
	"vtq.internal/shared/config"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// required is what an environment cannot do without.
const required = "THREATQ_URL=https://threatq.invalid THREATQ_CLIENT_ID=- THREATQ_CLIENT_SECRET=- VT_API_KEY=-"

func TestChartSchemaIsFresh(t *testing.T) {
	path := inRoot("deployments/helm/vtq/values.schema.json")
	schema, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := docs.ChartSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	fresh(t, path, string(want))
}

func TestChartSchemaWantsASchema(t *testing.T) {
	for _, bad := range []string{"", "{", "{}", `{"properties":{"settings":[]}}`} {
		if _, err := docs.ChartSchema([]byte(bad)); err == nil {
			t.Errorf("ChartSchema(%q) = nil, want an error", bad)
		}
	}
}

// A property is what tests need of a variable's schema.
type property struct {
	Enum    []any
	Pattern string
}

func properties(t *testing.T) map[string]property {
	t.Helper()
	made, err := docs.ChartSchema([]byte(`{"properties":{"settings":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Settings struct{ Properties map[string]property }
		}
	}
	if err := json.Unmarshal(made, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties.Settings.Properties
}

// TestChartTakesWhatTheServicesTake compares the schema with the code: every choice and every default is taken by both, and a choice
// that the schema does not have is none to the code either.
func TestChartTakesWhatTheServicesTake(t *testing.T) {
	for name, p := range properties(t) {
		if strings.HasPrefix(name, "OTEL_") {
			continue // The library reads them, and takes anything.
		}
		for _, choice := range p.Enum {
			// Private keys want their figure.
			if err := loads(fmt.Sprintf("%s=%v VT_REQUESTS_PER_MINUTE=1", name, choice)); err != nil {
				t.Errorf("%s: the schema has %v, and the code says %v", name, choice, err)
			}
		}
		if len(p.Enum) > 0 && loads(name+"=surely-none") == nil {
			t.Errorf("%s: the schema knows all its values, and the code takes any", name)
		}
	}
	for _, v := range docs.ChartSettings() {
		p := properties(t)[v.Name]
		fits := p.Enum == nil || slices.ContainsFunc(p.Enum, func(one any) bool { return fmt.Sprint(one) == v.Default })
		if v.Default != "" && (!fits || !regexp.MustCompile(p.Pattern).MatchString(v.Default)) {
			t.Errorf("%s: the schema refuses its default %s", v.Name, v.Default)
		}
	}
}

func loads(env string) error {
	var settings vtq.Settings
	return config.Load(strings.Fields(required+" "+env), &settings)
}

func TestChartSettingsHoldNoCredentials(t *testing.T) {
	known := properties(t)
	for _, name := range []string{"THREATQ_CLIENT_SECRET", "THREATQ_CLIENT_ID", "VT_API_KEY", "RL_USER", "NATS_NKEY", "NATS_URL", "VTQ_DATA_DIR"} {
		if _, ok := known[name]; ok {
			t.Errorf("%s is among the settings, which end up in a ConfigMap", name)
		}
	}
	for name, p := range known {
		if strings.HasSuffix(name, "_PROXY") && regexp.MustCompile(p.Pattern).MatchString("http://user:password@proxy:3128") {
			t.Errorf("%s takes a password", name)
		}
	}
	for _, name := range []string{"THREATQ_URL", "VTQ_SWEEP", "NATS_REPLICAS", "VT_REQUESTS_PER_DAY", "THREATQ_CA_FILE"} {
		if _, ok := known[name]; !ok {
			t.Errorf("%s is no setting", name)
		}
	}
}

// TestChartTakesAddressesThatTheServicesTake, and none of which they would say, in a pod that starts over and over, what is wrong.
func TestChartTakesAddressesThatTheServicesTake(t *testing.T) {
	cases := map[string]map[string]bool{
		"THREATQ_URL": {
			"https://threatq.example.com": true, "https://threatq.example.com:8443": true, "https://[2001:db8::1]/": true,
			"http://threatq.example.com": false, "socks5://threatq.example.com": false, "threatq.example.com": false,
			"https://me:pw@threatq.example.com": false, "https://threatq.example.com/?a": false, "https://threatq.example.com/#a": false,
		},
		"VT_BASE_URL": {"https://data.reversinglabs.com/api/v3": true, "http://data.reversinglabs.com/api/v3": false},
		"VT_PROXY": {
			"http://proxy:3128": true, "https://proxy": true, "socks5://proxy:1080": true, "socks5h://proxy": true,
			"ftp://proxy": false, "proxy:3128": false, "http://me:pw@proxy": false,
		},
	}
	known := properties(t)
	for name, addresses := range cases {
		for value, want := range addresses {
			if got := regexp.MustCompile(known[name].Pattern).MatchString(value); got != want {
				t.Errorf("the schema takes %s=%s: %t, want %t", name, value, got, want)
			}
			// The code refuses no password of a proxy: it is the ConfigMap that is no place for one.
			if err := loads(name + "=" + value); (err == nil) != want && !strings.Contains(value, "@proxy") {
				t.Errorf("the code says %v of %s=%s, want it to be taken: %t", err, name, value, want)
			}
		}
	}
	if pattern := regexp.MustCompile(known["THREATQ_URL"].Pattern); pattern.MatchString("http://127.0.0.1") || !pattern.MatchString("") {
		t.Errorf("%s: takes what is in the pod, or no unset address", pattern)
	}
}

// TestChartTakesSpans knows what leads somewhere, and neither what holds a key nor what gives all stages one name.
func TestChartTakesSpans(t *testing.T) {
	known := properties(t)
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_SERVICE_NAME"} {
		if _, ok := known[name]; ok {
			t.Errorf("%s is a setting", name)
		}
	}
	for value, want := range map[string]bool{"http://collector:4318": true, "https://collector/otlp": true, "grpc://collector:4317": false, "http://me:pw@collector": false} {
		if got := regexp.MustCompile(known["OTEL_EXPORTER_OTLP_ENDPOINT"].Pattern).MatchString(value); got != want {
			t.Errorf("the schema takes the collector %s: %t, want %t", value, got, want)
		}
	}
}

// TestChartScalesByTheStreamsThatAreThere compares the template of the ScaledObjects with the topology: KEDA would only say that it
// finds no such consumer, in a cluster.
func TestChartScalesByTheStreamsThatAreThere(t *testing.T) {
	template, err := os.ReadFile(inRoot("deployments/helm/vtq/templates/scaledobject.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"stream: " + stream.Verdicts, "consumer: " + stream.Writer, "consumer: lookup-{{ $lane }}-{{ $route }}"}
	for _, lane := range wire.Lanes() {
		want = append(want, fmt.Sprintf("%q %q", lane, stream.LaneStream(lane)))
		if got, name := stream.LookupConsumer(lane, "some"), fmt.Sprintf("lookup-%s-some", lane); got != name {
			t.Errorf("the consumer of lane %s is %s, the chart counts %s", lane, got, name)
		}
	}
	for _, part := range want {
		if !strings.Contains(string(template), part) {
			t.Errorf("the template lacks %q", part)
		}
	}
}
