package rehearsal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"vtq.internal/scripts/deploycheck/rehearsal"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit/trespass"
)

// A play is one performance: what is on the stage, and what is counted.
type play struct {
	t        *testing.T
	began    time.Time
	dir      string
	root     string
	programs rehearsal.Programs
	yard     *rehearsal.Yard
	items    []dataset.Item
	objects  int
	third    int
	perDay   int

	world   *rehearsal.World
	nats    *rehearsal.Cluster
	release *rehearsal.Release
	fleet   *rehearsal.Fleet
	eyes    *rehearsal.Eyes
	balance rehearsal.Balance
	calls   rehearsal.Judgement
	killed  int // Servers,
	rolled  int // and those that were rolled.
	refused int // Of what is forbidden.
}

func newPlay(t *testing.T, n int) *play {
	t.Helper()
	p := &play{t: t, began: time.Now(), dir: t.TempDir(), items: rehearsal.Items(n), third: n / 3}
	p.objects = rehearsal.Objects(p.items)
	p.perDay = 2 * p.objects // A part of the day is kept for urgent lookups.
	logs := p.mkdir("logs")
	p.yard = rehearsal.NewYard(logs)
	t.Cleanup(p.yard.Close)
	root, err := rehearsal.Root()
	p.must("looking for the repository", err)
	p.root = root
	p.programs, err = rehearsal.Build(t.Context(), root, p.mkdir("bin"))
	p.must("building", err)
	p.world = p.newWorld(p.perDay)
	return p
}

func (p *play) mkdir(name string) string {
	p.t.Helper()
	dir := filepath.Join(p.dir, name)
	p.must("making a folder", os.MkdirAll(dir, 0o700))
	return dir
}

func (p *play) newWorld(perDay int) *rehearsal.World {
	p.t.Helper()
	w, err := rehearsal.NewWorld(p.items, perDay)
	p.must("making a world", err)
	p.t.Cleanup(w.Close)
	return w
}

// credentials is where "vtq credentials" has put them.
func (p *play) credentials(name string) string { return filepath.Join(p.dir, "credentials", name) }

// undisturbed gives the rows of a run in one process, without a limit, in which nothing happens.
func (p *play) undisturbed() rehearsal.Rows {
	p.t.Helper()
	w := p.newWorld(0)
	w.Arrive(len(p.items))
	tq, err := w.Serve(p.t.Context(), w.ThreatQ)
	p.must("serving ThreatQ", err)
	_, _, vt, err := w.Desk(p.t.Context(), "lookup", "up")
	p.must("serving VirusTotal", err)
	up, err := p.yard.Start(rehearsal.Command{
		Name: "up", Path: p.programs.Path("vtq"), Args: []string{"up"}, Env: []string{
			"THREATQ_URL=" + tq, "THREATQ_CLIENT_ID=" + threatq.DefaultClientID, "THREATQ_CLIENT_SECRET=" + threatq.DefaultClientSecret,
			"VT_BASE_URL=" + vt, "VT_PROVIDER=virustotal", "VT_API_KEY=" + virustotal.DefaultKey, "VTQ_DATA_DIR=" + p.mkdir("up"),
			"VT_REQUESTS_PER_MINUTE=0", "VT_REQUESTS_PER_DAY=0", "VT_REQUESTS_PER_MONTH=0", "LOG_LEVEL=warn",
		},
	})
	p.must("starting vtq up", err)
	p.await(p.t.Context(), "the undisturbed run", func(context.Context) error { return errors.Join(p.yard.Sound(), w.Unanswered()) })
	p.must("ending vtq up", up.Stop(syscall.SIGTERM, patience)) // With the rows that it is about to write.
	return w.Rows()
}

