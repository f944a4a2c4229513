package systemd_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vtq.internal/scripts/deploycheck/checkout"
)

// settle is what a process has to end in after its grace, of which package config says where it goes.
const settle = 20 * time.Second

// hardening is what every unit says to keep its program from everything but the network.
func hardening() map[string][]string {
	out := map[string][]string{
		"CapabilityBoundingSet":   {""},
		"AmbientCapabilities":     {""},
		"ProtectSystem":           {"strict"},
		"ProtectProc":             {"invisible"},
		"ProcSubset":              {"pid"},
		"DevicePolicy":            {"closed"},
		"KeyringMode":             {"private"},
		"UMask":                   {"0077"},
		"RestrictAddressFamilies": {"AF_INET AF_INET6"},
		"SystemCallArchitectures": {"native"},
		"SystemCallFilter":        {"@system-service", "~@privileged @resources"},
	}
	for _, key := range []string{
		"DynamicUser", "NoNewPrivileges", "ProtectHome", "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs",
		"ProtectKernelModules", "ProtectKernelTunables", "PrivateDevices", "PrivateTmp", "PrivateUsers", "PrivateMounts", "LockPersonality",
		"MemoryDenyWriteExecute", "RemoveIPC", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
	} {
		out[key] = []string{"yes"}
	}
	return out
}

// broken complains of one unit.
func broken(name string, u unit, known map[string]string, grace time.Duration) []string {
	var out []string
	complain := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, key := range slices.Sorted(maps.Keys(hardening())) {
		if want := hardening()[key]; !slices.Equal(u["Service."+key], want) {
			complain("%s is %q, want %q", key, u["Service."+key], want)
		}
	}
	for variable := range u.environment("1", "/credentials", "/state") {
		if _, ok := known[variable]; !ok {
			complain("sets %s, which .env.example does not name", variable)
		}
	}
	if u.one("Service.Restart") != "on-failure" || u.one("Service.RestartPreventExitStatus") != "2" {
		complain("is started again for ever with a wrong configuration, or not after a failure")
	}
	if u.one("Service.EnvironmentFile") != "/etc/vtq/vtq.env" {
		complain("reads its settings from %q", u.one("Service.EnvironmentFile"))
	}
	for _, variable := range u["Service.Environment"] {
		if name, value, _ := strings.Cut(variable, "="); strings.Contains(value, "%d/") && !u.loads(value[strings.Index(value, "%d/")+3:]) {
			complain("%s names a credential that is not loaded", name)
		}
	}
	if u.one("Service.Type") == "oneshot" {
		return out
	}
	if stop, err := time.ParseDuration(u.one("Service.TimeoutStopSec")); err != nil || stop < grace+settle {
		complain("is killed %q after it is told to stop, and works on for up to %s", u.one("Service.TimeoutStopSec"), grace)
	}
	if u.one("Unit.StartLimitIntervalSec") != "0" {
		complain("is given up after some failures")
	}
	if address := u.environment("1", "", "")["VTQ_ADMIN_ADDRESS"]; !strings.HasPrefix(address, "127.0.0.1:") {
		complain("serves metrics at %q, and not on loopback", address)
	}
	if strings.Contains(name, "@") && u.environment("1", "", "")["VTQ_ADMIN_ADDRESS"] == u.environment("2", "", "")["VTQ_ADMIN_ADDRESS"] {
		complain("has one address for all instances")
	}
	return out
}

// loads says whether a credential is loaded under a name.
func (u unit) loads(name string) bool {
	return slices.ContainsFunc(u["Service.LoadCredential"], func(value string) bool { return strings.HasPrefix(value, name+":/etc/vtq/") })
}

// settings returns the variables of .env.example with their defaults.
func settings(t *testing.T) map[string]string {
	t.Helper()
	out, err := checkout.Settings(root)
	if err != nil {
		t.Fatal(err)
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

func TestTheUnitsKeepTheRules(t *testing.T) {
	known := settings(t)
	addresses := map[string]string{}
	for name, text := range units(t) {
		u := parse(text)
		for _, complaint := range broken(name, u, known, graceOf(t, known)) {
			t.Errorf("%s: %s", name, complaint)
		}
		// All of them may run on one machine.
		if address := u.environment("1", "", "")["VTQ_ADMIN_ADDRESS"]; address != "" {
			if other := addresses[address]; other != "" {
				t.Errorf("%s and %s both listen on %s", name, other, address)
			}
			addresses[address] = name
		}
	}
}

func TestTheRulesSee(t *testing.T) {
	known := settings(t)
	cases := map[string]struct{ unit, old, new, want string }{
		"a capability":            {"vtq.service", "CapabilityBoundingSet=\n", "CapabilityBoundingSet=CAP_NET_ADMIN\n", "CapabilityBoundingSet is"},
		"no hardening":            {"vtq-writer.service", "NoNewPrivileges=yes\n", "", "NoNewPrivileges is"},
		"hardening undone below":  {"vtq-writer.service", "ProtectHome=yes\n", "ProtectHome=yes\nProtectHome=no\n", "ProtectHome is"},
		"a misspelt variable":     {"vtq.service", "VTQ_DATA_DIR=", "VTQ_DATADIR=", "sets VTQ_DATADIR"},
		"restarts for ever":       {"vtq-producer.service", "RestartPreventExitStatus=2\n", "", "wrong configuration"},
		"no restart":              {"vtq-setup.service", "Restart=on-failure\n", "", "not after a failure"},
		"other settings":          {"vtq-lookup@.service", "/etc/vtq/vtq.env", "/etc/default/vtq", "reads its settings"},
		"a credential not loaded": {"vtq-lookup@.service", "LoadCredential=vt_api_key", "LoadCredential=key", "VT_API_KEY_FILE names"},
		"killed too early":        {"vtq-lookup@.service", "TimeoutStopSec=45s", "TimeoutStopSec=44s", "is killed"},
		"given up":                {"vtq.service", "StartLimitIntervalSec=0\n", "", "given up"},
		"metrics for everybody":   {"vtq.service", "=127.0.0.1:8080", "=:8080", "not on loopback"},
		"one address for all":     {"vtq-lookup@.service", "127.0.0.%i", "127.0.0.1", "for all instances"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := units(t)[c.unit]
			if !strings.Contains(text, c.old) {
				t.Fatalf("%s has no %q", c.unit, c.old)
			}
			got := broken(c.unit, parse(strings.ReplaceAll(text, c.old, c.new)), known, graceOf(t, known))
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("complaints %q, want one with %q", got, c.want)
			}
		})
	}
}
