// Package recall remembers what providers said, from the verdict stream.
//
// The answer about an object is the newest verdict under its key, whoever asked. An object may also be known under another
// name: an alias leads from the MD5 of a file to the answer that was asked for by its SHA-256. An answer counts while it is
// fresh, by the same ages as in the producer, and when it was given after what the job already knows.
//
// A direct read may be answered by a server that is slightly behind. A miss costs a request, never a wrong answer.
package recall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// How an answer was found, as logs and metrics spell it.
const (
	Hit   = "hit"
	Alias = "alias"
	Miss  = "miss"
)

// A Memory finds answers that are still good.
type Memory struct {
	Stream   jetstream.Stream // The verdict stream, with direct reads.
	Provider string
	Policy   verdict.Policy
	Refresh  verdict.Refresh
}

// Find gives a fresh answer about an object that is newer than after. The text is Hit, Alias or, with no answer, Miss.
func (m *Memory) Find(ctx context.Context, object indicator.Object, after time.Time) (verdict.Verdict, string, error) {
	key := object.Key()
	if v, ok, err := m.newest(ctx, key, after); ok || err != nil {
		return v, Hit, err
	}
	other, ok, err := m.alias(ctx, key)
	if !ok || err != nil {
		return verdict.Verdict{}, Miss, err
	}
	if v, ok, err := m.newest(ctx, other, after); ok || err != nil {
		return v, Alias, err
	}
	return verdict.Verdict{}, Miss, nil
}

// newest gives the newest answer that stands under a key and is about its object. Where the provider knew a URL only under its other
// scheme, the answer for the indicator that asked is about that one; what was said about the object itself then stands under id 0.
func (m *Memory) newest(ctx context.Context, key indicator.Key, after time.Time) (verdict.Verdict, bool, error) {
	itself := wire.VerdictAddress{Provider: m.Provider, Key: key}
	for _, subject := range []string{wire.VerdictsOf(m.Provider, key), itself.Subject()} {
		body, err := m.last(ctx, subject)
		if body == nil || err != nil {
			return verdict.Verdict{}, false, err
		}
		message, err := wire.DecodeVerdict(body)
		if err != nil {
			return verdict.Verdict{}, false, nil //nolint:nilerr // What cannot be read is asked again.
		}
		if message.Object.Key() != key {
			continue
		}
		v := message.Verdict
		due := m.Refresh.Due(m.Policy.Classify(v), v.Asked, key)
		return v, time.Now().Before(due) && v.Asked.After(after), nil
	}
	return verdict.Verdict{}, false, nil
}

func (m *Memory) alias(ctx context.Context, key indicator.Key) (indicator.Key, bool, error) {
	body, err := m.last(ctx, wire.AliasSubject(m.Provider, key))
	if body == nil || err != nil {
		return "", false, err
	}
	alias, err := wire.DecodeAlias(body)
	return alias.Key, err == nil, nil
}

// readTimeout bounds one read, whatever the context allows: what is on its way while a server goes away gets no answer.
const readTimeout = 5 * time.Second

// last reads the newest message of a subject; nil when there is none.
func (m *Memory) last(ctx context.Context, subject string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	message, err := m.Stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is known: %w", fault.New(fault.Transient, err))
	}
	return message.Data, nil
}
