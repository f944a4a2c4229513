package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A graveyard is an embedded server with the streams of a pipeline, and what the command needs to find it.
type graveyard struct {
	*testing.T
	js  jetstream.JetStream
	env []string
}

func newGraveyard(t *testing.T) *graveyard {
	t.Helper()
	dir := t.TempDir()
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
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return &graveyard{t, js, []string{"VTQ_DATA_DIR=" + dir}}
}

// setUp makes the streams.
func (g *graveyard) setUp() {
	g.Helper()
	var s vtq.Settings
	if err := config.Load(nil, &s.NATS, &s.Verdicts); err != nil {
		g.Fatal(err)
	}
	topology, err := s.Topology()
	if err != nil {
		g.Fatal(err)
	}
	if err := stream.Ensure(g.Context(), g.js, topology); err != nil {
		g.Fatal(err)
	}
}

func jobAt(id int) wire.JobAddress {
	object := indicator.Object{Kind: indicator.Domain, Value: fmt.Sprintf("site-%d.example", id)}
	return wire.JobAddress{Lane: wire.Fresh, Route: provider.VirusTotal, Key: object.Key(), ID: int64(id)}
}

// die publishes a job and buries it, as the lookup stage does.
func (g *graveyard) die(id int, body, reason string) {
	g.Helper()
	if _, err := g.js.Publish(g.Context(), jobAt(id).Subject(), []byte(body)); err != nil {
		g.Fatal(err)
	}
	consumer, err := g.js.Consumer(g.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, provider.VirusTotal))
	if err != nil {
		g.Fatal(err)
	}
	message, err := consumer.Next(jetstream.FetchMaxWait(time.Minute))
	if err != nil {
		g.Fatal(err)
	}
	settler := stream.NewSettler(g.js, "lookup", g.stream(stream.Jobs).CachedInfo().Created)
	settler.Settle(g.Context(), message, fault.New(fault.Permanent, errors.New(reason)))
	eventually(g.T, "the job is gone", func() bool { return g.stored(stream.Jobs) == 0 })
}

func (g *graveyard) stream(name string) jetstream.Stream {
	g.Helper()
	s, err := g.js.Stream(g.Context(), name)
	if err != nil {
		g.Fatal(err)
	}
	return s
}

func (g *graveyard) stored(name string) int {
	g.Helper()
	return int(g.stream(name).CachedInfo().State.Msgs)
}

// says runs a command on dead letters, and compares its exit code and a part of what it says. It returns its standard output.
func (g *graveyard) says(code int, part string, args ...string) string {
	g.Helper()
	stdout, stderr, got := run(g.T, g.env, append([]string{"deadletters"}, args...)...)
	if got != code || !strings.Contains(stdout+stderr, part) {
		g.Errorf("vtq deadletters %q: exit code %d, want %d and %q:\n%s%s", args, got, code, part, stdout, stderr)
	}
	return stdout
}

func TestDeadLettersAreListed(t *testing.T) {
	g := newGraveyard(t)
	g.says(1, "vtq up and vtq setup make the streams", "list")
	g.setUp()
	if stdout := g.says(0, "no dead letters", "list"); stdout != "" {
		t.Errorf("list of nothing prints %q on standard output", stdout)
	}
	g.die(4711, `{"schema":1}`, "a reason\x1b[31m in red "+strings.Repeat("and long ", 50))
	g.die(4712, "no JSON", "no JSON at byte 2")
	table := g.says(0, "NUMBER", "list")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "lookup  permanent      1       4711  "+string(jobAt(4711).Key)[:16]) ||
		strings.Contains(table, "\x1b") || len(lines[1]) > 125 || strings.Index(table, "4711") > strings.Index(table, "4712") {
		t.Errorf("list prints:\n%s", table)
	}
	g.says(0, "There are more than 1", "list", "--limit", "1")
	for _, args := range [][]string{
		{"--reason", "RED"}, {"--reason", "red", "--stage", "lookup", "--fault", "permanent", "--newer-than", "1h", "-o", "json"},
	} {
		if got := g.says(0, "4711", append([]string{"list"}, args...)...); strings.Contains(got, "4712") {
			t.Errorf("list %q prints the other one, too:\n%s", args, got)
		}
	}
	g.says(0, "no dead letters", "list", "--older-than", "1h")
	g.says(0, "no dead letters", "list", "--stage", "writer")
}

