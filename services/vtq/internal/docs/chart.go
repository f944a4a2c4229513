package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
)

// chartFiles is where the chart mounts the files that settings name.
const chartFiles = "/etc/vtq/files/"

// inChart tells whether a variable belongs into the chart's settings. Credentials, and the names that go with them, come out of
// Secrets; how NATS is reached has values of its own, since every role has another login; and the chart alone knows where probes are
// asked, and that nothing is kept on the disk or read in colours.
func inChart(v config.Variable) bool {
	switch v.Name {
	case "NATS_REPLICAS":
		return true
	case "THREATQ_CLIENT_ID", "THREATQ_USERNAME", "RL_USER", "VTQ_DATA_DIR", "VTQ_ADMIN_ADDRESS", "NO_COLOR":
		return false
	}
	return !v.Secret && !strings.HasPrefix(v.Name, "NATS_")
}

// choices are the values of variables that have few, which their types do not tell.
func choices(name string) []any {
	switch name {
	case "NATS_REPLICAS":
		return []any{1, 3, 5}
	case "LOG_LEVEL":
		return []any{"debug", "info", "warn", "error"}
	case "LOG_FORMAT":
		return []any{config.LogJSON, config.LogConsole}
	case "VT_QUOTA":
		return []any{config.QuotaPublic, config.QuotaPrivate}
	case "VT_PROVIDER":
		return []any{"virustotal", "reversinglabs", "compatible"}
	case "VTQ_ROUTE_POLICY":
		return []any{"first", "all"}
	case "VTQ_SCORE":
		return []any{"off", "on", "raise-only", "replace"}
	case "VTQ_WRITE_MODE":
		return []any{"attributes", "bulk"}
	case "VTQ_MAX_TLP":
		return []any{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT"}
	case "VTQ_DEFAULT_TLP":
		return []any{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}
	case "OTEL_TRACES_SAMPLER":
		return []any{"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"}
	}
	return nil
}

// property is the schema of one variable. Numbers and flags may be written with quotes or without, as people come from shells and
// from YAML. A duration has whole hours, minutes and seconds, which is all that makes sense for any of them, and what templates can
// add up. An empty address is unset, as everywhere.
func property(v config.Variable) map[string]any {
	p := map[string]any{"description": v.Doc, "type": "string"}
	if v.Default != "" {
		p["description"] = v.Doc + " Defaults to " + v.Default + "."
	}
	if enum := choices(v.Name); enum != nil {
		p["enum"] = enum
		delete(p, "type")
		return p
	}
	switch v.Shape {
	case config.ShapeFlag:
		delete(p, "type")
		p["enum"] = []any{true, false, "true", "false"}
	case config.ShapeWhole:
		p["type"], p["minimum"], p["pattern"] = []string{"integer", "string"}, 0, `^[0-9]+$`
	case config.ShapeNumber:
		p["type"], p["minimum"], p["pattern"] = []string{"number", "string"}, 0, `^[0-9]+([.][0-9]+)?$`
	case config.ShapeDuration:
		p["minLength"], p["pattern"] = 2, `^([0-9]+h)?([0-9]+m)?([0-9]+s)?$`
	case config.ShapeAddress:
		p["pattern"] = address(v.Name)
	case config.ShapeText:
		if strings.HasSuffix(v.Name, "_FILE") {
			p["pattern"] = "^" + chartFiles + "[^/]+$"
		}
	}
	return p
}

// address is the pattern of an address that is unset, or bears no password, since values end up in a ConfigMap. Credentials go to
// ThreatQ and the providers by https alone: http is for loopback ([config.Secure]), where nothing is in a pod but the service itself. A
// proxy is none of those, and a collector in the cluster mostly takes http.
func address(name string) string {
	switch {
	case strings.HasSuffix(name, "_PROXY"):
		return `^((https?|socks5h?)://[^@ ?#]+)?$`
	case strings.HasPrefix(name, "OTEL_"):
		return `^(https?://[^@ ?#]+)?$`
	}
	return `^(https://[^@ ?#]+)?$`
}

// ChartSchema puts the settings of vtq into the schema of the chart's values, so that helm refuses a misspelt variable. The rest of
// the schema stays as it is, in the alphabetical order of its keys.
func ChartSchema(schema []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(schema, &document); err != nil {
		return nil, fmt.Errorf("reading the schema of the chart: %w", err)
	}
	properties, _ := document["properties"].(map[string]any)
	settings, ok := properties["settings"].(map[string]any)
	if !ok {
		return nil, errors.New("reading the schema of the chart: it has no settings among its properties")
	}
	known := map[string]any{}
	for _, v := range ChartSettings() {
		known[v.Name] = property(v)
	}
	settings["properties"], settings["additionalProperties"] = known, false
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("writing the schema of the chart: %w", err)
	}
	return out.Bytes(), nil
}

// ChartSettings lists the variables that the chart takes as settings: ours, and those of [Spans].
func ChartSettings() []config.Variable {
	own := slices.DeleteFunc(config.Variables(&vtq.Settings{}), func(v config.Variable) bool { return !inChart(v) })
	return append(own, Spans()...)
}
