package daemon

import (
	"slices"

	"vtq.internal/shared/config"
)

// warnings are what is said of an environment that can be read, and does not stop the service.
func (s Service) warnings(environ []string) []string {
	warnings := s.unknown(environ)
	if s.WarnFunc != nil {
		warnings = append(warnings, s.WarnFunc()...)
	}
	return warnings
}

// unknown warns of variables that nobody reads. What other services read is known here: they may all be given one environment.
func (s Service) unknown(environ []string) []string {
	return config.Unknown(environ, append(slices.Clone(s.Settings),
		&config.ThreatQ{}, &config.Providers{}, &config.Verdicts{}, &config.Shutdown{}, &config.Admin{}, &elsewhere{})...)
}

// elsewhere has the variables that one service alone reads. They are repeated here, since a service does not know the others; a
// test of the command, which knows all, fails when one is missing.
type elsewhere struct {
	// Of the producer.
	Collection       string `env:"THREATQ_COLLECTION"`
	SelectionFile    string `env:"THREATQ_SELECTION_FILE"`
	PageSize         string `env:"THREATQ_PAGE_SIZE"`
	Poll             string `env:"VTQ_POLL"`
	Overlap          string `env:"VTQ_OVERLAP"`
	Sweep            string `env:"VTQ_SWEEP"`
	MaxTLP           string `env:"VTQ_MAX_TLP"`
	DefaultTLP       string `env:"VTQ_DEFAULT_TLP"`
	InternalSuffixes string `env:"VTQ_INTERNAL_SUFFIXES"`
	SkipStatuses     string `env:"VTQ_SKIP_STATUSES"`
	// Of the lookup.
	LookupConcurrency string `env:"VTQ_LOOKUP_CONCURRENCY"`
	OtherScheme       string `env:"VTQ_URL_OTHER_SCHEME"`
	UrgentReserve     string `env:"VTQ_URGENT_RESERVE"`
	ShareUrgent       string `env:"VTQ_SHARE_URGENT"`
	ShareFresh        string `env:"VTQ_SHARE_FRESH"`
	ShareRefresh      string `env:"VTQ_SHARE_REFRESH"`
	// Of the writer.
	Attributes       string `env:"VTQ_ATTRIBUTES"`
	AttributeNames   string `env:"VTQ_ATTRIBUTE_NAMES"`
	AttributePrefix  string `env:"VTQ_ATTRIBUTE_PREFIX"`
	Source           string `env:"VTQ_SOURCE"`
	Score            string `env:"VTQ_SCORE"`
	WriteConcurrency string `env:"VTQ_WRITE_CONCURRENCY"`
	WriteMode        string `env:"VTQ_WRITE_MODE"`
	// Of the command.
	DataDir string `env:"VTQ_DATA_DIR"`
}
