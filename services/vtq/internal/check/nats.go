package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"vtq.internal/services/vtq"
	"vtq.internal/services/vtq/internal/embedded"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/stream"
)

const nameNATS = "NATS"

// reachNATS looks at the server that is configured, else at the embedded one.
func reachNATS(ctx context.Context, environ []string) []Result {
	var s vtq.Settings
	if err := config.Load(environ, &s.NATS, &s.Data, &s.Verdicts, &s.Providers.Routing); err != nil {
		return untried(nameNATS, misconfigured)
	}
	if len(s.NATS.URL) > 0 {
		return server(ctx, s, s.NATS, "connecting to "+strings.Join(s.NATS.URL, ", "))
	}
	tried := "looking for the embedded server of directory " + s.Data.Dir
	found, err := embedded.Find(s.Data.Dir)
	switch {
	case errors.Is(err, embedded.ErrNotRunning):
		return []Result{{Check: nameNATS, State: OK, Tried: tried, Found: "not running; vtq up starts it"}}
	case err != nil:
		return []Result{failed(nameNATS, tried, err, "if it has just been started, try again; else stop the vtq that runs there")}
	}
	return server(ctx, s, found, tried)
}

// server looks at a server that somebody runs: its age, its certificate, and its streams.
func server(ctx context.Context, s vtq.Settings, at config.NATS, tried string) []Result {
	nc, err := dial.NATS(ctx, at, "check", zerolog.Nop())
	if err != nil {
		return []Result{failed(nameNATS, tried, err, "start the server, or check NATS_URL and the other NATS_ variables")}
	}
	defer nc.Close()
	if err := stream.CheckServer(nc); err != nil {
		return []Result{failed(nameNATS, tried, err, "upgrade the server")}
	}
	connected := Result{Check: nameNATS, State: OK, Tried: tried, Found: fmt.Sprintf("connected, version %s", nc.ConnectedServerVersion())}
	return slices.Concat([]Result{connected}, certificate(nc), []Result{streams(ctx, s, nc)}, former(ctx, s, nc), room(ctx, s, nc))
}

// What stands in for the same error about each stream.
var (
	errSilent = errors.New("JetStream does not answer")
	errSlow   = errors.New("JetStream does not answer in time")
)

const nameStreams = "streams"

// streams compares what is there with what is needed.
func streams(ctx context.Context, s vtq.Settings, nc *nats.Conn) Result {
	const name, tried = nameStreams, "comparing the streams with what vtq needs"
	topology, err := s.Topology()
	if err != nil {
		return Result{Check: name, State: Wrong, Tried: tried, Found: err.Error(), Mend: "check NATS_REPLICAS"}
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return failed(name, tried, err, "enable JetStream on the server")
	}
	drift := stream.Diff(ctx, js, topology)
	switch {
	case drift == nil:
		return Result{Check: name, State: OK, Tried: tried, Found: "all there, and as they should be"}
	case errors.Is(drift, nats.ErrNoResponders), errors.Is(drift, jetstream.ErrJetStreamNotEnabled),
		errors.Is(drift, jetstream.ErrJetStreamNotEnabledForAccount):
		return failed(name, tried, errSilent, "enable JetStream on the server and for the account")
	case errors.Is(drift, nats.ErrTimeout), errors.Is(drift, context.DeadlineExceeded):
		return failed(name, tried, errSlow, "see whether JetStream has a leader, and whether the account may use it")
	case missing(drift):
		found := "none there yet"
		if _, err := js.Stream(ctx, stream.Jobs); err == nil {
			found = "some are not there yet, as of routes that are new" // Or were deleted: it comes to the same.
		}
		return Result{Check: name, State: OK, Tried: tried, Found: found + "; vtq up and vtq setup make them"}
	}
	mend := "vtq up and vtq setup bring them up to date; what they cannot change they say"
	if len(s.NATS.URL) > 0 && errors.Is(stream.Shrinks(ctx, js, topology), stream.ErrShrinks) { // The embedded server follows its settings.
		mend = "vtq up and vtq setup take nothing away: set NATS_REPLICAS and the VTQ_REFRESH_ variables as the services have them, " +
			"or run vtq setup --shrink if it is meant"
	}
	return Result{Check: name, State: Note, Tried: tried, Found: strings.ReplaceAll(drift.Error(), "\n", "; "), Mend: mend}
}

// missing walks the joined errors by hand: errors.Is would be content with one stream that is not there, and hide the drift of
// another. It tells whether everything that differs is not there at all.
func missing(drift error) bool {
	if many, ok := drift.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			if !missing(one) {
				return false
			}
		}
		return true
	}
	return errors.Is(drift, jetstream.ErrStreamNotFound) || errors.Is(drift, jetstream.ErrConsumerNotFound) ||
		errors.Is(drift, jetstream.ErrBucketNotFound)
}
