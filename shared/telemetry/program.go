package telemetry

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// FlushTime bounds how long Close takes. It is a part of the 20 s that a process has to end in after its grace (config.Shutdown).
const FlushTime = 3 * time.Second

// A Program is whose spans they are.
type Program struct {
	Env           []string // As os.Environ gives it.
	Name, Version string   // Its own. OTEL_SERVICE_NAME may call it otherwise.
	Log           zerolog.Logger
}

// New makes the tracer of a program. It sends nothing yet, and has no error: what is wrong with the variables is warned of, by their
// names, and nothing is sent. It silences the libraries of OpenTelemetry in the whole process: whoever embeds a stage in a program that
// wants to hear them makes a tracer with [Using] instead.
func New(ctx context.Context, p Program) *Tracer {
	silence()
	to, err := collector(p.Env)
	if err != nil {
		p.Log.Warn().Err(err).Msg("spans are not sent")
	}
	if to == nil {
		return Using(sdk.NewTracerProvider(sdk.WithSampler(sdk.NeverSample())))
	}
	client, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to.String()))
	if err != nil {
		p.Log.Warn().Str("error", reason(err)).Msg("spans are not sent")
		return Using(sdk.NewTracerProvider(sdk.WithSampler(sdk.NeverSample())))
	}
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	out := newExporter(over, client, p.Log)
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(out), // Bounded, and it drops what it has no room for: defaults of the library.
		sdk.WithResource(p.resource(ctx)),
	)
	p.Log.Info().Str("server", to.Host).Msg("sending spans")
	t := Using(provider)
	t.closeFunc = func() {
		defer end() // Whatever is under way then is left.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), FlushTime)
		defer cancel()
		err := provider.Shutdown(ctx)
		out.hush()
		if err != nil {
			p.Log.Warn().Str("error", reason(err)).Msg("the last spans were not sent")
		}
	}
	return t
}

// silence keeps the libraries from standard error, where they print what they cannot read of the environment, keys and all, even while
// nothing is sent: a sampler, an attribute of the resource. What there is to hear from them New and the exporter say themselves.
func silence() {
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
}

// resource is what is told of the process with every batch of spans. What the environment says of it was found to be legible.
func (p Program) resource(ctx context.Context) *resource.Resource {
	all, _ := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", p.Name), attribute.String("service.version", p.Version)),
		resource.WithFromEnv()) // Last: it takes precedence.
	return all
}
