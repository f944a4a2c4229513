package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/config"
	"vtq.internal/shared/daemon"
)

var errDisk = errors.New("the disk is full")

// settings is what a small service reads.
type settings struct {
	Log      config.Log
	Shutdown config.Shutdown
	Verdicts config.Verdicts
}

// A run is what a program left behind.
type run struct {
	code           int
	stdout, stderr string
	ran            bool // Whether the service itself was run.
}

// start runs a service with arguments and an environment.
func start(t *testing.T, args, env []string, service func(context.Context, zerolog.Logger, *admin.Board) error) run {
	t.Helper()
	var s settings
	var stdout, stderr bytes.Buffer
	var r run
	process := daemon.Process{
		Args: args, Env: env, Stdout: &stdout, Stderr: &stderr,
		Exit: func(code int) { t.Errorf("the process was ended with %d", code) },
	}
	r.code = daemon.Main(process, daemon.Service{
		Name: "vtq-test", Log: &s.Log, Settings: []any{&s},
		RunFunc: func(ctx context.Context, log zerolog.Logger, board *admin.Board) error {
			r.ran = true
			return service(ctx, log, board)
		},
	})
	r.stdout, r.stderr = stdout.String(), stderr.String()
	return r
}

func fine(context.Context, zerolog.Logger, *admin.Board) error { return nil }

// TestMainWithoutRunning holds everything that only looks to that, with its exit code and its words.
func TestMainWithoutRunning(t *testing.T) {
	wrong := []string{"VTQ_SHUTDOWN_GRACE=1h", "LOG_LEVEL=loud"}
	complaints := []string{"vtq-test: the configuration is invalid:\n", "VTQ_SHUTDOWN_GRACE: wants", "LOG_LEVEL: wants"}
	cases := map[string]struct {
		args, env []string
		code      int
		stdout    string
		stderr    []string // Parts of it.
	}{
		"version":             {[]string{"-version"}, wrong, daemon.Done, "vtq-test vtq/dev\n", nil},
		"check":               {[]string{"-check-config"}, nil, daemon.Done, "vtq-test: the configuration is fine\n", nil},
		"check, wrong":        {[]string{"-check-config"}, wrong, daemon.Misused, "", complaints},
		"check, misspelt":     {[]string{"-check-config"}, []string{"VTQ_SHUTDWN_GRACE=1s"}, daemon.Done, "vtq-test: the configuration is fine\n", []string{"vtq-test: warning: VTQ_SHUTDWN_GRACE: no such variable; did you mean VTQ_SHUTDOWN_GRACE?\n"}},
		"wrong configuration": {nil, wrong, daemon.Misused, "", complaints},
		"help":                {[]string{"-help"}, nil, daemon.Done, "", []string{"Usage of vtq-test", "-check-config"}},
		"no such flag":        {[]string{"-verbose"}, nil, daemon.Misused, "", []string{"flag provided but not defined: -verbose"}},
		"flag without sense":  {[]string{"-version=maybe"}, nil, daemon.Misused, "", []string{"maybe"}},
		"an argument":         {[]string{"up"}, nil, daemon.Misused, "", []string{`vtq-test: "up": it takes no arguments`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := start(t, c.args, c.env, fine)
			if got.code != c.code || got.stdout != c.stdout || got.ran {
				t.Errorf("Main(%q) = %d, says %q, runs: %v; want %d and %q", c.args, got.code, got.stdout, got.ran, c.code, c.stdout)
			}
			for _, want := range c.stderr {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("Main(%q) complains %q, which lacks %q", c.args, got.stderr, want)
				}
			}
			if c.stderr == nil && got.stderr != "" {
				t.Errorf("Main(%q) complains %q", c.args, got.stderr)
			}
		})
	}
}

// lines reads a log.
func lines(t *testing.T, log string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for text := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q is no line of a log: %v", text, err)
		}
		all = append(all, line)
	}
	return all
}

// story tells a log in levels and messages.
func story(t *testing.T, log string) string {
	t.Helper()
	var words []string
	for _, line := range lines(t, log) {
		if line["service"] != "vtq-test" {
			t.Errorf("the line %v does not name its service", line)
		}
		words = append(words, fmt.Sprintf("%v %v", line["level"], line["message"]))
	}
	return strings.Join(words, ", ")
}

// terminated waits for a SIGTERM that it sends itself, and returns what f makes of its cause.
func terminated(f func(cause error) error) func(context.Context, zerolog.Logger, *admin.Board) error {
	return func(ctx context.Context, _ zerolog.Logger, _ *admin.Board) error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-ctx.Done()
		return f(context.Cause(ctx))
	}
}

