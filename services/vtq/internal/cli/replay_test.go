package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// replays runs vtq replay, and compares its exit code and a part of what it says. It returns its standard output.
func (g *graveyard) replays(code int, part string, args ...string) string {
	g.Helper()
	stdout, stderr, got := run(g.T, g.env, append([]string{"replay"}, args...)...)
	if got != code || !strings.Contains(stdout+stderr, part) {
		g.Errorf("vtq replay %q: exit code %d, want %d and %q:\n%s%s", args, got, code, part, stdout, stderr)
	}
	return stdout
}

// answered stores verdicts on so many indicators, given two days ago.
func (g *graveyard) answered(n int) {
	g.Helper()
	for id := range int64(n) {
		object := indicator.Object{Kind: indicator.Domain, Value: fmt.Sprintf("site-%d.com", id+1)}
		body, err := wire.EncodeVerdict(wire.Verdict{
			Indicator: indicator.Indicator{ID: id + 1, Type: indicator.TypeFQDN, Value: object.Value}, Object: object,
			Verdict: verdict.Verdict{Provider: provider.VirusTotal, Asked: time.Now().Add(-48 * time.Hour)},
		})
		if err != nil {
			g.Fatal(err)
		}
		at := wire.VerdictAddress{Provider: provider.VirusTotal, Key: object.Key(), ID: id + 1}
		if _, err := g.js.Publish(g.Context(), at.Subject(), body); err != nil {
			g.Fatal(err)
		}
	}
}

// write acknowledges so many verdicts, as a writer does.
func (g *graveyard) write(n int) {
	g.Helper()
	consumer, err := g.js.Consumer(g.Context(), stream.Verdicts, stream.Writer)
	if err != nil {
		g.Fatal(err)
	}
	for range n {
		message, err := consumer.Next(jetstream.FetchMaxWait(time.Minute))
		if err != nil {
			g.Fatal(err)
		}
		if err := message.DoubleAck(g.Context()); err != nil {
			g.Fatal(err)
		}
	}
}

func TestReplayMisused(t *testing.T) {
	for want, args := range map[string][]string{
		"got 0 of them":             {},
		"got 2 of them":             {"--all", "--since", "48h"},
		"want one of --since":       {"--all=false"},
		"--dry-run: wants a replay": {"--cancel", "--dry-run"},
		"want at least 1":           {"--from-seq", "0"},
		"--since: want a time":      {"--since", "yesterday"},
		`(got "3days")`:             {"--since", "3days"},
		`(got "-1h")`:               {"--since", "-1h"},
		`(got "-1d")`:               {"--since", "-1d"},
		"file, url, domain, ip":     {"jobs", "--kind", "email"},
		"no-verdict":                {"jobs", "--class", "bad"},
		"--older-than: want a time": {"jobs", "--older-than", "1w"},
	} {
		stdout, stderr, code := run(t, nil, append([]string{"replay"}, args...)...)
		if code != 2 || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("vtq replay %q: exit code %d, want 2 and %q:\n%s%s", args, code, want, stdout, stderr)
		}
	}
}

// TestReplay goes through a replay with a writer at its own pace.
func TestReplay(t *testing.T) {
	g := newGraveyard(t)
	g.replays(1, "vtq up and vtq setup make the streams", "--all")
	g.setUp()
	g.replays(0, "nothing to do", "--all")
	g.answered(10)
	g.write(10)
	g.replays(0, "nothing to do", "--since", "2099-01-01T00:00:00Z")
	g.replays(0, "no replay is under way", "--status")
	g.replays(0, "there is nothing to cancel", "--cancel")
	g.replays(0, "no replays", "--history")
	g.replays(0, `"verdicts": 6,`, "--from-seq", "5", "--dry-run", "-o", "json")
	g.replays(0, `"verdicts": 0,`, "--since", "2099-01-01T00:00:00Z", "--dry-run", "-o", "json")
	g.replays(0, "{\n  \"replays\": []\n}\n", "--since", "2099-01-01T00:00:00Z", "-o", "json")
	g.replays(0, `"left_out": 0`, "--cancel", "-o", "json")
	g.replays(0, "6 verdicts would come again, from 5 to 10\neverything up to 10 was written, and 0", "--from-seq", "5", "--dry-run")
	g.replays(0, "10 verdicts would", "--since", "30d", "--dry-run")
	g.replays(0, "no replays", "--history") // Nothing has happened yet.

	followed := start(t, g.env, "replay", "--from-seq", "5", "--reason", "a mishap")
	followed.says("replay 1: 6 verdicts from 5 on, what is unchanged costs ThreatQ nothing")
	followed.says("replay 1: verdicts from 5 on, asked for by ")
	g.write(6)
	if code := followed.wait(); code != 0 || !strings.Contains(followed.stderr.String(), "replay 1: done, 6 verdicts in") {
		t.Errorf("exit code %d:\n%s", code, followed.stderr)
	}

	left := start(t, g.env, "replay", "--all", "--verify")
	left.says("replay 2: 10 verdicts from 1 on, each indicator read once")
	left.says("replay 2: 0 of 10")
	left.signal(syscall.SIGINT)
	if code := left.wait(); code != 0 || !strings.Contains(left.stderr.String(), "goes on in the writer") {
		t.Errorf("exit code %d after an interrupt:\n%s", code, left.stderr)
	}
	g.write(3)
	g.replays(0, "replay 2: 3 of 10 verdicts since", "--status")
	watched := start(t, g.env, "replay", "--all", "-o", "json")
	watched.says("replay 3: 0 of 10")
	g.replays(0, "10 verdicts left out, which had been written before\nTheir indicators were not read", "--cancel")
	if code := watched.wait(); code != 1 || !strings.Contains(watched.stderr.String(), "vtq: replay 3: cancelled at") ||
		!strings.Contains(watched.stdout.String(), `"outcome": "cancelled"`) {
		t.Errorf("exit code %d of a replay that was cancelled:\n%s%s", code, watched.stderr, watched.stdout)
	}
	var report struct {
		Replays []replay.Record `json:"replays"`
	}
	if err := json.Unmarshal([]byte(g.replays(0, "", "--history", "-o", "json")), &report); err != nil || len(report.Replays) != 3 {
		t.Fatalf("history = %+v, %v; want three replays", report, err)
	}
	one, two, three := report.Replays[0], report.Replays[1], report.Replays[2]
	if one.Outcome != replay.Done || one.Reason != "a mishap" || one.By == "" || two.Outcome != replay.Continued || !two.Verify ||
		two.Epoch == one.Epoch || three.Outcome != replay.Cancelled {
		t.Errorf("history = %+v", report.Replays)
	}
	g.replays(0, "a mishap", "--history")
}

