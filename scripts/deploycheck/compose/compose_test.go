package compose_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

func TestTheFilesKeepTheRules(t *testing.T) {
	known := settings(t)
	for name, files := range map[string][]string{"real": {base}, "simulated": {base, simulators}} {
		t.Run(name, func(t *testing.T) {
			p := load(t, nil, files...)
			for name, rule := range rules(known, graceOf(t, known)) {
				for _, complaint := range rule(p) {
					t.Errorf("%s: %s", name, complaint)
				}
			}
		})
	}
}

func TestTheRulesSee(t *testing.T) {
	known := settings(t)
	type change = func(s *types.ServiceConfig)
	text := func(s string) *string { return &s }
	period := types.Duration(graceOf(t, known) + settle - time.Second)
	cases := map[string]struct {
		service, rule, want string
		change              change
	}{
		"a misspelt variable":     {"lookup", "variables", "VTQ_LOKUP", func(s *types.ServiceConfig) { s.Environment["VTQ_LOKUP"] = text("1") }},
		"root":                    {"writer", "restricted", "runs as root", func(s *types.ServiceConfig) { s.User = "0:0" }},
		"no user":                 {"writer", "restricted", "runs as root", func(s *types.ServiceConfig) { s.User = "" }},
		"a root to write to":      {"nats", "restricted", "can write", func(s *types.ServiceConfig) { s.ReadOnly = false }},
		"a capability":            {"setup", "restricted", "capabilities", func(s *types.ServiceConfig) { s.CapAdd = []string{"NET_ADMIN"} }},
		"all capabilities":        {"setup", "restricted", "capabilities", func(s *types.ServiceConfig) { s.CapDrop = nil }},
		"privileges":              {"lookup", "restricted", "privileges", func(s *types.ServiceConfig) { s.SecurityOpt = nil }},
		"the host's network":      {"lookup", "restricted", "of the host", func(s *types.ServiceConfig) { s.NetworkMode = "host" }},
		"a port":                  {"nats", "restricted", "publishes", func(s *types.ServiceConfig) { s.Ports = []types.ServicePortConfig{{Target: 4222}} }},
		"no bound on processes":   {"lookup", "restricted", "processes", func(s *types.ServiceConfig) { s.PidsLimit = 0 }},
		"no bound on memory":      {"lookup", "restricted", "memory", func(s *types.ServiceConfig) { s.MemLimit = 0 }},
		"no bound on logs":        {"lookup", "restricted", "logs", func(s *types.ServiceConfig) { s.Logging = nil }},
		"the engine's socket":     {"lookup", "restricted", "docker.sock", func(s *types.ServiceConfig) { s.Volumes = bind("/var/run/docker.sock") }},
		"too little time to stop": {"writer", "deadlines", "killed", func(s *types.ServiceConfig) { s.StopGracePeriod = &period }},
		"no time to stop":         {"producer", "deadlines", "killed", func(s *types.ServiceConfig) { s.StopGracePeriod = nil }},
		"another image":           {"producer", "images", "vtq-lookup", func(s *types.ServiceConfig) { s.Image = "localhost/vtq/vtq-lookup:latest" }},
		"another program":         {"producer", "images", "another program", func(s *types.ServiceConfig) { s.Build.Args["PROGRAM"] = text("vtq") }},
		"any version of NATS":     {"nats", "images", "version of NATS", func(s *types.ServiceConfig) { s.Image = "nats:alpine" }},
		"another's key": {"lookup", "secrets", "another role", func(s *types.ServiceConfig) {
			s.Secrets = append(s.Secrets, types.ServiceSecretConfig{Source: "admin.nk"})
		}},
		"a file that is not there": {"lookup", "secrets", "not mounted", func(s *types.ServiceConfig) { s.Environment["NATS_NKEY"] = text("/run/secrets/admin.nk") }},
		"another's password":       {"writer", "secrets", "VT_API_KEY", func(s *types.ServiceConfig) { delete(s.Environment, "VT_API_KEY") }},
		"no order":                 {"lookup", "order", "does not wait", func(s *types.ServiceConfig) { s.DependsOn = nil }},
		"no healthcheck":           {"nats", "order", "healthcheck", func(s *types.ServiceConfig) { s.HealthCheck = nil }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := load(t, nil, base)
			s := p.Services[c.service]
			c.change(&s)
			p.Services[c.service] = s
			got := rules(known, graceOf(t, known))[c.rule](p)
			if len(got) != 1 || !strings.HasPrefix(got[0], c.service+": ") || !strings.Contains(got[0], c.want) {
				t.Errorf("complaints of rule %s: %q, want one of %s with %q", c.rule, got, c.service, c.want)
			}
		})
	}
}

func bind(path string) []types.ServiceVolumeConfig {
	return []types.ServiceVolumeConfig{{Type: types.VolumeTypeBind, Source: path, Target: path, Bind: &types.ServiceVolumeBind{}}}
}

// The head of the file tells what can be set; nothing else is asked for, and a shell's variables do not get in by chance.
func TestWhatIsSetOutside(t *testing.T) {
	want := []string{"IMAGE_REGISTRY", "IMAGE_TAG", "RUN_AS", "STOP_GRACE"}
	found := map[string]bool{}
	for _, file := range []string{base, simulators} {
		text, err := os.ReadFile(filepath.Join(home, file))
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string]any
		if err := yaml.Unmarshal(text, &raw); err != nil {
			t.Fatal(err)
		}
		for name, v := range template.ExtractVariables(raw, template.DefaultPattern) {
			found[name] = true
			if v.DefaultValue == "" {
				t.Errorf("%s: %s has no default", file, name)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("variables %q, want %q", got, want)
	}

	p := load(t, map[string]string{"IMAGE_REGISTRY": "registry.example.com/security/vtq", "IMAGE_TAG": "v1.2.3", "RUN_AS": "1000:1000", "STOP_GRACE": "95s"}, base)
	s := p.Services["lookup"]
	if s.Image != "registry.example.com/security/vtq/vtq-lookup:v1.2.3" || s.User != "1000:1000" || time.Duration(*s.StopGracePeriod) != 95*time.Second {
		t.Errorf("image %s, user %s, stop after %s, want what was set", s.Image, s.User, *s.StopGracePeriod)
	}
}

// A simulated ThreatQ speaks http://, which vtq takes from loopback only.
func TestTheStagesShareLoopbackWithTheSimulators(t *testing.T) {
	p := load(t, nil, base, simulators)
	for _, name := range stages() {
		s := p.Services[name]
		if s.NetworkMode != "service:simulators" || len(s.Networks) > 0 || len(s.EnvFiles) > 0 {
			t.Errorf("%s: network %q, networks %v, settings of %v, want the simulators' network alone, and no real settings", name, s.NetworkMode, s.Networks, s.EnvFiles)
		}
	}
}