func TestDeadLettersAsData(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	if got := g.says(0, "no dead letters", "list", "-o", "json"); got != "{\n  \"dead_letters\": [],\n  \"more\": false\n}\n" {
		t.Errorf("list of nothing as JSON is:\n%s", got)
	}
	g.die(7, "no JSON", "bad")
	var report struct {
		Letters []struct {
			Number      uint64    `json:"number"`
			Died        time.Time `json:"died"`
			Stage       string    `json:"stage"`
			Subject     string    `json:"subject"`
			IndicatorID int64     `json:"indicator_id"`
			Attempts    int       `json:"attempts"`
		} `json:"dead_letters"`
	}
	if err := json.Unmarshal([]byte(g.says(0, "", "list", "-o", "json")), &report); err != nil || len(report.Letters) != 1 {
		t.Fatalf("list as JSON = %+v, %v; want one letter", report, err)
	}
	l := report.Letters[0]
	if l.Number != 1 || l.Died.IsZero() || l.Stage != "lookup" || l.Subject != jobAt(7).Subject() || l.IndicatorID != 7 || l.Attempts != 1 {
		t.Errorf("the letter is %+v", l)
	}
}

// TestALetterIsShown has bodies that nobody should print as they are.
func TestALetterIsShown(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	bodies := []struct{ body, text, data string }{
		{`{"schema":1,"value":"quiet.example"}`, "{\n  \"schema\": 1,\n  \"value\": \"quiet.example\"\n}", "quiet.example"},
		{"{\"value\":\"evil\u202egnp\u009b31m\U000e0041\xff\"}", `evil\u202egnp\u009b31m\udb40\udc41\ufffd`, "evil\u202egnp\u009b31m\U000e0041\ufffd"},
		{"\x1b[2Jno JSON", `"\u001b[2Jno JSON"`, ""},
		{"", `""`, ""},
	}
	for i, b := range bodies {
		g.die(i+1, b.body, "bad")
		number := strconv.Itoa(i + 1)
		stdout := g.says(0, b.text, "show", number)
		for _, want := range []string{"\nreason     bad\n", "\nstage      lookup\n", "\nindicator  " + number + "\n", "\nsubject    " + jobAt(i+1).Subject()} {
			if !strings.Contains(stdout, want) {
				t.Errorf("show lacks %q:\n%s", want, stdout)
			}
		}
		if strings.ContainsAny(stdout, "\x1b\u202e\u009b") || !utf8.ValidString(stdout) {
			t.Errorf("show prints what a terminal obeys: %q", stdout)
		}
		var whole struct {
			Headers map[string][]string `json:"headers"`
			Body    any                 `json:"body"`
		}
		if err := json.Unmarshal([]byte(g.says(0, "", "show", number, "-o", "json")), &whole); err != nil {
			t.Fatalf("show -o json of %q: %v", b.body, err)
		}
		if diff := cmp.Diff([]string{"bad"}, whole.Headers[wire.HeaderReason]); diff != "" {
			t.Errorf("the reason among the headers (-want +got):\n%s", diff)
		}
		if fields, ok := whole.Body.(map[string]any); ok && fields["value"] != b.data {
			t.Errorf("the value is %q, want %q", fields["value"], b.data)
		}
	}
	g.says(1, "no such dead letter: 99", "show", "99")
}

