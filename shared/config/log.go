package config

import "errors"

// Values of LOG_FORMAT.
const (
	LogJSON    = "json"
	LogConsole = "console"
)

// Log says what is logged, and how it looks.
type Log struct {
	Level  string `env:"LOG_LEVEL" envDefault:"info" doc:"The least level that is logged: debug, info, warn or error."`
	Format string `env:"LOG_FORMAT" envDefault:"json" doc:"Lines for machines (json) or for people (console)."`

	// NoColor follows no-color.org: any value at all means no colours. Commands
	// set it themselves when they do not write to a terminal.
	NoColor string `env:"NO_COLOR" doc:"Any value leaves the colours out of LOG_FORMAT=console."`
}

// Heading names the block.
func (Log) Heading() string { return "Logging" }

// Validate checks that level and format are among those known.
func (l Log) Validate() error {
	return errors.Join(
		OneOf("LOG_LEVEL", l.Level, "debug", "info", "warn", "error"),
		OneOf("LOG_FORMAT", l.Format, LogJSON, LogConsole),
	)
}
