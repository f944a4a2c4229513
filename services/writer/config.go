package writer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vtq.internal/services/writer/internal/apply"
	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// Config is what a site may set of the writer.
type Config struct {
	Fields      []string `env:"VTQ_ATTRIBUTES" doc:"Fields to write as attributes, of those in the table of attributes; unset means all of them."`
	Names       []string `env:"VTQ_ATTRIBUTE_NAMES" doc:"Names of attributes that shall be called otherwise, such as verdict=VT Verdict,link=VT Report."`
	Prefix      string   `env:"VTQ_ATTRIBUTE_PREFIX" envDefault:"{provider}" doc:"What stands before the name of every attribute; {provider} stands for who gave the answer, such as VirusTotal."`
	Source      string   `env:"VTQ_SOURCE" envDefault:"{provider}" doc:"Source that is shown on every attribute; {provider} as above."`
	Score       string   `env:"VTQ_SCORE" envDefault:"off" doc:"Whether a verdict sets the indicator's score: off, raise-only (also: on) or replace."`
	Concurrency int      `env:"VTQ_WRITE_CONCURRENCY" envDefault:"4" doc:"Indicators that are written at a time."`
	Mode        string   `env:"VTQ_WRITE_MODE" envDefault:"attributes" doc:"How new indicators are written: attributes (each by itself) or bulk (up to 500 in one request; a status that was set within the lag of ThreatQ's search, about a minute, is set back, and the source of the credentials is added to the indicator)."`
}

// Heading names the block.
func (Config) Heading() string { return "What is written" }

// The ways of writing.
const (
	modeAttributes = "attributes"
	modeBulk       = "bulk"
)

// maxConcurrency bounds the indicators written at a time: nothing speaks for a ThreatQ that takes more.
const maxConcurrency = 32

// Validate checks what the types cannot.
func (c Config) Validate() error {
	_, names := c.names()
	all := []error{
		names,
		config.OneOf("VTQ_SCORE", c.Score, "off", "on", "raise-only", "replace"),
		config.OneOf("VTQ_WRITE_MODE", c.Mode, modeAttributes, modeBulk),
		config.Between("VTQ_WRITE_CONCURRENCY", c.Concurrency, 1, maxConcurrency),
	}
	if source := attribute.Fill(c.Source, provider.ReversingLabs); source == "" || source != verdict.Clean(source, verdict.MaxItem) {
		all = append(all, fmt.Errorf("VTQ_SOURCE: wants a name of at most %d characters", verdict.MaxItem))
	}
	for _, err := range c.mapping(verdict.DefaultPolicy()).Validate() {
		all = append(all, fmt.Errorf("VTQ_ATTRIBUTES, VTQ_ATTRIBUTE_NAMES, VTQ_ATTRIBUTE_PREFIX: %w", err))
	}
	return errors.Join(all...)
}

func (c Config) mapping(policy verdict.Policy) attribute.Mapping {
	names, _ := c.names()
	var fields []attribute.Field
	for _, f := range c.Fields {
		fields = append(fields, attribute.Field(strings.TrimSpace(f)))
	}
	return attribute.Mapping{Policy: policy, Prefix: c.Prefix, Fields: fields, Names: names}
}

func (c Config) names() (map[attribute.Field]string, error) {
	names := map[attribute.Field]string{}
	var all []error
	for _, pair := range c.Names {
		field, name, ok := strings.Cut(pair, "=")
		if !ok {
			all = append(all, fmt.Errorf("VTQ_ATTRIBUTE_NAMES: wants field=name, separated by commas (got %q)", verdict.Clean(pair, verdict.MaxName)))
			continue
		}
		names[attribute.Field(strings.TrimSpace(field))] = strings.TrimSpace(name)
	}
	return names, errors.Join(all...)
}

func (c Config) scoring() apply.Scoring {
	if c.Score == "on" {
		return apply.ScoreRaiseOnly
	}
	return apply.Scoring(c.Score)
}

// sources are those of all providers, which the rows of ours bear.
func (c Config) sources() []string {
	var all []string
	for _, who := range provider.Names() {
		if source := c.SourceOf(who); !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return all
}

// SourceOf is the source that is shown on the attributes of a provider.
func (c Config) SourceOf(who string) string { return attribute.Fill(c.Source, who) }

// fingerprint stands for what decides which rows are looked at, and whose they are. Other words for the score count as well, so that
// a site that switches scoring on is scored when its verdicts are written again.
func (c Config) fingerprint() string {
	parts := []string{c.Source, c.Prefix, string(c.scoring())}
	for _, who := range provider.Names() {
		for _, name := range c.mapping(verdict.DefaultPolicy()).NamesOf(who) {
			parts = append(parts, strings.ToLower(name))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
