package budget

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup/internal/quota"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

const (
	// retryWait is how soon a slot is tried again that should have expired and has not: the server expires in lumps, up to 250 ms
	// apart when several are due.
	retryWait = 25 * time.Millisecond
	// errorWait is how soon the server is asked again after an error: an election takes seconds.
	errorWait = time.Second
	// readTimeout bounds a read of the slots: 60 kB at most.
	readTimeout = 5 * time.Second
	// clockTimeout bounds a reading of the server's clock, and with it the error of what it says: well below the guard.
	clockTimeout = 2 * time.Second
	// stampMargin is how near to midnight the day of a take is read off the server's time stamp. Farther away the clock may be off
	// by this much without harm.
	stampMargin = 10 * time.Minute
)

// A window takes slots on the server.
type window struct {
	js      jetstream.JetStream
	quotas  jetstream.Stream
	account wire.Account
	slots   quota.Slots // None without a limit.
	backlog int         // How many of them, from the first, are not for urgent jobs alone.
	dated   bool        // A day or a month is limited, too.
	clock   *clock
	seen    sighting

	heldFunc func(left time.Duration) // Hears of the hold that was seen; zero for none.
}

// take tries to take a slot for a lane, and tells how long to wait before the next try. It gives the tickets of the slot, or none.
func (w *window) take(ctx context.Context, lane wire.Lane) ([]*ticket, time.Duration, error) {
	if w.clock.stale() {
		if err := w.setClock(ctx); err != nil {
			return nil, errorWait, err
		}
	}
	if wait := w.guarded(w.clock.now()); wait > 0 {
		return nil, wait, nil
	}
	live, err := w.live(ctx)
	if err != nil {
		return nil, errorWait, err
	}
	w.heldFunc(live.held)
	w.seen.saw(live.taken)
	switch {
	case live.held > 0:
		return nil, live.held, nil
	case len(w.slots.Shares) == 0:
		return w.unlimited()
	}
	return w.takeOf(ctx, live, w.order(lane))
}

// unlimited gives a ticket where there are no slots. The read before it may have taken us to midnight, or through a suspension.
func (w *window) unlimited() ([]*ticket, time.Duration, error) {
	t := &ticket{asked: time.Now(), age: w.slots.Age, day: w.clock.now()}
	if w.clock.stale() || w.guarded(t.day) > 0 {
		return nil, retryWait, nil
	}
	return []*ticket{t}, 0, nil
}

// takeOf tries slots in turn, but those that are known to be taken.
func (w *window) takeOf(ctx context.Context, live view, slots []int) ([]*ticket, time.Duration, error) {
	for _, slot := range slots {
		if _, taken := live.taken[slot]; taken {
			continue
		}
		tickets, err := w.try(ctx, slot)
		switch {
		case err == nil:
			return tickets, 0, nil
		case errors.Is(err, errUndated):
			return nil, errorWait, nil
		case !refused(err):
			return nil, errorWait, fmt.Errorf("taking a slot: %w", err) // It may be taken or not: it is not ours.
		}
		live.taken[slot] = live.now // Somebody was faster, or the read was behind: it is looked at again soon.
		w.seen.took(slot, live.now.Add(w.slots.TTL))
	}
	return nil, live.wait(slots, w.slots.TTL), nil
}

// order lists the slots that a lane may take: in random order, so that workers do not all try the same, and the reserved one last, so
// that urgent jobs leave it to one another as long as they can.
func (w *window) order(lane wire.Lane) []int {
	slots := rand.Perm(w.backlog) //nolint:gosec // An order, not a secret.
	for slot := w.backlog; lane == wire.Urgent && slot < len(w.slots.Shares); slot++ {
		slots = append(slots, slot)
	}
	return slots
}

// setClock reads the server's clock. It is behind by the way of the answer, at most clockTimeout.
func (w *window) setClock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clockTimeout)
	defer cancel()
	info, err := w.quotas.Info(ctx)
	if err != nil {
		return fmt.Errorf("reading the server's clock: %w", err)
	}
	w.clock.set(info.TimeStamp, time.Now())
	return nil
}

// guarded tells how long nothing may be taken, since it could not be told which day it counts for.
func (w *window) guarded(t time.Time) time.Duration {
	if !w.dated {
		return 0
	}
	return quota.Guarded(t)
}

// try takes one slot. A timeout is no grant, and the publish is never repeated: it may have been stored.
func (w *window) try(ctx context.Context, slot int) ([]*ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, w.slots.Age)
	defer cancel()
	asked := time.Now()
	ack, err := w.js.Publish(ctx, w.account.SlotSubject(slot), nil,
		jetstream.WithMsgTTL(w.slots.TTL), jetstream.WithExpectStream(stream.Quota), jetstream.WithRetryAttempts(0))
	if err != nil {
		return nil, err
	}
	w.seen.took(slot, w.clock.now().Add(w.slots.TTL))
	day, err := w.stamp(ctx, ack.Sequence)
	if err != nil || w.guarded(day) > 0 {
		return nil, errUndated
	}
	tickets := make([]*ticket, w.slots.Shares[slot])
	for i := range tickets {
		tickets[i] = &ticket{asked: asked, age: w.slots.Age, day: day}
	}
	return tickets, nil
}

// errUndated means that it cannot be told which day a slot counts for: it was taken too near to midnight, or our clock cannot be gone
// by and the server's time of the take not be read. It is left to expire.
var errUndated = errors.New("the day of a slot is not known")

// stamp is the server's time of a take. It is read near midnight, since the day depends on it, and when the clock has become stale
// since it was looked at: the machine was suspended. Where it cannot be read near midnight the clock has to do: the guard is wider
// than its error. A suspension after the take was asked for does not matter here, as it voids the ticket.
func (w *window) stamp(ctx context.Context, sequence uint64) (time.Time, error) {
	now, stale := w.clock.now(), w.clock.stale()
	if !w.dated || !stale && !quota.NearMidnight(now, stampMargin) {
		return now, nil
	}
	message, err := w.quotas.GetMsg(ctx, sequence)
	switch {
	case err == nil:
		return message.Time, nil
	case stale:
		return now, fmt.Errorf("reading when a slot was taken: %w", err)
	}
	return now, nil
}

// refused tells that a slot's last take still lives.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && strings.Contains(api.Description, "per subject")
}