func TestDeadLettersAreRedriven(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	for id := 1; id <= 3; id++ {
		g.die(id, "a job", fmt.Sprintf("reason %d", id))
	}
	g.says(0, "NUMBER", "redrive", "--all", "--dry-run")
	g.says(0, "3 dead letters would be redriven; nothing was done", "redrive", "--all", "--dry-run")
	g.says(0, "0 dead letters would be redriven", "redrive", "--stage", "writer", "--dry-run")
	if stdout := g.says(1, "1 dead letter would be dropped; nothing was done", "drop", "2", "99", "--dry-run"); !strings.Contains(stdout, "reason 2") {
		t.Errorf("a dry run of a number that is there and one that is not prints:\n%s", stdout)
	}
	if n := g.stored(stream.DeadLetters); n != 3 {
		t.Fatalf("a dry run left %d letters, want 3", n)
	}
	if _, err := g.js.Publish(g.Context(), jobAt(2).Subject(), []byte("another")); err != nil {
		t.Fatal(err)
	}
	g.says(0, "redriven 1\n", "redrive", "1")
	g.says(1, "0 done, then: no such dead letter: 1", "redrive", "1")
	g.says(0, "redriven 1, pending 1\n", "redrive", "--reason", "reason")
	g.says(0, "no dead letters", "redrive", "--all")
	if jobs, letters := g.stored(stream.Jobs), g.stored(stream.DeadLetters); jobs != 3 || letters != 0 {
		t.Errorf("%d jobs and %d letters, want 3 and none", jobs, letters)
	}
}

func TestWhatIsNotRedrivenIsSaid(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	if _, err := g.js.Publish(g.Context(), "vtq.dead.lookup.unknown.unknown.unknown", []byte("?")); err != nil {
		t.Fatal(err)
	}
	g.says(1, "kept: dead letter 1\n", "redrive", "--all")
	g.die(1, "a job", "bad")
	full := g.stream(stream.Jobs).CachedInfo().Config
	full.MaxMsgs = 1
	if _, err := g.js.UpdateStream(g.Context(), full); err != nil {
		t.Fatal(err)
	}
	if _, err := g.js.Publish(g.Context(), jobAt(2).Subject(), []byte("a job")); err != nil {
		t.Fatal(err)
	}
	g.says(1, "0 done, then: dead letter 2: publishing a job: stream is full", "redrive", "2")
}

func TestDeadLettersAreDropped(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	for id := 1; id <= 4; id++ {
		g.die(id, "a job", "bad")
	}
	g.says(0, "dropped 1\n", "drop", "2")
	g.says(2, "this would drop 3 dead letters", "drop", "--all")
	g.says(2, "this would drop 2 dead letters", "drop", "1", "3", "98", "99")
	g.says(0, "dropped 2\n", "drop", "1", "3", "1", "--yes")
	g.says(1, "dropped 1\nvtq: 1 done, then: no such dead letter: 99", "drop", "4", "99") // One is no more than one.
	if jobs, letters := g.stored(stream.Jobs), g.stored(stream.DeadLetters); jobs != 0 || letters != 0 {
		t.Errorf("%d jobs and %d letters are left, want none", jobs, letters)
	}
}

func TestDeadLettersMisused(t *testing.T) {
	cases := map[string]struct {
		args []string
		want string
	}{
		"nothing chosen":          {[]string{"redrive"}, "Name numbers, filters or --all"},
		"nothing chosen to drop":  {[]string{"drop", "--yes"}, "Name numbers, filters or --all"},
		"numbers and a filter":    {[]string{"redrive", "1", "--stage", "lookup"}, "only one of these"},
		"all and a filter":        {[]string{"redrive", "--all", "--fault", "permanent"}, "only one of these"},
		"no number":               {[]string{"redrive", "one"}, `"one" is no number`},
		"a negative number":       {[]string{"show", "--", "-1"}, `"-1" is no number`},
		"no number at all":        {[]string{"show"}, "accepts 1 arg"},
		"a time that is negative": {[]string{"list", "--older-than", "-1h"}, "not negative"},
		"no time":                 {[]string{"list", "--newer-than", "yesterday"}, "--newer-than"},
		"no limit":                {[]string{"list", "--limit", "0"}, "want at least 1"},
		"no such verb":            {[]string{"bury"}, `unknown command "bury"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			(&graveyard{T: t, env: []string{"VTQ_DATA_DIR=" + t.TempDir()}}).says(2, c.want, c.args...)
		})
	}
	(&graveyard{T: t, env: []string{"VTQ_DATA_DIR=" + t.TempDir()}}).says(1, "no vtq runs on this data directory", "list")
	(&graveyard{T: t}).says(0, "list", "--help")
}
