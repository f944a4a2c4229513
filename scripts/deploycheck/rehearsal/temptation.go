package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/testkit/trespass"
)

// Tempt has every role try what it may not do, over a connection of its own. All of it has to be refused. It returns how much was.
func Tempt(ctx context.Context, all []trespass.Trespass, connect func(grant.Role) (*nats.Conn, error)) (refused int, err error) {
	conns := map[grant.Role]*nats.Conn{}
	for _, role := range grant.Roles() {
		nc, err := connect(role)
		if err != nil {
			return 0, err
		}
		defer nc.Close() // When all is tried.
		conns[role] = nc
	}
	var passed []error
	for _, t := range all {
		if err := t.Try(ctx, conns[t.Role]); err != nil {
			passed = append(passed, err)
			continue
		}
		refused++
	}
	return refused, errors.Join(passed...)
}

// Told is nil when for everything that was tried the servers' logs have a violation by the role's key at the subject; but for rollups, where
// the role may publish and the stream is what refuses.
func Told(all []trespass.Trespass, users map[string]string, violations []Violation) error {
	told := map[[2]string]bool{}
	for _, v := range violations {
		told[[2]string{v.User, v.Subject}] = true
	}
	var silent []error
	for _, t := range all {
		if !t.Rollup && !told[[2]string{users[string(t.Role)], t.Publish + t.Subscribe}] {
			silent = append(silent, fmt.Errorf("no server's log tells of %v: %s%s", t, t.Publish, t.Subscribe))
		}
	}
	return errors.Join(silent...)
}