// cluster makes credentials and starts the servers.
func (p *play) cluster() {
	p.t.Helper()
	p.must("making credentials", p.yard.Run(p.t.Context(), rehearsal.Command{
		Name: "credentials", Path: p.programs.Path("vtq"), Args: []string{"credentials", "--dir", p.credentials(""), "--server", "127.0.0.1"},
	}))
	var err error
	p.nats, err = rehearsal.NewCluster(p.t.Context(), p.yard, p.programs, p.dir, p.configuration(), p.credentials(""))
	p.must("starting the servers", err)
	tq, err := p.world.Serve(p.t.Context(), p.world.ThreatQ)
	p.must("serving ThreatQ", err)
	_, _, vt, err := p.world.Desk(p.t.Context(), "lookup", "operator")
	p.must("serving VirusTotal", err)
	p.release, err = rehearsal.NewRelease(p.perDay, p.mkdir("pods"), p.credentials(""), map[string]string{
		"NATS_URL": p.nats.URL(), "THREATQ_URL": tq, "VT_BASE_URL": vt,
	})
	p.must("rendering the chart", err)
	p.fleet = rehearsal.NewFleet(p.yard, p.programs, p.release, p.world)
}

// configuration is what ships, or what REHEARSE_NATS has instead.
func (p *play) configuration() string {
	if other := os.Getenv("REHEARSE_NATS"); other != "" {
		return other
	}
	return filepath.Join(p.root, "deployments", "nats")
}

// install makes the streams as the chart's Job does, which waits for servers that have not found each other yet.
func (p *play) install() {
	p.t.Helper()
	setup, err := p.release.Command(p.programs, "setup", "setup", nil)
	p.must("reading the Job", err)
	p.must("setting up", p.yard.Run(p.t.Context(), setup))
	nc, err := p.connect(grant.Admin)
	p.must("connecting", err)
	p.t.Cleanup(nc.Close)
	p.eyes, err = rehearsal.NewEyes(nc)
	p.must("looking", err)
	p.await(p.t.Context(), "a whole cluster", p.eyes.Whole)
}

// connect logs in as a role, in the way of its program.
func (p *play) connect(role grant.Role) (*nats.Conn, error) {
	name := string(role)
	if role == grant.Admin {
		name = "operator"
	}
	at := config.NATS{URL: strings.Split(p.nats.URL(), ","), CA: p.credentials("ca.pem"), NKey: p.credentials(string(role) + ".nk")}
	return dial.NATS(p.t.Context(), at, name, zerolog.Nop())
}

// hire starts replicas of a stage.
func (p *play) hire(stage string, n int) {
	p.t.Helper()
	p.must("starting the "+stage, p.fleet.Start(p.t.Context(), stage, n))
}

// helmTest runs what "helm test" does.
func (p *play) helmTest() {
	p.t.Helper()
	test, err := p.release.Command(p.programs, "test", "helm-test", nil)
	p.must("reading the test", err)
	p.must("helm test", p.yard.Run(p.t.Context(), test))
}

// killLeader kills the server that leads a stream, and starts it again when another has taken over.
func (p *play) killLeader(ctx context.Context, name string) error {
	led, err := p.eyes.Leader(ctx, name)
	if err != nil {
		return err
	}
	i, err := p.nats.Kill(led)
	if err != nil {
		return err
	}
	p.killed++
	p.await(ctx, "another leader", func(ctx context.Context) error {
		now, err := p.eyes.Leader(ctx, name)
		if err == nil && now == led {
			err = fmt.Errorf("%s still leads", led)
		}
		return err
	})
	if err := p.nats.Start(i); err != nil {
		return err
	}
	p.await(ctx, "a whole cluster", p.eyes.Whole)
	return nil
}

// rollServers has one server after the other leave and come back, as a StatefulSet is rolled: from the last to the first.
func (p *play) rollServers(ctx context.Context) error {
	for i := 2; i >= 0; i-- {
		p.await(ctx, "a whole cluster", p.eyes.Whole)
		if err := p.nats.Leave(ctx, i); err != nil {
			return err
		}
		if err := p.nats.Start(i); err != nil {
			return err
		}
		p.rolled++
	}
	p.await(ctx, "a whole cluster", p.eyes.Whole)
	return nil
}

