package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// Eyes see what the operator's role may see of the cluster.
type Eyes struct{ js jetstream.JetStream }

// NewEyes looks through a connection of the admin.
func NewEyes(nc *nats.Conn) (*Eyes, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("looking at the cluster: %w", err)
	}
	return &Eyes{js}, nil
}

// streams are all that vtq has.
func streams() []string {
	return []string{
		stream.Jobs, stream.Urgent, stream.Verdicts, stream.DeadLetters, stream.Quota, stream.Spend, stream.Written, stream.StateStream,
	}
}

// Leader names the server that leads a stream. During an election there is none.
func (e *Eyes) Leader(ctx context.Context, name string) (string, error) {
	s, err := e.js.Stream(ctx, name)
	if err != nil {
		return "", fmt.Errorf("looking for the leader of %s: %w", name, err)
	}
	if group := s.CachedInfo().Cluster; group != nil && group.Leader != "" {
		return group.Leader, nil
	}
	return "", fmt.Errorf("%s has no leader: %w", name, errNotYet)
}

// Whole is nil when every stream has a leader and followers that have caught up, so that a server can be spared.
func (e *Eyes) Whole(ctx context.Context) error {
	for _, name := range streams() {
		s, err := e.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("looking at %s: %w", name, err)
		}
		group := s.CachedInfo().Cluster
		if group == nil || group.Leader == "" || len(group.Replicas) != nodes-1 {
			return fmt.Errorf("%s has no leader with two followers: %w", name, errNotYet)
		}
		for _, follower := range group.Replicas {
			if follower.Offline || !follower.Current {
				return fmt.Errorf("%s is behind with %s: %w", follower.Name, name, errNotYet)
			}
		}
	}
	return nil
}

// Waiting is how many messages a stream holds.
func (e *Eyes) Waiting(ctx context.Context, name string) (uint64, error) {
	s, err := e.js.Stream(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("looking at %s: %w", name, err)
	}
	return s.CachedInfo().State.Msgs, nil
}

// Idle is nil when nothing is left to be done.
func (e *Eyes) Idle(ctx context.Context) error {
	var all []error
	for _, name := range []string{stream.Jobs, stream.Urgent} {
		n, err := e.Waiting(ctx, name)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d messages in %s", n, name)
		}
		all = append(all, err)
	}
	consumers := map[string]string{stream.Writer: stream.Verdicts}
	for _, lane := range wire.Lanes() {
		consumers[stream.LookupConsumer(lane, provider.VirusTotal)] = stream.LaneStream(lane)
	}
	for name, of := range consumers {
		all = append(all, e.done(ctx, of, name))
	}
	return errors.Join(all...)
}

// done is nil when a consumer has nothing to give and nothing in hand.
func (e *Eyes) done(ctx context.Context, of, name string) error {
	c, err := e.js.Consumer(ctx, of, name)
	if err != nil {
		return fmt.Errorf("looking at %s: %w", name, err)
	}
	if info := c.CachedInfo(); info.NumPending > 0 || info.NumAckPending > 0 {
		return fmt.Errorf("%d messages pending and %d in hand of %s", info.NumPending, info.NumAckPending, name)
	}
	return nil
}
