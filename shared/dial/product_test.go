package dial_test

import (
	"regexp"
	"runtime/debug"
	"testing"

	"vtq.internal/shared/dial"
)

func TestProduct(t *testing.T) {
	if got := dial.Product(); !regexp.MustCompile(`^vtq/(dev|v\S+)$`).MatchString(got) {
		t.Errorf("Product() = %q, want vtq and a version", got)
	}
}

func TestVersion(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	built := func(version string, pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for i := 0; i < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	cases := map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"not built by go":       {nil, "dev"},
		"without a repository":  {built("(devel)"), "dev"},
		"with a version":        {built("v1.2.3", "vcs.revision", revision, "vcs.time", "2026-01-02T03:04:05Z"), "v1.2.3"},
		"of a commit":           {built("(devel)", "vcs.revision", revision, "vcs.time", "2026-01-02T03:04:05Z", "vcs.modified", "false"), "v0.0.0-20260102030405-0123456789ab"},
		"in another zone":       {built("", "vcs.revision", revision, "vcs.time", "2026-01-02T05:04:05+02:00"), "v0.0.0-20260102030405-0123456789ab"},
		"of a changed tree":     {built("(devel)", "vcs.time", "2026-01-02T03:04:05Z", "vcs.modified", "true", "vcs.revision", revision), "v0.0.0-20260102030405-0123456789ab+dirty"},
		"without a time":        {built("(devel)", "vcs.revision", revision), "dev"},
		"a time that is none":   {built("(devel)", "vcs.revision", revision, "vcs.time", "today"), "dev"},
		"a revision too short":  {built("(devel)", "vcs.revision", revision[:11], "vcs.time", "2026-01-02T03:04:05Z"), "dev"},
		"a revision just there": {built("(devel)", "vcs.revision", revision[:12], "vcs.time", "2026-01-02T03:04:05Z"), "v0.0.0-20260102030405-0123456789ab"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := dial.VersionOf(c.info); got != c.want {
				t.Errorf("Version() = %q, want %q", got, c.want)
			}
		})
	}
}
