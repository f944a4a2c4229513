package compose_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// settle is what a process has to end in after its grace, of which package config says where it goes.
const settle = 20 * time.Second

// stages are the services that have work in hand.
func stages() []string { return []string{"producer", "lookup", "writer"} }

// A rule complains of services that break it.
type rule func(p *types.Project) []string

// rules are all of them, by name.
func rules(known map[string]string, grace time.Duration) map[string]rule {
	return map[string]rule{
		"variables": func(p *types.Project) []string { return each(p, unknown(known)) },
		"restricted": func(p *types.Project) []string {
			return each(p, restricted)
		},
		"deadlines": func(p *types.Project) []string { return each(p, hurried(grace)) },
		"images":    func(p *types.Project) []string { return each(p, misnamed) },
		"secrets":   func(p *types.Project) []string { return each(p, overtrusted) },
		"order":     disordered,
	}
}

// each asks about every service, and says which a complaint is about.
func each(p *types.Project, ask func(types.ServiceConfig) []string) []string {
	var out []string
	for _, s := range services(p) {
		for _, complaint := range ask(s) {
			out = append(out, s.Name+": "+complaint)
		}
	}
	return out
}

// unknown complains of settings that no program of ours has.
func unknown(known map[string]string) func(types.ServiceConfig) []string {
	return func(s types.ServiceConfig) []string {
		var out []string
		for name := range s.Environment {
			if _, ok := known[name]; !ok {
				out = append(out, "sets "+name+", which .env.example does not name")
			}
		}
		return out
	}
}

// restricted complains of whatever a container has that ours do without.
func restricted(s types.ServiceConfig) []string {
	var out []string
	broken := map[string]bool{
		"runs as root, or as nobody in particular": s.User == "" || strings.HasPrefix(s.User, "0") || strings.HasPrefix(s.User, "root"),
		"can write to its root":                    !s.ReadOnly,
		"keeps capabilities":                       !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0,
		"can gain privileges":                      !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) || s.Privileged,
		"shares something of the host":             s.NetworkMode == "host" || s.Pid != "" || s.Ipc != "" || s.UserNSMode != "" || len(s.Devices) > 0,
		"publishes ports":                          len(s.Ports) > 0,
		"may start processes without end":          s.PidsLimit == 0,
		"may use all memory":                       s.MemLimit == 0,
		"may fill the disk with logs":              s.Logging == nil || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "",
	}
	for complaint, is := range broken {
		if is {
			out = append(out, complaint)
		}
	}
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeBind || s.Name != "nats" || v.Bind == nil || bool(v.Bind.CreateHostPath) {
			out = append(out, "mounts "+v.Target+": only nats keeps anything, in a directory that was made for it")
		}
	}
	return out
}

// hurried complains of services that are killed while they are still allowed to work.
func hurried(grace time.Duration) func(types.ServiceConfig) []string {
	return func(s types.ServiceConfig) []string {
		if !slices.Contains(stages(), s.Name) {
			return nil
		}
		if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) < grace+settle {
			return []string{fmt.Sprintf("is killed %v after it is told to stop, and works on for up to %s", s.StopGracePeriod, grace)}
		}
		return nil
	}
}

// misnamed complains of images that are called otherwise than those that make images builds, and of builds of another program.
func misnamed(s types.ServiceConfig) []string {
	want := map[string]string{"setup": "vtq", "simulators": "vtq", "producer": "vtq-producer", "lookup": "vtq-lookup", "writer": "vtq-writer"}[s.Name]
	if want == "" {
		if name, _, _ := strings.Cut(s.Image, ":"); name != "nats" || !strings.Contains(s.Image, ":2.") {
			return []string{"is image " + s.Image + ", and neither ours nor a version of NATS"}
		}
		return nil
	}
	name, _, _ := strings.Cut(path.Base(s.Image), ":")
	if name != want || s.Build == nil || s.Build.Args["PROGRAM"] == nil || *s.Build.Args["PROGRAM"] != want {
		return []string{"is image " + s.Image + ", or built from another program than " + want}
	}
	return nil
}

// overtrusted complains of services that hold another key than their own, or name a file that is not mounted.
func overtrusted(s types.ServiceConfig) []string {
	var out []string
	role := map[string]string{"setup": "admin"}[s.Name]
	if role == "" {
		role = s.Name
	}
	mounted := map[string]bool{}
	for _, secret := range s.Secrets {
		mounted["/run/secrets/"+secret.Source] = true
		if strings.HasSuffix(secret.Source, ".nk") && secret.Source != role+".nk" {
			out = append(out, "holds "+secret.Source+", the key of another role")
		}
	}
	for name, value := range s.Environment {
		if value != nil && strings.HasPrefix(*value, "/run/secrets/") && !mounted[*value] {
			out = append(out, name+" names "+*value+", which is not mounted")
		}
	}
	for _, never := range map[string][]string{
		"producer": {"VT_API_KEY"}, "lookup": {"THREATQ_CLIENT_SECRET", "THREATQ_PASSWORD"}, "writer": {"VT_API_KEY", "RL_API_KEY", "RL_PASSWORD"},
	}[s.Name] {
		// An empty value wins over the one in .env. The simulators' are no secrets.
		if value := s.Environment[never]; s.NetworkMode == "" && (value == nil || *value != "") {
			out = append(out, "is given "+never+", which is none of its business")
		}
	}
	return out
}

// disordered complains of stages that begin before their streams are there.
func disordered(p *types.Project) []string {
	var out []string
	for _, name := range stages() {
		on := p.Services[name].DependsOn
		if on["setup"].Condition != types.ServiceConditionCompletedSuccessfully || on["nats"].Condition != types.ServiceConditionHealthy {
			out = append(out, name+": does not wait for nats and setup")
		}
	}
	if check := p.Services["nats"].HealthCheck; check == nil || len(check.Test) < 2 || check.Test[0] != "CMD" {
		out = append(out, "nats: nobody can wait for it without a healthcheck")
	}
	return out
}

// graceOf is the default of VTQ_SHUTDOWN_GRACE.
func graceOf(t *testing.T, known map[string]string) time.Duration {
	t.Helper()
	grace, err := time.ParseDuration(known["VTQ_SHUTDOWN_GRACE"])
	if err != nil {
		t.Fatalf("VTQ_SHUTDOWN_GRACE in .env.example: %v", err)
	}
	return grace
}
