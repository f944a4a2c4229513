package budget

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// A view is what a read of the slots showed. It may be behind: it saves tries, and grants nothing.
type view struct {
	now   time.Time
	taken map[int]time.Time // When each taken slot expires.
	held  time.Duration     // How long nobody may ask at all.
}

// live reads the slots and the holds.
func (w *window) live(ctx context.Context) (view, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
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
		if message.Subject == w.account.HoldSubject() || message.Subject == w.account.LongHoldSubject() {
			v.held = max(v.held, retryWait, expires.Sub(v.now))
		}
	}
	return v, nil
}

// subjects are those of all slots and of the holds.
func (w *window) subjects() []string {
	all := []string{w.account.HoldSubject(), w.account.LongHoldSubject()}
	for slot := range w.slots.Shares {
		all = append(all, w.account.SlotSubject(slot))
	}
	return all
}

func ttl(header nats.Header) time.Duration {
	d, _ := time.ParseDuration(header.Get(jetstream.MsgTTLHeader)) // Written by us; zero would only cost a try.
	return d
}

// wait is how long until the first of some slots expires, with some jitter; a time to live at most.
func (v view) wait(slots []int, most time.Duration) time.Duration {
	for _, slot := range slots {
		if expires, taken := v.taken[slot]; taken {
			most = min(most, expires.Sub(v.now))
		}
	}
	return max(most, retryWait) + rand.N(retryWait) //nolint:gosec // Jitter, not a secret.
}
