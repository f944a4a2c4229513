package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// maxExposure is what systemd-analyze security gives to a service that needs the network and nothing else: what remains is that it has
// the network, and the root of the file system to read.
const maxExposure = 2.0

// analyze has systemd read a unit, and gives what it says.
func analyze(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not here to read the units")
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatalf("systemd-analyze %q: %v", args, err)
	}
	return string(out)
}

// installed puts a unit into a directory of its own, an instance under its name, with a program that is there.
func installed(t *testing.T, name, text string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^ExecStart=\S+`).ReplaceAllString(text, "ExecStart="+program)
	at := filepath.Join(t.TempDir(), strings.Replace(name, "@.", "@1.", 1))
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSystemdUnderstandsTheUnits(t *testing.T) {
	for name, text := range units(t) {
		t.Run(name, func(t *testing.T) {
			if said := analyze(t, "verify", "--man=no", installed(t, name, text)); strings.TrimSpace(said) != "" {
				t.Errorf("systemd-analyze verify: %s", said)
			}
		})
	}
	t.Run("it would tell", func(t *testing.T) {
		text := strings.ReplaceAll(units(t)["vtq.service"], "ProtectHome=yes", "ProtectHomes=yes")
		if said := analyze(t, "verify", "--man=no", installed(t, "vtq.service", text)); !strings.Contains(said, "ProtectHomes") {
			t.Errorf("systemd-analyze verify says %q of a misspelt key", said)
		}
	})
}

func TestTheUnitsExposeLittle(t *testing.T) {
	exposure := func(t *testing.T, at string) float64 {
		said := analyze(t, "security", "--offline=true", "--no-pager", at)
		found := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(said)
		if found == nil {
			t.Fatalf("systemd-analyze security tells no level: %s", said)
		}
		level, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return level
	}
	for name, text := range units(t) {
		t.Run(name, func(t *testing.T) {
			if got := exposure(t, installed(t, name, text)); got >= maxExposure {
				t.Errorf("exposure %.1f, want less than %.1f", got, maxExposure)
			}
		})
	}
	t.Run("it would tell", func(t *testing.T) {
		text := regexp.MustCompile(`(?m)^(SystemCallFilter|CapabilityBoundingSet|DynamicUser)=.*\n`).ReplaceAllString(units(t)["vtq.service"], "")
		if got := exposure(t, installed(t, "vtq.service", text)); got < maxExposure {
			t.Errorf("exposure %.1f without a filter of system calls, want %.1f or more", got, maxExposure)
		}
	})
}
