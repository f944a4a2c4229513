package lookup

import "vtq.internal/shared/config"

// Config is what a site may set of the lookup stage.
type Config struct {
	Concurrency int  `env:"VTQ_LOOKUP_CONCURRENCY" envDefault:"4" doc:"Jobs that one worker has in hand at a time, in each lane."`
	OtherScheme bool `env:"VTQ_URL_OTHER_SCHEME" envDefault:"false" doc:"Ask for a URL without scheme under https:// too, when it is unknown under http://. Costs a second request."`
}

// Heading names the block.
func (Config) Heading() string { return "Lookup" }

// maxConcurrency bounds the requests of one worker: 64 at 150 ms are 25,000 a minute, near the largest quota that is sold.
const maxConcurrency = 64

// Validate checks what the types cannot.
func (c Config) Validate() error {
	return config.Between("VTQ_LOOKUP_CONCURRENCY", c.Concurrency, 1, maxConcurrency)
}
