package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// knownHash is of a file that VirusTotal knows and ThreatQ does not.
const knownHash = "9f2feb0f1ef425b292f2f94bbf8e29b7c1a4a2cbb0bdf6d5bbbcd6bba0e1f9c4"

// pipeline runs vtq up on simulators until it has enriched what is in ThreatQ, and gives the environment of both.
func pipeline(t *testing.T) (sim *simulation.Simulation, env []string) {
	t.Helper()
	sim = simulators(t, simulation.Options{}, simulation.Synthetic()[:1])
	report := dataset.Report(dataset.Recipe{Kind: indicator.File, Object: knownHash, Class: verdict.ClassMalicious})
	if err := sim.VirusTotal.AddReport(report); err != nil {
		t.Fatal(err)
	}
	env = append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir())
	start(t, env, "up")
	eventually(t, "an indicator that bears a verdict", func() bool { return enriched(sim) == 1 })
	return sim, env
}

func TestLookupAsksThePipelineOnce(t *testing.T) {
	sim, env := pipeline(t)
	before, writes := sim.VirusTotal.Lookups(), sim.ThreatQ.Writes()
	stdout, stderr, code := run(t, env, "lookup", knownHash, "never-heard-of[.]example[.]com", "abcdef0123456789abcdef", "10.1.2.3")
	if code != 1 || stderr != "vtq: 2 of 4 values have no answer\n" {
		t.Errorf("exit code %d, want 1 and a word about two values:\n%s", code, stderr)
	}
	for _, want := range [][]string{
		{knownHash, "Malicious", "/", "now", "provider"},
		{"never-heard-of[.]example[.]com", "Not Found", "now", "provider"},
		{"abcdef0123456789abcdef", " - ", "bad hash"},
		{"10[.]1[.]2[.]3", " - ", "private address"},
		{"  bad hash: looks like a hash of another kind: want"},
		{"  private address: an address in 10.0.0.0/8 "},
	} {
		if !hasLine(stdout, want...) {
			t.Errorf("no line has %q:\n%s", want, stdout)
		}
	}
	if got := sim.VirusTotal.Lookups() - before; got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
	stdout, stderr, code = run(t, env, "lookup", "--cached", "-o", "json", strings.ToUpper(knownHash), "never-heard-of.example.com")
	var report struct {
		OK      bool
		Answers []struct {
			Value, Kind, Object, Class, Severity, Detections, Link, Error string
			Counts                                                        map[string]int
			Engines                                                       []struct{ Name string }
			Asked                                                         time.Time
			Cached                                                        bool
		}
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 0 || !report.OK || len(report.Answers) != 2 {
		t.Fatalf("exit code %d, %v, want 0 and two answers:\n%s%s", code, err, stdout, stderr)
	}
	file, name := report.Answers[0], report.Answers[1]
	if file.Value != strings.ToUpper(knownHash) || file.Kind != "file" || file.Object != knownHash || !file.Cached || file.Severity != "High" ||
		file.Counts["malicious"] < 5 || len(file.Engines) < 5 || file.Asked.IsZero() || !strings.HasPrefix(file.Link, "https://") || file.Error != "" {
		t.Errorf("the entry of the file is %+v", file)
	}
	if name.Class != "Not Found" || !name.Cached || name.Detections != "" {
		t.Errorf("the entry of the name is %+v", name)
	}
	if stdout, stderr, code = run(t, env, "lookup", knownHash); code != 0 || stderr != "" || !hasLine(stdout, knownHash, "Malicious", "cache") {
		t.Errorf("asked again: exit code %d, want 0 and the cache:\n%s%s", code, stdout, stderr)
	}
	if got := sim.VirusTotal.Lookups() - before; got != 2 {
		t.Errorf("%d requests after asking again, want the 2 of before", got)
	}
	if got := sim.ThreatQ.Writes() - writes; got != 0 {
		t.Errorf("%d writes to ThreatQ, want none", got)
	}
}

// hasLine tells whether one line has all the parts, in their order.
func hasLine(text string, parts ...string) bool {
	for line := range strings.Lines(text) {
		found := true
		for _, part := range parts {
			var ok bool
			_, line, ok = strings.Cut(line, part)
			found = found && ok
		}
		if found {
			return true
		}
	}
	return false
}

// idle runs a server with all streams and no worker, and gives its directory.
func idle(t *testing.T) (dir string, js jetstream.JetStream) {
	t.Helper()
	dir, js = bare(t)
	topology, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, topology); err != nil {
		t.Fatal(err)
	}
	return dir, js
}