// TestAReplayThatNobodyTakes has no writer: whoever asks is told.
func TestAReplayThatNobodyTakes(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	g.answered(3)
	if got := g.replays(0, "replay 1: 3 verdicts", "--all", "--no-wait", "-o", "json"); !strings.Contains(got, `"outcome": "under way"`) {
		t.Errorf("a replay that begins prints:\n%s", got)
	}
	g.replays(0, "Nobody takes verdicts: does the writer run?", "--status")
	g.replays(0, `"note": "Nobody takes verdicts`, "--status", "-o", "json")
}

func TestReplayOfJobs(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	g.replays(0, "0 jobs about 0 objects: at most 0 requests\n", "jobs", "--yes")
	g.answered(10)
	g.replays(0, "0 jobs", "jobs")
	g.replays(0, "0 jobs", "jobs", "--ignore-fresh", "--kind", "file,url")
	g.replays(0, "0 jobs", "jobs", "--ignore-fresh", "--class", "malicious")
	g.replays(0, "0 jobs", "jobs", "--ignore-fresh", "--older-than", "3d")
	g.replays(0, "0 jobs", "jobs", "--ignore-fresh", "--since", "2099-01-01T00:00:00Z")
	g.env = append(g.env, "VT_REQUESTS_PER_DAY=4", "VT_API_KEY=k", "VTQ_INTERNAL_SUFFIXES=site-1.com")
	selection := []string{"jobs", "--ignore-fresh", "--kind", "Domain", "--class", "not-found", "--older-than", "47h"}
	g.replays(0, "add --yes", selection...)
	g.replays(0, "9 jobs about 9 objects: at most 9 requests, 3 days at 4 a day when nothing else", selection...)
	g.replays(0, "1 are internal now", selection...)
	if n := g.stored(stream.Jobs); n != 0 {
		t.Errorf("%d jobs wait before --yes", n)
	}
	g.replays(0, "9 published, 0 were pending", append(selection, "--yes")...)
	g.replays(0, "0 published, 9 were pending", append(selection, "--yes")...)
	if n := g.stored(stream.Jobs); n != 9 {
		t.Errorf("%d jobs wait, want 9", n)
	}
	g.replays(0, "whatever their age, kinds [domain], classes", "--history")
	if got := g.replays(0, "", "--history", "-o", "json"); !strings.Contains(got, `"published": 9`) || !strings.Contains(got, `"outcome": "done"`) {
		t.Errorf("history = %s, want the replays of jobs", got)
	}
}

func TestReplayOfJobsIntoAFullQueue(t *testing.T) {
	g := newGraveyard(t)
	g.setUp()
	config := g.stream(stream.Jobs).CachedInfo().Config
	config.MaxMsgs = 4
	if _, err := g.js.UpdateStream(g.Context(), config); err != nil {
		t.Fatal(err)
	}
	g.answered(6)
	p := start(t, g.env, "replay", "jobs", "--ignore-fresh", "--yes")
	p.says("The queue is full")
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 1 {
		t.Errorf("exit code %d of what was interrupted, want 1", code)
	}
	g.replays(0, "interrupted", "--history")
	for _, part := range []string{"4 published, 0 were pending, interrupted at", "repeat it with --older-than 20", "interrupted with 4 of 6 done"} {
		if !strings.Contains(p.stderr.String(), part) {
			t.Errorf("want %q:\n%s", part, p.stderr)
		}
	}
}
