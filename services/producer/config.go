package producer

import (
	"errors"
	"fmt"
	"time"

	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/threatq"
)

// Config is what a site may set of the producer.
type Config struct {
	Collection       string        `env:"THREATQ_COLLECTION" doc:"Data collection to enrich, by name or by hash; unset means everything that is or becomes updated."`
	SelectionFile    string        `env:"THREATQ_SELECTION_FILE" doc:"File of indicator ids or values, one a line, to enrich instead of a collection."`
	PageSize         int           `env:"THREATQ_PAGE_SIZE" envDefault:"1000" doc:"Indicators in one page, 1 to 1000."`
	Poll             time.Duration `env:"VTQ_POLL" envDefault:"1m" doc:"How often ThreatQ is asked for updated indicators."`
	Overlap          time.Duration `env:"VTQ_OVERLAP" envDefault:"5m" doc:"How far polls reach back behind the newest update, until they have seen it for as long: longer than ThreatQ's search index lags."`
	Sweep            time.Duration `env:"VTQ_SWEEP" envDefault:"24h" doc:"How often the whole selection is walked for verdicts that grew old and for whatever was missed."`
	MaxTLP           admit.TLP     `env:"VTQ_MAX_TLP" envDefault:"AMBER" doc:"Highest marking that is sent to a provider: CLEAR, GREEN, AMBER or AMBER+STRICT; RED never is."`
	DefaultTLP       admit.TLP     `env:"VTQ_DEFAULT_TLP" envDefault:"CLEAR" doc:"Marking of an indicator that bears none."`
	InternalSuffixes []string      `env:"VTQ_INTERNAL_SUFFIXES" doc:"Domains of the house that are never asked about, such as corp.example.com."`
	SkipStatuses     []string      `env:"VTQ_SKIP_STATUSES" envDefault:"Whitelisted" doc:"ThreatQ statuses that are never asked about."`
}

// Heading names the block.
func (Config) Heading() string { return "What is enriched" }

// Bounds of the intervals. A second is the grain of ThreatQ's times, a month the age at which a sweep heals nothing any more.
const (
	minInterval = time.Second
	maxInterval = 31 * 24 * time.Hour
)

// Validate checks what the types cannot.
func (c Config) Validate() error {
	return errors.Join(
		c.validateSelection(),
		config.Between("THREATQ_PAGE_SIZE", c.PageSize, 1, threatq.MaxPage),
		config.Between("VTQ_POLL", c.Poll, minInterval, maxInterval),
		config.Between("VTQ_OVERLAP", c.Overlap, 0, maxInterval),
		config.Between("VTQ_SWEEP", c.Sweep, minInterval, maxInterval),
		c.validateTLP(),
		c.validateSuffixes(),
	)
}

func (c Config) validateSuffixes() error {
	var all []error
	for _, suffix := range c.InternalSuffixes {
		if _, err := indicator.ParseSuffix(suffix); err != nil {
			all = append(all, fmt.Errorf("VTQ_INTERNAL_SUFFIXES: %w", err))
		}
	}
	return errors.Join(all...)
}

func (c Config) validateSelection() error {
	if c.Collection != "" && c.SelectionFile != "" {
		return errors.New("THREATQ_SELECTION_FILE: wants to stand alone; unset it or THREATQ_COLLECTION")
	}
	return config.Readable("THREATQ_SELECTION_FILE", c.SelectionFile)
}

func (c Config) validateTLP() error {
	if c.MaxTLP == admit.Red {
		return fmt.Errorf("VTQ_MAX_TLP: wants CLEAR, GREEN, AMBER or AMBER+STRICT (got %v); RED is never sent", c.MaxTLP)
	}
	return nil
}
