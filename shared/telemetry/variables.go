package telemetry

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// What the names of the exporter's variables begin with: those for all signals, and those for spans, which come first.
const (
	otlp       = "OTEL_EXPORTER_OTLP_"
	otlpTraces = otlp + "TRACES_"
)

// A rule says what variables have to be like.
type rule struct {
	names []string
	fits  func(text string) bool
	wants string
}

// rules are for all variables that the libraries of OpenTelemetry take apart, the ones too that another has precedence over. They would
// go on without what they cannot read, or with another value.
func rules() []rule {
	return []rule{
		{both("ENDPOINT"), address, "an address as http://collector:4318"},
		{both("PROTOCOL"), protocol, "http/protobuf; gRPC is not spoken, most collectors take HTTP at port 4318"},
		{both("HEADERS"), func(text string) bool { return pairs(text, token) }, "key=value,key=value, with values escaped as in a URL"},
		{both("TIMEOUT"), milliseconds, "a number of milliseconds"},
		{both("CERTIFICATE"), authorities, "a file that can be read, with certificates in PEM"},
		{[]string{"OTEL_RESOURCE_ATTRIBUTES"}, func(text string) bool { return pairs(text, named) }, "key=value,key=value, with values escaped as in a URL"},
		{[]string{"OTEL_TRACES_SAMPLER"}, sampler, "always_on, always_off or traceidratio, or one of them after parentbased_"},
		{[]string{"OTEL_TRACES_SAMPLER_ARG"}, share, "a number from 0 to 1"},
	}
}

func both(name string) []string { return []string{otlp + name, otlpTraces + name} }

// wrong tells of the first variable that cannot be read, by its name alone.
func wrong(env []string) error {
	for _, r := range rules() {
		for _, name := range r.names {
			if text := value(env, name); text != "" && !r.fits(text) {
				return fmt.Errorf("%s: wants %s", name, r.wants)
			}
		}
	}
	for _, prefix := range []string{otlp, otlpTraces} {
		certificate, key := value(env, prefix+"CLIENT_CERTIFICATE"), value(env, prefix+"CLIENT_KEY")
		if certificate == "" && key == "" {
			continue
		}
		if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
			return fmt.Errorf("%sCLIENT_CERTIFICATE, %[1]sCLIENT_KEY: want files that can be read, with a certificate and its key in PEM", prefix)
		}
	}
	return nil
}

func address(text string) bool {
	to, err := url.Parse(text)
	return err == nil && (to.Scheme == "http" || to.Scheme == "https") && to.Hostname() != ""
}

func protocol(text string) bool { return text == "http/protobuf" || text == "http/json" }

// pairs tells whether a text is a list of pairs, whose names are such.
func pairs(list string, name func(string) bool) bool {
	for pair := range strings.SplitSeq(list, ",") {
		left, right, found := strings.Cut(pair, "=")
		if !found || !name(strings.TrimSpace(left)) {
			return false
		}
		if _, err := url.PathUnescape(right); err != nil {
			return false
		}
	}
	return true
}

func named(name string) bool { return name != "" }

// token tells whether a text can be the name of a header, by RFC 9110.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func milliseconds(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 0
}

func authorities(file string) bool {
	body, err := os.ReadFile(file)
	return err == nil && x509.NewCertPool().AppendCertsFromPEM(body)
}

func sampler(text string) bool {
	name := strings.TrimPrefix(strings.ToLower(text), "parentbased_")
	return slices.Contains([]string{"always_on", "always_off", "traceidratio"}, name)
}

func share(text string) bool {
	n, err := strconv.ParseFloat(text, 64)
	return err == nil && n >= 0 && n <= 1
}
