package systemd_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/checkout"
)

// The settings that a unit leaves to a service, with vtq.env made of .env.example as the README says, are ones that its program
// takes: secrets come by file although vtq.env names their variables, empty.
func TestTheProgramsTakeTheirSettings(t *testing.T) {
	bin := build(t)
	credentials := t.TempDir()
	for _, name := range []string{"threatq_client_secret", "vt_api_key", "nkey", "ca.pem"} {
		if err := os.WriteFile(filepath.Join(credentials, name), []byte("something"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range units(t) {
		u := parse(text)
		command := strings.Fields(u.one("Service.ExecStart"))
		if len(command) > 1 {
			continue // The operator's command has no flag that only checks.
		}
		t.Run(name, func(t *testing.T) {
			env := maps.Clone(u.environment("1", credentials, t.TempDir()))
			for name, value := range uncommented(t) { // A unit's EnvironmentFile wins over its Environment.
				if value != "" || env[name] == "" {
					env[name] = value
				}
			}
			env["THREATQ_URL"], env["THREATQ_CLIENT_ID"], env["NATS_URL"] = "https://threatq.example.com", "client", "tls://nats.example.com:4222"
			if out, err := check(bin, filepath.Base(command[0]), env); err != nil {
				t.Errorf("%s -check-config: %v\n%s", command[0], err, out)
			}
			delete(env, "NATS_NKEY")
			for key := range env {
				if strings.HasSuffix(key, "_FILE") {
					env[key] = filepath.Join(credentials, "missing")
				}
			}
			if out, err := check(bin, filepath.Base(command[0]), env); err == nil {
				t.Errorf("%s -check-config with a secret missing: %s, want a complaint", command[0], out)
			}
		})
	}
}

// uncommented returns what .env.example sets as it lies there.
func uncommented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			out[name] = value
		}
	}
	return out
}

// check has a program read its settings.
func check(bin, program string, env map[string]string) (string, error) {
	cmd := exec.Command(filepath.Join(bin, program), "-check-config")
	cmd.Env = []string{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// build makes the programs of the workspace that this module stands beside.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	err := checkout.Build(t.Context(), root, bin, checkout.Program("vtq-producer"), checkout.Program("vtq-lookup"), checkout.Program("vtq-writer"))
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
