package dial

import (
	"runtime/debug"
	"time"
)

// shortRevision is how many hex digits of a revision a pseudo-version of the go command has.
const shortRevision = 12

// Product names the program and its version to other services: "vtq/v1.2.3", "vtq/v0.0.0-20060102150405-abcdef012345" with the time
// and the revision of the commit that it was built of, "+dirty" where files had changed since; or "vtq/dev" for a build that knows
// neither.
func Product() string { return "vtq/" + Version() }

// Version is that of the build that runs.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return VersionOf(info)
}

// VersionOf is what a build knows of its version. The go command works one out only where go.mod lies at the top of the repository,
// which it does not in a workspace; what it stamps of the commit it does everywhere, and the form is the one that it would have used.
// Nil, of a program without any of it, is dev.
func VersionOf(info *debug.BuildInfo) string {
	if info == nil {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	var revision, dirty string
	var at time.Time
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.time":
			at, _ = time.Parse(time.RFC3339, s.Value) // Without one there is no version: below.
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+dirty"
			}
		}
	}
	if len(revision) < shortRevision || at.IsZero() {
		return "dev"
	}
	return "v0.0.0-" + at.UTC().Format("20060102150405") + "-" + revision[:shortRevision] + dirty
}
