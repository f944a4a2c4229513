package proof

import (
	"context"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// How a binary was built is told by the go command alone: no image could be made of a wrong one without a build.
func TestSettings(t *testing.T) {
	const revision = "0123456789abcdef"
	good := map[string]string{"CGO_ENABLED": "0", "-trimpath": "true", "vcs.revision": revision, "vcs.modified": "false"}
	build := func(key, value string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		for k, v := range good {
			if k == key {
				v = value
			}
			info.Settings = append(info.Settings, debug.BuildSetting{Key: k, Value: v})
		}
		return info
	}
	if err := settings(build("", ""), revision); err != nil {
		t.Errorf("settings() of a good build = %v", err)
	}
	for key, value := range map[string]string{"CGO_ENABLED": "1", "-trimpath": "", "vcs.revision": "", "vcs.modified": "true"} {
		if err := settings(build(key, value), revision); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("settings() with %s=%q = %v, want a complaint", key, value, err)
		}
	}
}

func TestRun(t *testing.T) {
	here := v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}
	script := func(platform v1.Platform, line string) []Image {
		return []Image{{Program: "vtq", Platform: platform, Binary: []byte("#!/bin/sh\n" + line + "\n")}}
	}
	cases := map[string]struct {
		images     []Image
		said, want string
	}{
		"its version":      {script(here, "echo vtq v0.0.0-20260102030405-0123456789ab"), "vtq v0.0.0-20260102030405-0123456789ab\n", ""},
		"another version":  {script(here, "echo vtq dev"), "vtq dev\n", "does not name revision"},
		"a failure":        {script(here, "echo no; exit 3"), "", "exit status 3"},
		"not to be run":    {[]Image{{Program: "vtq", Platform: here, Binary: []byte("\x7fELF")}}, "", "starting the binary"},
		"another machine":  {script(v1.Platform{OS: "linux", Architecture: "riscv64"}, "exit 1"), "", ""},
		"no binary at all": {[]Image{{Program: "vtq", Platform: here}}, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			said, err := Run(context.Background(), c.images, "0123456789ab")
			if said != c.said || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Run() = %q, %v, want %q and an error with %q", said, err, c.said, c.want)
			}
		})
	}
}
