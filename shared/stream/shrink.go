package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrShrinks means that a server has more than a topology asks for, so that Ensure would lose some of it.
var ErrShrinks = errors.New("less than what stands there")

// Who says how much a stream has, for whoever has to set it right.
const (
	byReplicas = "NATS_REPLICAS"
	byRefresh  = "the VTQ_REFRESH_ variables"
	byVersion  = "this version of vtq"
)

// Extend is Ensure where nothing is lost by it. Else nothing is changed, and the error is ErrShrinks: it names what would be lost, and the
// way to have it so.
func Extend(ctx context.Context, js jetstream.JetStream, t Topology) error {
	err := Shrinks(ctx, js, t)
	if errors.Is(err, ErrShrinks) {
		return fmt.Errorf("nothing was changed, since something would be lost:\n%w\n"+
			"set these as the services have them, or run vtq setup --shrink if it is meant", err)
	}
	if err != nil {
		return fmt.Errorf("comparing with what stands there: %w", err)
	}
	return Ensure(ctx, js, t)
}

// Shrinks reports what Ensure would lose of what the server has: copies of a stream, or messages beyond a shorter age or a smaller bound,
// which the server drops at once. Each line names the stream, both values and who says so; all of them are ErrShrinks. Nil when nothing
// is lost: what is missing yet loses nothing, and consumers that a topology does not name stay. Nothing is changed. A server that does
// not answer is asked no further.
func Shrinks(ctx context.Context, js jetstream.JetStream, t Topology) error {
	var all []error
	for _, want := range t.Streams {
		err := shrinksStream(ctx, js, want)
		if err != nil && !errors.Is(err, ErrShrinks) {
			return err
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

func shrinksStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) error {
	name := "stream " + want.Name
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	got := stream.CachedInfo().Config
	age := byVersion
	if want.Name == Verdicts { // The one age that settings decide.
		age = byRefresh
	}
	return errors.Join(
		shrinks(name, "replicas", byReplicas, got.Replicas, want.Replicas),
		shrinks(name, "max age", age, got.MaxAge, want.MaxAge),
		shrinks(name, "max bytes", byVersion, got.MaxBytes, want.MaxBytes),
		shrinks(name, "max messages", byVersion, got.MaxMsgs, want.MaxMsgs),
		shrinks(name, "messages per subject", byVersion, got.MaxMsgsPerSubject, want.MaxMsgsPerSubject),
	)
}

// shrinks compares a bound with what stands there. Of either, what is not above zero is no bound at all.
func shrinks[T int | int64 | time.Duration](name, what, by string, got, want T) error {
	if want <= 0 || got > 0 && got <= want {
		return nil
	}
	return fmt.Errorf("%s: %s would go from %s to %v, by %s: %w", name, what, bound(got), want, by, ErrShrinks)
}

// bound words what stands there.
func bound[T int | int64 | time.Duration](got T) string {
	if got <= 0 {
		return "no limit"
	}
	return fmt.Sprint(got)
}