// TestMainRuns holds the end of a service to its exit code and its log.
func TestMainRuns(t *testing.T) {
	const stopped, ended = "info started, info stopped", "info started, error ended"
	cases := map[string]struct {
		service func(context.Context, zerolog.Logger, *admin.Board) error
		code    int
		story   string
		err     string
	}{
		"ends by itself":       {fine, daemon.Done, stopped, ""},
		"fails":                {func(context.Context, zerolog.Logger, *admin.Board) error { return errDisk }, daemon.Failed, ended, "the disk is full"},
		"terminated":           {terminated(func(error) error { return nil }), daemon.Done, stopped, ""},
		"hands the cause on":   {terminated(func(cause error) error { return fmt.Errorf("taking: %w", cause) }), daemon.Done, stopped, ""},
		"hands canceled on":    {terminated(func(error) error { return fmt.Errorf("opening: %w", context.Canceled) }), daemon.Done, stopped, ""},
		"fails on the way":     {terminated(func(error) error { return errDisk }), daemon.Failed, ended, "the disk is full"},
		"fails and hands on":   {terminated(func(cause error) error { return errors.Join(cause, errDisk) }), daemon.Failed, ended, "the disk is full"},
		"canceled by nobody":   {func(context.Context, zerolog.Logger, *admin.Board) error { return context.Canceled }, daemon.Failed, ended, "context canceled"},
		"panics with an error": {func(context.Context, zerolog.Logger, *admin.Board) error { panic(errDisk) }, daemon.Failed, ended, "panic: the disk is full"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := start(t, nil, nil, c.service)
			if got.code != c.code || story(t, got.stderr) != c.story || got.stdout != "" {
				t.Errorf("Main() = %d with %q, want %d with %q", got.code, story(t, got.stderr), c.code, c.story)
			}
			log := lines(t, got.stderr)
			if said, _ := log[len(log)-1]["error"].(string); (said != "") != (c.err != "") || !strings.Contains(said, c.err) {
				t.Errorf("the log says %q, want %q", said, c.err)
			}
		})
	}
}

func explode(context.Context, zerolog.Logger, *admin.Board) error { panic("bad map") }

// TestMainSaysAPanicOnce holds the stack to the log, and to one line of it.
func TestMainSaysAPanicOnce(t *testing.T) {
	got := start(t, nil, nil, explode)
	log := lines(t, got.stderr)
	stack, _ := log[len(log)-1]["stack"].(string)
	if got.code != daemon.Failed || !strings.Contains(stack, "explode") {
		t.Errorf("Main() = %d with the stack %q, want the culprit in it", got.code, stack)
	}
	if n := strings.Count(got.stderr, "[running]"); n != 1 {
		t.Errorf("the log has %d stacks, want one:\n%s", n, got.stderr)
	}
}

// TestMainWarns tells of variables that nobody reads, and goes on.
func TestMainWarns(t *testing.T) {
	got := start(t, nil, []string{"VTQ_SHUTDOWN_GARCE=1s", "VT_NONE=x", "LOG_LEVEL=warn"}, fine)
	want := "warn VTQ_SHUTDOWN_GARCE: no such variable; did you mean VTQ_SHUTDOWN_GRACE?, warn VT_NONE: no such variable"
	if said := story(t, got.stderr); got.code != daemon.Done || said != want {
		t.Errorf("Main() = %d with %q, want %d with %q", got.code, said, daemon.Done, want)
	}
}

// TestMainWarnsOfItsSettings says what the service holds against its settings, when they are checked and when it starts.
func TestMainWarnsOfItsSettings(t *testing.T) {
	for _, args := range [][]string{nil, {"-check-config"}} {
		var s settings
		var stderr bytes.Buffer
		code := daemon.Main(daemon.Process{Args: args, Env: []string{"VTQ_SHUTDOWN_GRACE=3s"}, Stdout: &stderr, Stderr: &stderr}, daemon.Service{
			Name: "vtq-test", Log: &s.Log, Settings: []any{&s}, RunFunc: fine,
			WarnFunc: func() []string { return []string{"a grace of " + s.Shutdown.Grace.String()} },
		})
		if code != daemon.Done || !strings.Contains(stderr.String(), "a grace of 3s") {
			t.Errorf("Main(%v) = %d with %q, want the warning", args, code, stderr.String())
		}
	}
}

// TestMainKnowsWhatOthersRead lets services share one environment.
func TestMainKnowsWhatOthersRead(t *testing.T) {
	env := []string{"VT_API_KEY=k", "THREATQ_URL=u", "VTQ_POLL=1m", "VTQ_LOOKUP_CONCURRENCY=1", "VTQ_SOURCE=us", "VTQ_MAX_TPL=GREEN"}
	got := start(t, []string{"-check-config"}, env, fine)
	want := "vtq-test: warning: VTQ_MAX_TPL: no such variable; did you mean VTQ_MAX_TLP?\n"
	if got.code != daemon.Done || got.stderr != want {
		t.Errorf("Main() = %d with %q, want %d with %q", got.code, got.stderr, daemon.Done, want)
	}
}

// TestMainReadsItsSettings hands the service what the environment says.
func TestMainReadsItsSettings(t *testing.T) {
	var s settings
	var stderr bytes.Buffer
	code := daemon.Main(daemon.Process{Env: []string{"VTQ_SHUTDOWN_GRACE=3s"}, Stdout: &stderr, Stderr: &stderr}, daemon.Service{
		Name: "vtq-test", Log: &s.Log, Settings: []any{&s},
		RunFunc: func(context.Context, zerolog.Logger, *admin.Board) error {
			if s.Shutdown.Grace.Seconds() != 3 {
				t.Errorf("the service sees a grace of %v, want 3s", s.Shutdown.Grace)
			}
			return nil
		},
	})
	if code != daemon.Done {
		t.Errorf("Main() = %d: %s", code, stderr.String())
	}
}
