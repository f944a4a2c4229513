package vtq

import (
	"vtq.internal/services/lookup"
	"vtq.internal/services/producer"
	"vtq.internal/services/writer"
	"vtq.internal/shared/config"
)

// Settings is all that the environment can say, in the order in which a newcomer meets it.
type Settings struct {
	ThreatQ   config.ThreatQ
	Providers config.Providers
	Producer  producer.Config
	Lookup    lookup.Config
	Verdicts  config.Verdicts
	Writer    writer.Config
	NATS      config.NATS
	Data      Data
	Log       config.Log
	Shutdown  config.Shutdown
	Admin     config.Admin
}

// Data says where vtq keeps what it knows.
type Data struct {
	Dir string `env:"VTQ_DATA_DIR" envDefault:".vtq" doc:"Directory of the embedded NATS server, where NATS_URL is unset."`
}

// Heading names the block.
func (Data) Heading() string { return "Data" }
