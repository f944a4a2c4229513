package config_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

func TestUnknown(t *testing.T) {
	cases := map[string]struct{ entry, want string }{
		"known":                     {"VT_API_KEY=k", ""},
		"file of a secret":          {"VT_API_KEY_FILE=/k", ""},
		"file of what is no secret": {"VT_QUOTA_FILE=/q", "VT_QUOTA_FILE: no such variable"},
		"letter missing":            {"VT_APIKEY=hunter2", "VT_APIKEY: no such variable; did you mean VT_API_KEY?"},
		"letters swapped":           {"THREATQ_TIMOEUT=1s", "THREATQ_TIMOEUT: no such variable; did you mean THREATQ_TIMEOUT?"},
		"shortened":                 {"THREATQ_USER=me", "THREATQ_USER: no such variable; did you mean THREATQ_USERNAME?"},
		"file misspelt":             {"VT_APIKEY_FILE=/k", "VT_APIKEY_FILE: no such variable; did you mean VT_API_KEY_FILE?"},
		"nothing near":              {"VTQ_SOMETHING_ELSE=1", "VTQ_SOMETHING_ELSE: no such variable"},
		"a quarter of the name":     {"VT_XXOTA=1", "VT_XXOTA: no such variable; did you mean VT_QUOTA?"},
		"more than a quarter":       {"VT_XXXTA=1", "VT_XXXTA: no such variable"},
		"empty":                     {"VT_APIKEY=", ""},
		"no value at all":           {"VT_APIKEY", ""},
		"somebody else's":           {"NATS_URI=nats://host", ""},
		"other case":                {"vt_api_key=k", ""},
		"OpenTelemetry's":           {"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", ""},
		"Kubernetes host":           {"VTQ_NATS_SERVICE_HOST=10.0.0.1", ""},
		"Kubernetes port":           {"VTQ_NATS_SERVICE_PORT_CLIENT=4222", ""},
		"Kubernetes link":           {"VTQ_NATS_PORT=tcp://10.0.0.1:4222", ""},
		"Kubernetes link's part":    {"VTQ_NATS_PORT_4222_TCP_ADDR=10.0.0.1", ""},
		"a port of ours":            {"VTQ_ADMIN_PORT=9090", "VTQ_ADMIN_PORT: no such variable"},
		"name at the bound":         {longName(64) + "=1", longName(64) + ": no such variable"},
		"name beyond the bound":     {longName(65) + "=1", longName(64) + ": no such variable"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := config.Unknown([]string{c.entry}, &config.VirusTotal{}, &config.ThreatQ{})
			if got := strings.Join(got, "\n"); got != c.want {
				t.Errorf("Unknown(%q) = %q, want %q", c.entry, got, c.want)
			}
		})
	}
}

func longName(length int) string { return "VT_" + strings.Repeat("X", length-len("VT_")) }

// TestUnknownComparesUpToTheBound has a known name that only the bound keeps
// from being suggested.
func TestUnknownComparesUpToTheBound(t *testing.T) {
	known := &struct {
		V string `env:"VT_XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"`
	}{}
	for length, want := range map[int]bool{64: true, 65: false} {
		got := config.Unknown([]string{longName(length) + "=1"}, known)
		if len(got) != 1 || strings.Contains(got[0], "did you mean") != want {
			t.Errorf("a name of %d bytes: %q, want a suggestion: %v", length, got, want)
		}
	}
}

func TestUnknownIsSortedAndSaysItOnce(t *testing.T) {
	environ := []string{"VTQ_B=1", "VTQ_A=1", "VTQ_B=2"}
	want := []string{"VTQ_A: no such variable", "VTQ_B: no such variable"}
	if diff := cmp.Diff(want, config.Unknown(environ, &config.Log{})); diff != "" {
		t.Errorf("Unknown(%q): -want +got\n%s", environ, diff)
	}
}

// FuzzUnknown damages one byte of every name: each damaged name is reported,
// and what is suggested is a name that exists.
func FuzzUnknown(f *testing.F) {
	f.Add(uint8(3), "X")
	f.Add(uint8(200), "")
	f.Add(uint8(0), "é\x00=")
	line := regexp.MustCompile(`(?s)^.{0,64}: no such variable(; did you mean ([A-Z_]+)\?)?$`)
	blocks := []any{&config.ThreatQ{}, &config.VirusTotal{}}
	known := map[string]bool{}
	for _, v := range config.Variables(blocks...) {
		known[v.Name] = true
		known[v.File()] = v.Secret
	}
	f.Fuzz(func(t *testing.T, at uint8, with string) {
		for name := range known {
			cut := int(at) % len(name)
			damaged, _, _ := strings.Cut(name[:cut]+with+name[cut+1:], "=")
			lines := config.Unknown([]string{damaged + "=1"}, blocks...)
			for _, l := range lines {
				m := line.FindStringSubmatch(l)
				if m == nil || m[2] != "" && !known[m[2]] {
					t.Errorf("Unknown(%q) = %q", damaged, l)
				}
			}
			if ours := strings.HasPrefix(damaged, "VT_") || strings.HasPrefix(damaged, "THREATQ_"); known[damaged] && len(lines) > 0 {
				t.Errorf("Unknown(%q) = %q, want nothing about a known name", damaged, lines)
			} else if ours && !known[damaged] && len(lines) == 0 && !strings.Contains(damaged, "_PORT") && !strings.Contains(damaged, "_SERVICE") {
				t.Errorf("Unknown(%q) says nothing", damaged)
			}
		}
	})
}
