package lookup

import (
	"errors"

	"vtq.internal/shared/config"
)

// Config is what a site may set of the lookup stage.
type Config struct {
	Concurrency int  `env:"VTQ_LOOKUP_CONCURRENCY" envDefault:"4" doc:"Jobs that one worker has in hand at a time, in each lane."`
	OtherScheme bool `env:"VTQ_URL_OTHER_SCHEME" envDefault:"false" doc:"Ask for a URL without scheme under https:// too, when it is unknown under http://. Costs a second request."`

	// UrgentReserve and the shares end with the day's last hour: what nobody used is anybody's.
	UrgentReserve float64 `env:"VTQ_URGENT_RESERVE" envDefault:"0.05" doc:"Share of the day that is kept for urgent lookups until its last hour, 0 to 0.9. Above 0, a slot of the minute is kept as well, where the minute has 4 requests or more."`
	ShareUrgent   float64 `env:"VTQ_SHARE_URGENT" envDefault:"1" doc:"Largest share of the day for urgent lookups until its last hour, 0.01 to 1."`
	ShareFresh    float64 `env:"VTQ_SHARE_FRESH" envDefault:"1" doc:"The same for indicators that were never asked about."`
	ShareRefresh  float64 `env:"VTQ_SHARE_REFRESH" envDefault:"0.75" doc:"The same for answers that have grown old: new indicators do not find the day spent on them."`
}

// Heading names the block.
func (Config) Heading() string { return "Lookup" }

const (
	// maxConcurrency bounds the requests of one worker: 64 at 150 ms are 25,000 a minute, near the largest quota that is sold.
	maxConcurrency = 64
	// maxReserve leaves something to the backlog, and minShare to each lane.
	maxReserve, minShare = 0.9, 0.01
)

// Validate checks what the types cannot.
func (c Config) Validate() error {
	return errors.Join(
		config.Between("VTQ_LOOKUP_CONCURRENCY", c.Concurrency, 1, maxConcurrency),
		config.Between("VTQ_URGENT_RESERVE", c.UrgentReserve, 0, maxReserve),
		config.Between("VTQ_SHARE_URGENT", c.ShareUrgent, minShare, 1),
		config.Between("VTQ_SHARE_FRESH", c.ShareFresh, minShare, 1),
		config.Between("VTQ_SHARE_REFRESH", c.ShareRefresh, minShare, 1),
	)
}
