package logging

import (
	"io"
	"time"

	"github.com/rs/zerolog"

	"vtq.internal/shared/config"
)

const (
	timeFormat    = "2006-01-02T15:04:05.000Z07:00" // RFC 3339 with milliseconds.
	consoleFormat = "15:04:05.000"                  // People know the day.
)

// New returns a logger that writes lines from cfg.Level upwards to w, each with
// the name of the service. A zero cfg means JSON from info upwards. w is
// written to by one call per line, from any goroutine.
func New(w io.Writer, cfg config.Log, service string) zerolog.Logger {
	if cfg.Format == config.LogConsole {
		w = zerolog.ConsoleWriter{Out: w, NoColor: cfg.NoColor != "", TimeFormat: consoleFormat, TimeLocation: time.UTC}
	}
	return zerolog.New(w).
		Level(level(cfg.Level)).
		With().Str("service", service).Logger().
		Hook(zerolog.HookFunc(stamp))
}

// level is the zerolog level of LOG_LEVEL, whose values config has checked.
func level(name string) zerolog.Level {
	l, err := zerolog.ParseLevel(name)
	if err != nil || l == zerolog.NoLevel {
		return zerolog.InfoLevel
	}
	return l
}

// stamp adds the time to a line.
func stamp(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format(timeFormat))
}
