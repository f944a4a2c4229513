package proof

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"runtime/debug"
)

// static complains of a binary that needs anything beside itself, or another machine.
func static(raw []byte, architecture string) error {
	file, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("reading the binary: %w", err)
	}
	// What is read from memory needs no closing.
	var problems []error
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[architecture]; file.Machine != want {
		problems = append(problems, fmt.Errorf("the binary is for %s, and should be for %s", file.Machine, want))
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			problems = append(problems, fmt.Errorf("the binary has %s: it is linked dynamically, and there is nothing to link it with; build with CGO_ENABLED=0", part.Type))
		}
	}
	return errors.Join(problems...)
}

// stamped complains of a binary that was not built of the commit, or not as it should be.
func stamped(raw []byte, revision string) error {
	info, err := buildinfo.Read(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("reading how the binary was built: %w", err)
	}
	return settings(info, revision)
}

// settings complains of each setting of a build that is not as it should be.
func settings(info *debug.BuildInfo, revision string) error {
	have := map[string]string{}
	for _, s := range info.Settings {
		have[s.Key] = s.Value
	}
	var problems []error
	for _, should := range []struct{ key, value, reason string }{
		{"CGO_ENABLED", "0", "what links C needs a C library beside it"},
		{"-trimpath", "true", "paths of the building machine make each build another"},
		{"vcs.revision", revision, "the version it says is read from there"},
		{"vcs.modified", "false", "nobody can look up what was changed"},
	} {
		if have[should.key] != should.value {
			problems = append(problems, fmt.Errorf("the binary was built with %s=%q, and should be with %q: %s", should.key, have[should.key], should.value, should.reason))
		}
	}
	return errors.Join(problems...)
}
