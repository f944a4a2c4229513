package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"vtq.internal/shared/verdict"
)

// Bounds of the ages at which an answer is asked for again. Below an hour one
// indicator could eat a public key's day; two years are beyond any use.
const (
	minRefresh = time.Hour
	maxRefresh = 2 * 365 * 24 * time.Hour
)

// maxJitter bounds the spread of an age: with more, answers would be kept for
// less than they are good.
const maxJitter = 0.5

// Verdicts says what an answer means, and for how long it is good.
type Verdicts struct {
	PolicyFile string        `env:"VTQ_VERDICT_POLICY_FILE" doc:"JSON file with other thresholds, severities or scores than the table of verdicts."`
	Malicious  time.Duration `env:"VTQ_REFRESH_MALICIOUS" envDefault:"168h" doc:"Age at which a malicious or suspicious answer is asked for again."`
	Clean      time.Duration `env:"VTQ_REFRESH_CLEAN" envDefault:"720h" doc:"The same for harmless, undetected and no verdict."`
	NotFound   time.Duration `env:"VTQ_REFRESH_NOT_FOUND" envDefault:"168h" doc:"The same for what the provider did not know."`
	Jitter     float64       `env:"VTQ_REFRESH_JITTER" envDefault:"0.1" doc:"Share by which the ages vary from one indicator to the next, so that a big import does not come due on one day; 0 to 0.5."`
}

// Heading names the block.
func (Verdicts) Heading() string { return "Verdicts" }

// Validate checks the ages and reads the policy once.
func (v Verdicts) Validate() error {
	_, err := v.Policy()
	return errors.Join(
		err,
		Between("VTQ_REFRESH_MALICIOUS", v.Malicious, minRefresh, maxRefresh),
		Between("VTQ_REFRESH_CLEAN", v.Clean, minRefresh, maxRefresh),
		Between("VTQ_REFRESH_NOT_FOUND", v.NotFound, minRefresh, maxRefresh),
		Between("VTQ_REFRESH_JITTER", v.Jitter, 0, maxJitter),
	)
}

// Policy reads the policy file; without one it is the default policy.
func (v Verdicts) Policy() (verdict.Policy, error) {
	if v.PolicyFile == "" {
		return verdict.DefaultPolicy(), nil
	}
	if err := Readable("VTQ_VERDICT_POLICY_FILE", v.PolicyFile); err != nil {
		return verdict.Policy{}, err
	}
	file, err := os.Open(v.PolicyFile)
	if err != nil {
		return verdict.Policy{}, fmt.Errorf("VTQ_VERDICT_POLICY_FILE: %w", err)
	}
	defer func() { _ = file.Close() }() // Only read.
	policy, err := verdict.ReadPolicy(file)
	if err != nil {
		return verdict.Policy{}, prefixed("VTQ_VERDICT_POLICY_FILE", err)
	}
	return policy, nil
}

// prefixed puts the variable before every line of a complaint: each is read by itself.
func prefixed(name string, err error) error {
	var all []error
	for line := range strings.Lines(err.Error()) {
		all = append(all, fmt.Errorf("%s: %s", name, strings.TrimSuffix(line, "\n")))
	}
	return errors.Join(all...)
}

// Refresh gives the ages.
func (v Verdicts) Refresh() verdict.Refresh {
	return verdict.Refresh{Malicious: v.Malicious, Clean: v.Clean, NotFound: v.NotFound, Jitter: v.Jitter}
}

// Keep is how long verdicts have to be kept: twice the longest age, so that
// none is forgotten before it was asked again.
func (v Verdicts) Keep() time.Duration { return 2 * v.Refresh().Longest() }
