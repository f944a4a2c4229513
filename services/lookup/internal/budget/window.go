package budget

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
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
)

// A window takes slots on the server.
type window struct {
	js      jetstream.JetStream
	quotas  jetstream.Stream
	account wire.Account
	slots   quota.Slots // None without a limit.
	dated   bool        // A day or a month is limited, too.
	clock   *clock
}

// take tries to take a slot, and tells how long to wait before the next try. It gives the tickets of the slot, or none.
func (w *window) take(ctx context.Context) ([]*ticket, time.Duration) {
	if wait := w.guarded(w.clock.now()); wait > 0 {
		return nil, wait
	}
	live, err := w.live(ctx)
	switch {
	case err != nil:
		return nil, errorWait
	case live.held > 0:
		return nil, live.held
	case len(w.slots.Shares) == 0:
		return []*ticket{{asked: time.Now(), age: quota.Guard, day: w.clock.now()}}, 0
	}
	for _, slot := range live.free(len(w.slots.Shares)) {
		tickets, err := w.try(ctx, slot)
		if err == nil {
			return tickets, 0
		}
		if !refused(err) {
			return nil, errorWait // It may be taken or not: it is not ours.
		}
		live.taken[slot] = live.now // Somebody was faster, or the read was behind: it is looked at again soon.
	}
	return nil, live.wait(w.slots)
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
	day := w.stamp(ctx, ack.Sequence, asked)
	if w.guarded(day) > 0 {
		return nil, errGuarded
	}
	age := w.slots.Age
	if w.dated { // A long-lived permit must not outlive the day that it counts for.
		age = min(age, quota.NextDay(day).Sub(day)-quota.Guard/2)
	}
	tickets := make([]*ticket, w.slots.Shares[slot])
	for i := range tickets {
		tickets[i] = &ticket{asked: asked, age: age, day: day}
	}
	return tickets, nil
}

// errGuarded means that a slot was taken too near to midnight to tell the day: it is left to expire.
var errGuarded = errors.New("too near to midnight")

// stamp reads the server's time of a take, and sets the clock by it. Where it cannot be read, the clock has to do: the guard around
// midnight is wider than its error.
func (w *window) stamp(ctx context.Context, sequence uint64, asked time.Time) time.Time {
	message, err := w.quotas.GetMsg(ctx, sequence)
	if err != nil {
		return w.clock.now()
	}
	w.clock.set(message.Time, asked)
	return message.Time
}

// refused tells that a slot's last take still lives.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && strings.Contains(api.Description, "per subject")
}

// A view is what a read of the slots showed. It may be behind: it saves tries, and grants nothing.
type view struct {
	now   time.Time
	taken map[int]time.Time // When each taken slot expires.
	held  time.Duration     // How long nobody may ask at all.
}

func (w *window) live(ctx context.Context) (view, error) {
	v := view{now: w.clock.now(), taken: map[int]time.Time{}}
	for message, err := range stream.Latest(ctx, w.js, stream.Quota, w.subjects()) {
		if err != nil {
			return v, err
		}
		expires := message.Time.Add(ttl(message.Header))
		name := message.Subject[strings.LastIndexByte(message.Subject, '.')+1:]
		if slot, err := strconv.Atoi(name); err == nil {
			v.taken[slot] = expires
		}
		if message.Subject == w.account.HoldSubject() {
			v.held = max(retryWait, expires.Sub(v.now))
		}
	}
	return v, nil
}

// subjects are those of all slots and of the hold.
func (w *window) subjects() []string {
	all := []string{w.account.HoldSubject()}
	for slot := range w.slots.Shares {
		all = append(all, w.account.SlotSubject(slot))
	}
	return all
}

func ttl(header nats.Header) time.Duration {
	d, _ := time.ParseDuration(header.Get(jetstream.MsgTTLHeader)) // Written by us; zero would only cost a try.
	return d
}

// free lists the slots that look free, in random order, so that workers do not all try the same.
func (v view) free(slots int) []int {
	var free []int
	for _, slot := range rand.Perm(slots) { //nolint:gosec // An order, not a secret.
		if _, taken := v.taken[slot]; !taken {
			free = append(free, slot)
		}
	}
	return free
}

// wait is how long until the first slot expires, with some jitter.
func (v view) wait(slots quota.Slots) time.Duration {
	first := slots.TTL
	for slot, expires := range v.taken {
		if slot < len(slots.Shares) {
			first = min(first, expires.Sub(v.now))
		}
	}
	return max(first, retryWait) + rand.N(retryWait) //nolint:gosec // Jitter, not a secret.
}
