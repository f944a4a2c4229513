package vtq_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
	"vtq.internal/shared/stream"
)

// TestCopiesStay asks three real servers that keep three copies for one, as a shell does that lacks NATS_REPLICAS.
func TestCopiesStay(t *testing.T) {
	if testing.Short() {
		t.Skip("three real NATS servers, and their elections: about 10 s")
	}
	t.Parallel() // It mostly waits.
	c := startCluster(t, plan{programs: build(t), nodes: 3})
	c.ensure([]string{"NATS_REPLICAS=3"})
	var s vtq.Settings
	if err := config.Load([]string{"NATS_REPLICAS=1"}, &s.NATS, &s.Verdicts, &s.Providers.Routing); err != nil {
		t.Fatal(err)
	}
	alone, err := s.Topology()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a refusal", func(ctx context.Context) error { // Once every stream has a leader that answers.
		if err = stream.Extend(ctx, c.js, alone); errors.Is(err, stream.ErrShrinks) || err == nil {
			return nil
		}
		return err
	})
	const lost = ": replicas would go from 3 to 1, by NATS_REPLICAS"
	if !errors.Is(err, stream.ErrShrinks) || strings.Count(err.Error(), lost) != len(alone.Streams) {
		t.Errorf("Extend to one copy = %v, want ErrShrinks and each stream", err)
	}
	s.NATS.Replicas = 3
	three, err := s.Topology()
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Shrinks(t.Context(), c.js, three); err != nil {
		t.Errorf("Shrinks of as many copies = %v, want nil", err)
	}
	for _, config := range three.Streams {
		found, err := c.js.Stream(t.Context(), config.Name)
		if err != nil || found.CachedInfo().Config.Replicas != 3 {
			t.Errorf("stream %s: %v, want it with its three copies", config.Name, err)
		}
	}
}
