package rehearsal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/scripts/deploycheck/rehearsal"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/testkit/trespass"
)

// Lines as nats-server v2.15 and our services write them.
const (
	publish   = `[7] 2026/01/02 03:04:05.587714 [ERR] 127.0.0.1:57798 - cid:69 - "v1.55.0:go:vtq setup" - "VTQ/nkey:UAVN6A" - Publish Violation - Subject "$JS.API.STREAM.UPDATE.VTQ_JOBS"`
	subscribe = `[7] 2026/01/02 03:04:05.587680 [ERR] 127.0.0.1:57798 - cid:69 - "v1.55.0:go:vtq setup" - "VTQ/nkey:UAVN6A" - Subscription Violation - Subject "_INBOX_setup.Ai.*", SID 1`
	client    = `{"level":"error","service":"writer","error":"nats: permissions violation for publish to \"vtq.job.x\"","message":"NATS reports an error"}`
	quiet     = `[7] 2026/01/02 03:04:05.587680 [INF] Server is ready`
)

// write makes a folder of files.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestViolations(t *testing.T) {
	logs := write(t, map[string]string{
		"nats-0.log":   strings.Join([]string{quiet, publish, subscribe, ""}, "\n"),
		"writer-0.log": client + "\n", "lookup-0.log": "{}\n", "other.txt": publish,
	})
	got, err := rehearsal.Violations(logs)
	want := []rehearsal.Violation{
		{File: "nats-0.log", Line: publish, User: "UAVN6A", Subject: "$JS.API.STREAM.UPDATE.VTQ_JOBS"},
		{File: "nats-0.log", Line: subscribe, User: "UAVN6A", Subject: "_INBOX_setup.Ai.*"},
		{File: "writer-0.log", Line: client},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Violations() = %v, (-want +got):\n%s", err, diff)
	}
}

func TestViolationsOfAnEndlessLine(t *testing.T) {
	logs := write(t, map[string]string{"nats-0.log": strings.Repeat("x", 1<<20)})
	if _, err := rehearsal.Violations(logs); err == nil || !strings.Contains(err.Error(), "nats-0.log") {
		t.Errorf("Violations() = %v, want the file that cannot be read", err)
	}
}

func TestUsers(t *testing.T) {
	dir := write(t, map[string]string{"keys.conf": "# Keys.\nVTQ_ADMIN: UA\nVTQ_WRITER: UB\n"})
	got, err := rehearsal.Users(filepath.Join(dir, "keys.conf"))
	if diff := cmp.Diff(map[string]string{"admin": "UA", "writer": "UB"}, got); diff != "" || err != nil {
		t.Errorf("Users() = %v, (-want +got):\n%s", err, diff)
	}
}

// TestTold wants the very subject, of the very user.
func TestTold(t *testing.T) {
	all := []trespass.Trespass{
		{Role: grant.Writer, Name: "forging", Publish: "vtq.verdict"},
		{Role: grant.Writer, Name: "listening", Subscribe: "vtq.>"},
		{Role: grant.Writer, Name: "wiping", Publish: "vtq.written.1", Rollup: true}, // Of which no log tells.
	}
	users := map[string]string{"writer": "UW", "lookup": "UL"}
	forged, heard := rehearsal.Violation{User: "UW", Subject: "vtq.verdict"}, rehearsal.Violation{User: "UW", Subject: "vtq.>"}
	cases := map[string]struct {
		told []rehearsal.Violation
		want string
	}{
		"both":        {[]rehearsal.Violation{forged, heard}, ""},
		"one":         {[]rehearsal.Violation{forged}, "listening"},
		"of another":  {[]rehearsal.Violation{{User: "UL", Subject: "vtq.verdict"}, heard}, "forging"},
		"by a client": {[]rehearsal.Violation{{Line: "vtq.verdict"}, heard}, "forging"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := rehearsal.Told(all, users, c.told)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Told() = %v, want %q", err, c.want)
			}
		})
	}
}
