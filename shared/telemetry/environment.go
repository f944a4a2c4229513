package telemetry

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Variables that say whether spans are sent, and where. Their meaning is OpenTelemetry's.
const (
	varDisabled       = "OTEL_SDK_DISABLED"
	varExporter       = "OTEL_TRACES_EXPORTER"
	varEndpoint       = "OTEL_EXPORTER_OTLP_ENDPOINT"
	varTracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	varProtocol       = "OTEL_EXPORTER_OTLP_PROTOCOL"
	varTracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	varHeaders        = "OTEL_EXPORTER_OTLP_HEADERS"
	varTracesHeaders  = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
)

// tracesPath is where a collector takes spans, below an address that is for all signals.
const tracesPath = "v1/traces"

// collector tells where spans are sent; nil for nowhere. Errors name the variable, and do not repeat it: an address and a header can hold
// a key.
func collector(env []string) (*url.URL, error) {
	if strings.EqualFold(value(env, varDisabled), "true") {
		return nil, nil
	}
	switch exporter := value(env, varExporter); exporter {
	case "", "otlp":
	case "none":
		return nil, nil
	default:
		return nil, fmt.Errorf("%s: wants otlp or none", varExporter)
	}
	to, err := endpoint(env)
	if to == nil || err != nil {
		return nil, err
	}
	for _, name := range []string{varProtocol, varTracesProtocol} {
		if p := value(env, name); p != "" && p != "http/protobuf" && p != "http/json" {
			return nil, fmt.Errorf("%s: wants http/protobuf; gRPC is not spoken, most collectors take HTTP at port 4318", name)
		}
	}
	for _, name := range []string{varHeaders, varTracesHeaders} {
		if !headers(value(env, name)) {
			return nil, fmt.Errorf("%s: wants key=value,key=value, with values escaped as in a URL", name)
		}
	}
	return to, nil
}

// endpoint is the address of the collector: that for traces as it stands, else that for all signals with a path added.
func endpoint(env []string) (*url.URL, error) {
	if text := value(env, varTracesEndpoint); text != "" {
		return address(varTracesEndpoint, text)
	}
	text := value(env, varEndpoint)
	if text == "" {
		return nil, nil
	}
	base, err := address(varEndpoint, text)
	if err != nil {
		return nil, err
	}
	return base.JoinPath(tracesPath), nil
}

// errAddress is what an address is not.
var errAddress = errors.New("wants an address as http://collector:4318")

func address(name, text string) (*url.URL, error) {
	to, err := url.Parse(text)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" {
		return nil, fmt.Errorf("%s: %w", name, errAddress)
	}
	return to, nil
}

// headers tells whether the library can read a list of headers: it would print what it cannot, keys and all.
func headers(list string) bool {
	if list == "" {
		return true
	}
	for pair := range strings.SplitSeq(list, ",") {
		name, text, found := strings.Cut(pair, "=")
		if !found || !token(strings.TrimSpace(name)) {
			return false
		}
		if _, err := url.PathUnescape(text); err != nil {
			return false
		}
	}
	return true
}

// token tells whether a text can be the name of a header, by RFC 9110.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// value is that of a variable, without the space around it; the last one counts, as in a shell.
func value(env []string, name string) string {
	last := ""
	for _, entry := range env {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			last = text
		}
	}
	return strings.TrimSpace(last)
}