// bare is a server without streams.
func bare(t *testing.T) (dir string, js jetstream.JetStream) {
	t.Helper()
	dir = t.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return dir, js
}

func TestLookupSaysWhyNobodyAnswers(t *testing.T) {
	dir, js := idle(t)
	env := []string{"VTQ_DATA_DIR=" + dir}
	stdout, stderr, code := run(t, env, "lookup", "--timeout", "200ms", "quiet-harbor.com")
	if code != 1 || !hasLine(stdout, "quiet-harbor[.]com", " - ", "no answer") || !strings.Contains(stderr, "after 200ms: no lookup worker") {
		t.Errorf("without a worker: exit code %d, want 1 and the reason:\n%s%s", code, stdout, stderr)
	}
	bucket, err := js.KeyValue(t.Context(), stream.State)
	if err != nil {
		t.Fatal(err)
	}
	state, err := wire.EncodeState(wire.ProviderState{Outage: &wire.Outage{Fault: "denied", Cause: "the key is\x1b[2J refused", Since: time.Now()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(t.Context(), wire.Account{Provider: provider.VirusTotal, Name: "second"}.StateKey(), state); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code = run(t, env, "lookup", "--timeout", "200ms", "quiet-harbor.com")
	if code != 1 || !strings.Contains(stderr, "VirusTotal has not been answering since ") || !strings.HasSuffix(stderr, ": the key is[2J refused\n") {
		t.Errorf("while the provider is out: exit code %d, want 1 and the cause:\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = run(t, env, "lookup", "--cached", "quiet-harbor.com")
	if code != 1 || !hasLine(stdout, "quiet-harbor[.]com", " - ", "not known") || stderr != "vtq: 1 of 1 values have no answer\n" {
		t.Errorf("from the cache: exit code %d, want 1:\n%s%s", code, stdout, stderr)
	}
}

// TestLookupShowsWhatIsKnown has answers of several ages, one of which somebody has forged.
func TestLookupShowsWhatIsKnown(t *testing.T) {
	dir, js := idle(t)
	cases := map[string]struct {
		age       time.Duration
		malicious int
		shown     []string
	}{
		"now.quiet-harbor.com":     {30 * time.Second, 9, []string{"Malicious", "9/79", "now", "cache"}},
		"minutes.quiet-harbor.com": {5 * time.Minute, 1, []string{"Suspicious", "1/71", "5 min ago", "cache"}},
		"hours.quiet-harbor.com":   {47 * time.Hour, 0, []string{"Undetected", "0/70", "47 h ago", "cache"}},
		"days.quiet-harbor.com":    {49 * time.Hour, 0, []string{"Undetected", "0/70", "2 days ago", "cache"}},
	}
	args := []string{"lookup", "--cached"}
	for name, c := range cases {
		args = append(args, name)
		object := indicator.Object{Kind: indicator.Domain, Value: name}
		body, err := wire.EncodeVerdict(wire.Verdict{Object: object, Verdict: verdict.Verdict{
			Provider: provider.VirusTotal, Kind: object.Kind, Asked: time.Now().Add(-c.age).UTC(), Found: true,
			Counts:  verdict.Counts{verdict.Malicious: c.malicious, verdict.Undetected: 70},
			Engines: []verdict.Engine{{Name: "Eng\u009b2Jine", Category: verdict.Malicious, Result: "bad\u202eness"}},
			Facts:   verdict.Facts{ThreatLabel: "label\u009b2J", Link: "https://a.example/\u202e"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		at := wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key()}
		if _, err := js.Publish(t.Context(), at.Subject(), body); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"VTQ_DATA_DIR=" + dir}
	stdout, stderr, code := run(t, env, args...)
	for name, c := range cases {
		if code != 0 || !hasLine(stdout, append([]string{indicator.Defang(name)}, c.shown...)...) {
			t.Errorf("exit code %d, want 0 and a line with %q:\n%s%s", code, c.shown, stdout, stderr)
		}
	}
	stdout, _, code = run(t, env, append(args, "-o", "json")...)
	if code != 0 || strings.ContainsAny(stdout, "\u009b\u202e") || !strings.Contains(stdout, `"threat_label": "label2J"`) || !strings.Contains(stdout, `"name": "Eng2Jine"`) {
		t.Errorf("exit code %d, want 0 and a document without what a terminal heeds:\n%q", code, stdout)
	}
}

// TestLookupCanBeInterrupted reaches the server by its address, as the services do.
func TestLookupCanBeInterrupted(t *testing.T) {
	dir, js := idle(t)
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"NATS_URL=" + at.URL[0], "NATS_USER=" + at.User, "NATS_PASSWORD=" + at.Password.Reveal()}
	p := start(t, env, "lookup", "--timeout", "10m", "quiet-harbor.com", "10.1.2.3")
	eventually(t, "an urgent job", func() bool {
		urgent, err := js.Stream(t.Context(), stream.Urgent)
		return err == nil && urgent.CachedInfo().State.Msgs == 1
	})
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != 1 || p.stderr.String() != "vtq: interrupted\n" || !hasLine(p.stdout.String(), "10[.]1[.]2[.]3", "private address") {
		t.Errorf("exit code %d, want 1, one word, and what is known:\n%s%s", code, p.stdout, p.stderr)
	}
}

func TestLookupNeedsAPipeline(t *testing.T) {
	empty, _ := bare(t)
	house, _ := idle(t)
	cases := map[string]struct {
		env    []string
		code   int
		stderr string
	}{
		"nothing runs":        {nil, 1, "start vtq up, set VTQ_DATA_DIR"},
		"NATS is elsewhere":   {[]string{"NATS_URL=127.0.0.1:1"}, 1, "NATS_URL"},
		"no streams":          {[]string{"VTQ_DATA_DIR=" + empty}, 1, "run vtq setup"},
		"a setting":           {[]string{"VTQ_REFRESH_CLEAN=never"}, 2, "VTQ_REFRESH_CLEAN: "},
		"a name of the house": {[]string{"VTQ_DATA_DIR=" + house, "VTQ_INTERNAL_SUFFIXES=harbor.com"}, 1, "1 of 1 values have no answer\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, stderr, code := run(t, c.env, "lookup", "quiet.harbor.com"); code != c.code || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.stderr, stderr)
			}
		})
	}
}

// fed runs the command with something on its standard input.
func fed(t *testing.T, stdin string, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Env = t.TempDir(), append([]string{asVTQ + "=1"}, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &said
	_ = cmd.Run() // The exit code says it.
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

func TestLookupReadsLines(t *testing.T) {
	dir, _ := idle(t)
	env := []string{"VTQ_DATA_DIR=" + dir}
	long := strings.Repeat("a", indicator.MaxValueBytes)
	most := strings.Repeat("10.1.2.3\n", 1000)
	cases := map[string]struct {
		stdin  string
		args   []string
		code   int
		stderr string
	}{
		"lines":                       {"\ufeff10.1.2.3\r\n\n# no value\n  10.1.2.4", nil, 1, "2 of 2 values"},
		"asked for":                   {"10.1.2.3\n", []string{"-"}, 1, "1 of 1 values"},
		"arguments come first":        {"10.1.2.3\n", []string{"10.1.2.3", "-"}, 1, "2 of 2 values"},
		"as many as may be":           {most, nil, 1, "1000 of 1000 values"},
		"one more":                    {most + "10.1.2.3", nil, 2, "more than 1000 values"},
		"nothing":                     {"\n# no value\n", nil, 2, "no values on standard input"},
		"a line as long as may be":    {long + "\r\n10.1.2.3\n", nil, 1, "2 of 2 values"},
		"a longer one":                {"10.1.2.3\n" + long + "aaa\n", nil, 2, "line behind value 1 is too long"},
		"a wait of nothing":           {"", []string{"--timeout", "0s", "10.1.2.3"}, 2, "--timeout"},
		"as long a wait as may be":    {"", []string{"--timeout", "15m", "10.1.2.3"}, 1, "1 of 1 values"},
		"a longer wait":               {"", []string{"--timeout", "15m1s", "10.1.2.3"}, 2, "at most 15m0s"},
		"too many arguments":          {"", strings.Fields(most + "10.1.2.3"), 2, "more than 1000 values"},
		"an argument that is hostile": {"", []string{"evil\x1b[2J"}, 1, "1 of 1 values"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := fed(t, c.stdin, env, append([]string{"lookup"}, c.args...)...)
			if code != c.code || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit code %d, want %d and %q:\n%.2000s", code, c.code, c.stderr, stderr)
			}
			if strings.Contains(stdout+stderr, "\x1b") {
				t.Errorf("control characters reach the terminal:\n%q", stdout+stderr)
			}
		})
	}
}
