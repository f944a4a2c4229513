package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fleet"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// stateOf reads what the workers of an account would.
func stateOf(t *testing.T, js jetstream.JetStream, account string) wire.ProviderState {
	t.Helper()
	workers, err := fleet.Open(t.Context(), js, wire.Account{Provider: "virustotal", Name: account}, []fleet.Route{{Name: "virustotal"}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	state, err := workers.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestPauseAndResume(t *testing.T) {
	dir, js := idle(t)
	env := []string{"VTQ_DATA_DIR=" + dir, "VT_ACCOUNT=team"}
	_, stderr, code := fed(t, "", env, "pause", "--for", "2h", "--why", "an incident\x07")
	state := stateOf(t, js, "team")
	if code != 0 || !strings.Contains(stderr, "nobody asks until ") || state.Operator == nil {
		t.Fatalf("vtq pause: exit code %d, %q, and the state is %+v", code, stderr, state)
	}
	if got := state.Operator; got.Why != "an incident" || got.Until.Sub(got.Since) != 2*time.Hour {
		t.Errorf("the pause is %+v, want two hours for an incident", got)
	}
	if other := stateOf(t, js, "main"); other.Operator != nil {
		t.Errorf("another account is paused, too: %+v", other.Operator)
	}
	paused := func() bool {
		consumer, err := js.Consumer(t.Context(), stream.Jobs, stream.LookupConsumer(wire.Fresh, "virustotal"))
		if err != nil {
			t.Fatal(err)
		}
		return consumer.CachedInfo().Paused
	}
	if !paused() {
		t.Error("the consumer is not paused")
	}
	if _, stderr, code = fed(t, "", env, "resume"); code != 0 || stateOf(t, js, "team").Operator != nil || paused() {
		t.Errorf("vtq resume: exit code %d, %q, and it is paused still", code, stderr)
	}
}

// TestTheAccountThatIsPaused has to be one that somebody uses, as far as anybody can tell.
func TestTheAccountThatIsPaused(t *testing.T) {
	dir, js := idle(t)
	says := func(account, want string, code int, args ...string) {
		t.Helper()
		env := []string{"VTQ_DATA_DIR=" + dir, "VT_ACCOUNT=" + account}
		if _, stderr, got := fed(t, "", env, args...); got != code || !strings.Contains(stderr, want) {
			t.Errorf("vtq %q of account %q: exit code %d, %q, want %d and %q", args, account, got, stderr, code, want)
		}
	}
	says("Main", "VT_ACCOUNT: wants lower-case letters", 2, "pause")
	says("mian", `No worker has asked with any account yet; this is about account "mian"`, 0, "pause")
	main, team := wire.Account{Provider: "virustotal", Name: "main"}, wire.Account{Provider: "virustotal", Name: "team"}
	if _, err := js.Publish(t.Context(), team.SlotSubject(0), nil); err != nil {
		t.Fatal(err)
	}
	counted := nats.NewMsg(main.SpendSubject("20260301"))
	counted.Header.Set("Nats-Incr", "1")
	if _, err := js.PublishMsg(t.Context(), counted); err != nil {
		t.Fatal(err)
	}
	says("mian", "known are: main, team.\nVirusTotal, account mian: the pause is over", 0, "resume") // What was a mistake can be ended.
	says("tema", `no worker has asked with account "tema"; known are: main, team; set VT_ACCOUNT`, 2, "pause")
	if state := stateOf(t, js, "tema"); state.Operator != nil || state.Revision != 0 {
		t.Errorf("what was refused is paused: %+v", state)
	}
	says("tema", "known are", 2, "resume")
	says("main", "account main: nobody asks until", 0, "pause")
	says("team", "account team: the pause is over", 0, "resume")
	says("another", "account another: nobody asks until", 0, "pause", "--force")
}

func TestPauseMisused(t *testing.T) {
	dir, _ := idle(t)
	for _, last := range []string{"0s", "-1h", "745h"} {
		_, stderr, code := fed(t, "", []string{"VTQ_DATA_DIR=" + dir}, "pause", "--for", last)
		if code != 2 || !strings.Contains(stderr, "--for: wants 1s to 744h0m0s") {
			t.Errorf("vtq pause --for %s: exit code %d, %q, want a complaint", last, code, stderr)
		}
	}
}
