package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"regexp"
	"sync"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"vtq.internal/shared/logging"
)

// An exporter sends spans, and tells in the log what could not be sent. The library would hand errors to a handler of the whole process.
type exporter struct {
	sdk.SpanExporter

	underFunc func(context.Context) (context.Context, context.CancelFunc)
	log       zerolog.Logger

	mu     sync.Mutex
	fold   logging.Fold
	lost   int  // Spans since the last line.
	silent bool // Nobody reads the log any more.
}

// newExporter sends by a client until over ends, and then nothing any more.
func newExporter(over context.Context, client sdk.SpanExporter, log zerolog.Logger) *exporter {
	return &exporter{SpanExporter: client, log: log, underFunc: func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(over, cancel)
		return ctx, func() { stop(); cancel() }
	}}
}

// ExportSpans implements sdk.SpanExporter. It has no error: there is nobody to hear it.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := e.underFunc(ctx)
	defer cancel()
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	e.tell(err, len(spans))
	return nil
}

// tell says in the log, once a minute, that spans were not sent.
func (e *exporter) tell(err error, spans int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost += spans
	if repeats, ok := e.fold.Allow("export"); ok && !e.silent {
		e.log.Warn().Str("error", reason(err)).Int("spans", e.lost).Int("repeats", repeats).Msg("spans were not sent")
		e.lost = 0
	}
}

// hush ends the telling: what is left of a queue after a stop fails batch by batch, when the log may be closed.
func (e *exporter) hush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent = true
}

// refused finds the status in the library's words for an answer that is no success.
var refused = regexp.MustCompile(`failed to send to \S+: ([1-5]\d\d)\b`)

// reason says why spans could not be sent, in words of ours: an error of the library has the collector's answer in it, which may repeat
// the key that it was sent.
func reason(err error) string {
	if status := refused.FindStringSubmatch(err.Error()); status != nil {
		return "the collector answers with status " + status[1]
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "no answer in time"
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Error() // An address, and what the system says of it.
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the collector's certificate is not trusted"
	}
	return "the collector cannot be reached, or refuses them"
}
