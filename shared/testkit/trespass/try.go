package trespass

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/grant"
)

// A Trespass is something that a role must not be able to do.
type Trespass struct {
	Role grant.Role
	Name string // What it would come to.
	// Publish or Subscribe is the subject, and the other is empty.
	Publish, Subscribe string
	Body               string
	// Rollup is to have the stream behind the subject, where the role may publish, purge all that it holds. No right keeps anybody from
	// it: the stream has to refuse.
	Rollup bool
}

// String names the role and what it would come to.
func (t Trespass) String() string { return fmt.Sprintf("%s: %s", t.Role, t.Name) }

// answerTime bounds the wait for the server's answer to what is asked after the try.
const answerTime = 10 * time.Second

// Try tries it over a connection of the role. The error is nil when the server has refused it. A server says so before it answers what
// is asked next, and the client takes note of it in that order, so that nothing has to be waited for; to be the last to be refused,
// the connection must be nobody else's meanwhile.
func (t Trespass) Try(ctx context.Context, nc *nats.Conn) error {
	if t.Rollup {
		return t.rollUp(ctx, nc)
	}
	if err := t.send(nc); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := nc.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("%v: asking the server: %w", t, err)
	}
	if err := nc.LastError(); !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), t.refusal()) {
		return fmt.Errorf("%v: the server let it pass: %s%s", t, t.Publish, t.Subscribe)
	}
	return nil
}

// refusal is how the server's own words for it end.
func (t Trespass) refusal() string {
	if t.Subscribe != "" {
		return fmt.Sprintf("Subscription to %q", t.Subscribe)
	}
	return fmt.Sprintf("Publish to %q", t.Publish)
}

// send publishes or subscribes, with a subject for the answer that the role hears, as a client would.
func (t Trespass) send(nc *nats.Conn) error {
	if t.Subscribe != "" {
		heard, err := nc.SubscribeSync(t.Subscribe)
		if err != nil {
			return fmt.Errorf("%v: subscribing: %w", t, err)
		}
		_ = heard.Unsubscribe() // Refused or not, it is of no more use.
		return nil
	}
	if err := nc.PublishRequest(t.Publish, nc.NewInbox(), []byte(t.Body)); err != nil {
		return fmt.Errorf("%v: publishing: %w", t, err)
	}
	return nil
}

// rollUp asks for it, and wants the stream's answer to be that it does no such thing. A stream of counters, in a cluster, looks at the
// increment first, so that it is asked again with one: beside a rollup it calls any increment invalid (nats-server 2.15).
func (t Trespass) rollUp(ctx context.Context, nc *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	message := nats.NewMsg(t.Publish)
	message.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupAll)
	answer, err := nc.RequestMsgWithContext(ctx, message)
	if err == nil && strings.Contains(string(answer.Data), "counter increment is missing") {
		message.Header.Set(increment, "0")
		answer, err = nc.RequestMsgWithContext(ctx, message)
	}
	if err != nil {
		return fmt.Errorf("%v: asking the stream: %w", t, err)
	}
	word := "rollup"
	if message.Header.Get(increment) != "" {
		word = "counter increment is invalid"
	}
	if !strings.Contains(strings.ToLower(string(answer.Data)), word) {
		return fmt.Errorf("%v: the stream says %.200q, want that it takes no rollups", t, answer.Data)
	}
	return nil
}

// increment is the header of a message that counts (NATS ADR-49).
const increment = "Nats-Incr"