// finish waits for the end of the work, and checks what came of it.
func (p *play) finish(want rehearsal.Rows) {
	p.t.Helper()
	p.await(p.t.Context(), "the end of the work", func(ctx context.Context) error {
		return errors.Join(p.yard.Sound(), p.eyes.Idle(ctx), p.world.Unanswered())
	})
	p.balance = rehearsal.Compare(want, p.world.Rows())
	if err := p.balance.Err(); err != nil {
		p.t.Errorf("against an undisturbed run %v", err)
	}
	p.calls = p.world.Calls.Judge()
	for _, wrong := range p.calls.Wrong {
		p.t.Error(wrong)
	}
	p.checkQuota()
	if n, err := p.eyes.Waiting(p.t.Context(), stream.DeadLetters); n > 0 || err != nil {
		p.t.Errorf("%d dead letters, %v, want none", n, err)
	}
	if err := p.yard.Sound(); err != nil {
		p.t.Error(err)
	}
}

func (p *play) checkQuota() {
	p.t.Helper()
	vt := p.world.VirusTotal
	if n := vt.MaxInWindow(rehearsal.Window); n > rehearsal.PerWindow {
		p.t.Errorf("%d requests within %v, want at most %d", n, rehearsal.Window, rehearsal.PerWindow)
	}
	if n := vt.Requests().Outcome(virustotal.Rejected); n > 0 || vt.Lookups() > p.perDay {
		p.t.Errorf("%d requests on a day of %d, %d of them refused, want none", vt.Lookups(), p.perDay, n)
	}
	if n := vt.Lookups(); n != p.calls.All {
		p.t.Errorf("%d requests were counted at the desks, %d by the provider", p.calls.All, n)
	}
}

// tempt tries what is forbidden.
func (p *play) tempt(all []trespass.Trespass) {
	p.t.Helper()
	var err error
	if p.refused, err = rehearsal.Tempt(p.t.Context(), all, p.connect); err != nil {
		p.t.Errorf("tempting: %v", err)
	}
	users, err := rehearsal.Users(p.credentials("keys.conf"))
	p.must("reading keys", err)
	if err := rehearsal.Told(all, users, p.violations()); err != nil {
		p.t.Errorf("tempting: %v", err)
	}
}

func (p *play) violations() []rehearsal.Violation {
	p.t.Helper()
	all, err := rehearsal.Violations(p.yard.Logs)
	p.must("reading logs", err)
	return all
}

func (p *play) await(ctx context.Context, what string, fact func(context.Context) error) {
	p.t.Helper()
	if err := rehearsal.Await(ctx, what, patience, fact); err != nil {
		p.fatal("%v", err)
	}
}

func (p *play) must(what string, err error) {
	p.t.Helper()
	if err != nil {
		p.fatal("%s: %v", what, err)
	}
}

// fatal ends the play with what may explain it: rights that lacked, and the ends of all logs.
func (p *play) fatal(format string, v ...any) {
	p.t.Helper()
	p.t.Fatalf(format+"\n%v\n%s", append(v, p.yard.Sound(), lastWords(p.yard.Logs))...)
}

// lastWords are the ends of all logs.
func lastWords(logs string) string {
	const most = 1000
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(logs, "*.log")) // The pattern is a good one.
	for _, path := range paths {
		text, _ := os.ReadFile(path) // What there is.
		fmt.Fprintf(&all, "%s ends:\n%s\n", filepath.Base(path), bytes.TrimSpace(text[max(0, len(text)-most):]))
	}
	return all.String()
}

// table is for a person.
func (p *play) table() string {
	vt := p.world.VirusTotal
	var all strings.Builder
	line := func(what, format string, v ...any) { fmt.Fprintf(&all, "%-22s%s\n", what, fmt.Sprintf(format, v...)) }
	line("processes", "%d replicas, 3 servers", p.fleet.Size())
	line("killed", "%d replicas, %d server", p.fleet.Kills, p.killed)
	line("rolled", "%d replicas, %d servers", p.fleet.Rolls, p.rolled)
	line("indicators", "%d of %d objects", p.balance.Indicators, p.objects)
	line("requests", "%d, %d repeated after a kill, %d refused; %d in any %v at the most, want %d or less", p.calls.All, p.calls.Again,
		vt.Requests().Outcome(virustotal.Rejected), vt.MaxInWindow(rehearsal.Window), rehearsal.Window, rehearsal.PerWindow)
	line("rows", "%d, %d doubled, %d lost, %d foreign", p.balance.Rows, p.balance.Doubled, p.balance.Lost, p.balance.Foreign)
	line("forbidden actions", "%d tried, %d refused", len(trespass.All()), p.refused)
	return all.String()
}
