package cli_test

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/services/vtq/internal/simulation"
)

func TestUpComplainsAboutEverythingAtOnce(t *testing.T) {
	_, stderr, code := run(t, []string{"VTQ_POLL=never", "LOG_LEVEL=loud"}, "up")
	if code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, want := range []string{"THREATQ_URL: ", "THREATQ_CLIENT_ID: ", "VT_API_KEY: ", "VTQ_POLL: ", "LOG_LEVEL: "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no complaint about %s in\n%s", want, stderr)
		}
	}
}

func TestUpEnrichesUntilItIsStopped(t *testing.T) {
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:12])
	p := start(t, append(sim.Environment(), "VTQ_PALL=1m"), "up")
	eventually(t, "12 indicators that bear a verdict", func() bool { return enriched(sim) == 12 })
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.stderr)
	}
	var messages []string
	for line := range strings.Lines(p.stderr.String()) {
		var fields struct{ Message, Enriches, Data string }
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("log line %q: %v", line, err)
		}
		messages = append(messages, fields.Message)
		if fields.Message == "enriching" && (fields.Enriches != "every indicator" || fields.Data != "directory .vtq") {
			t.Errorf("the line about what is enriched says %+v", fields)
		}
	}
	for _, want := range []string{"VTQ_PALL: no such variable; did you mean VTQ_POLL?", "started", "enriching", "settled", "stopped"} {
		if !slices.Contains(messages, want) {
			t.Errorf("no log line says %q in\n%s", want, p.stderr)
		}
	}
}

func TestUpFinishesWhatAKilledOneBegan(t *testing.T) {
	t.Parallel()                           // It waits most of the time: what a killed writer had in hand comes again after a minute.
	seeds := simulation.Synthetic()[18:58] // One object each.
	sim := simulators(t, simulation.Options{PerMinute: 1200}, seeds)
	env := append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir())
	for _, written := range []int{1, 15} {
		p := start(t, env, "up")
		eventually(t, "some indicators that bear a verdict", func() bool { return enriched(sim) >= written })
		p.signal(syscall.SIGKILL)
		p.wait()
	}
	p := start(t, env, "up")
	eventually(t, "all indicators that bear a verdict", func() bool { return enriched(sim) == len(seeds) })
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, p.stderr)
	}
	// Each of the two kills may cost the four requests that were under way.
	if got, most := sim.VirusTotal.Lookups(), len(seeds)+2*4; got > most {
		t.Errorf("%d requests for %d objects, want at most %d", got, len(seeds), most)
	}
}

func TestUpRefusesADirectoryInUse(t *testing.T) {
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:1])
	env := append(sim.Environment(), "VTQ_DATA_DIR="+t.TempDir())
	first := start(t, env, "up")
	first.says(`"enriching"`)
	_, stderr, code := run(t, env, "up")
	if code != 1 || !strings.Contains(stderr, "set VTQ_DATA_DIR to another directory") {
		t.Errorf("the second vtq ended with %d, want 1 and a way out:\n%s", code, stderr)
	}
}

func TestUpWaitsForThreatQ(t *testing.T) {
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := reserved.Addr().String()
	_ = reserved.Close()
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:3])
	p := start(t, append(sim.Environment(), "THREATQ_URL=http://"+address), "up")
	p.says("walk interrupted")
	later := simulators(t, simulation.Options{ThreatQ: address}, simulation.Synthetic()[:3])
	eventually(t, "3 indicators that bear a verdict", func() bool { return enriched(later) == 3 })
}

func TestUpUsesTheServerThatIsConfigured(t *testing.T) {
	dir := t.TempDir()
	server, err := embedded.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	at, err := embedded.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	sim := simulators(t, simulation.Options{}, simulation.Synthetic()[:3])
	p := start(t, append(sim.Environment(), "NATS_URL="+at.URL[0], "NATS_USER="+at.User, "NATS_PASSWORD="+at.Password.Reveal()), "up")
	eventually(t, "3 indicators that bear a verdict", func() bool { return enriched(sim) == 3 })
	if own, err := os.Stat(filepath.Join(p.cmd.Dir, ".vtq")); err == nil {
		t.Errorf("a server of its own stands in %s", own.Name())
	}
	if strings.Contains(p.stderr.String(), at.Password.Reveal()) {
		t.Error("the password is in the logs")
	}
}

func TestUpSaysThatNATSCannotBeReached(t *testing.T) {
	sim := simulators(t, simulation.Options{}, nil)
	_, stderr, code := run(t, append(sim.Environment(), "NATS_URL=127.0.0.1:1"), "up")
	if code != 1 || !strings.Contains(stderr, "NATS_URL") {
		t.Errorf("exit code %d, want 1 and a word about NATS_URL:\n%s", code, stderr)
	}
}
