package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fleet"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// stateOf reads what the workers of an account would.
func stateOf(t *testing.T, js jetstream.JetStream, account string) wire.ProviderState {
	t.Helper()
	workers, err := fleet.Open(t.Context(), js, wire.Account{Provider: "virustotal", Name: account}, "virustotal", time.Now)
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

func TestPauseMisused(t *testing.T) {
	dir, _ := idle(t)
	for _, last := range []string{"0s", "-1h", "745h"} {
		if _, stderr, code := fed(t, "", []string{"VTQ_DATA_DIR=" + dir}, "pause", "--for", last); code != 2 || !strings.Contains(stderr, "--for: wants 1s to 744h0m0s") {
			t.Errorf("vtq pause --for %s: exit code %d, %q, want a complaint", last, code, stderr)
		}
	}
}
