package config

import (
	"errors"
	"time"

	"vtq.internal/shared/provider"
)

// ReversingLabs says how to ask ReversingLabs Spectra Intelligence beside VirusTotal: through its suite that speaks VirusTotal's schema,
// with an API key, and through its own API, with user and password, which answers up to 100 hashes in one request.
type ReversingLabs struct {
	APIKey    Secret `env:"RL_API_KEY" doc:"API key of ReversingLabs' suite that is compatible with VirusTotal's, to ask it beside VirusTotal."`
	BaseURL   URL    `env:"RL_BASE_URL" envDefault:"https://data.reversinglabs.com/api/v3" doc:"Address of that suite; http:// on loopback only."`
	User      string `env:"RL_USER" doc:"User of ReversingLabs' own API, which answers up to 100 hashes in one request."`
	Password  Secret `env:"RL_PASSWORD" doc:"Password of RL_USER."`
	NativeURL URL    `env:"RL_NATIVE_URL" envDefault:"https://data.reversinglabs.com" doc:"Address of that API; http:// on loopback only."`

	FoldVariants bool          `env:"RL_FOLD_VARIANTS" envDefault:"false" doc:"Count the variants of one vendor's engine, such as acme_online and acme_beta, as one."`
	Timeout      time.Duration `env:"RL_TIMEOUT" envDefault:"20s" doc:"How long one request may take, 1s to 5m."`

	RequestsPerMinute int    `env:"RL_REQUESTS_PER_MINUTE" envDefault:"0" doc:"Requests a minute; 0 means without limit."`
	PerDay            int    `env:"RL_REQUESTS_PER_DAY" envDefault:"0" doc:"What the contract allows a day from 00:00 UTC: requests, and hashes where many are sent in one; 0 means without limit."`
	PerMonth          int    `env:"RL_REQUESTS_PER_MONTH" envDefault:"0" doc:"The same for a month."`
	Account           string `env:"RL_ACCOUNT" envDefault:"main" doc:"Name of the account whose quota this is, as VT_ACCOUNT."`

	Proxy  URL    `env:"RL_PROXY" doc:"Proxy for ReversingLabs alone; unset, HTTPS_PROXY and NO_PROXY count."`
	CAFile string `env:"RL_CA_FILE" doc:"Path of a PEM file with a private authority, for a proxy that inspects TLS."`
}

// Heading names the block.
func (ReversingLabs) Heading() string { return "ReversingLabs" }

// Validate checks bounds, and that credentials are whole and only sent over TLS.
func (r ReversingLabs) Validate() error {
	return errors.Join(
		Secure("RL_BASE_URL", r.BaseURL),
		Secure("RL_NATIVE_URL", r.NativeURL),
		together("RL_USER", r.User != "", "RL_PASSWORD", r.Password.IsSet()),
		Between("RL_TIMEOUT", r.Timeout, minTimeout, maxTimeout),
		Between("RL_REQUESTS_PER_MINUTE", r.RequestsPerMinute, 0, maxRequestsPerMinute),
		Between("RL_REQUESTS_PER_DAY", r.PerDay, 0, maxRequestsPerMonth),
		Between("RL_REQUESTS_PER_MONTH", r.PerMonth, 0, maxRequestsPerMonth),
		validateAccount("RL_ACCOUNT", r.Account),
		proxy("RL_PROXY", r.Proxy),
		Readable("RL_CA_FILE", r.CAFile),
	)
}

// Limits gives what may be asked. Zeros are no limits.
func (r ReversingLabs) Limits() Limits {
	return Limits{Minute: r.RequestsPerMinute, Day: r.PerDay, Month: r.PerMonth, Window: time.Minute}
}

// Providers is all that whoever asks the providers has to know.
type Providers struct {
	VirusTotal    VirusTotal
	ReversingLabs ReversingLabs
	Routing       Routing
}

// Validate wants the credentials of the providers in use.
func (p Providers) Validate() error {
	var all []error
	if p.Routing.Uses(p.VirusTotal.Endpoint.Name()) && !p.VirusTotal.APIKey.IsSet() {
		all = append(all, errors.New("VT_API_KEY: must be set, or VT_API_KEY_FILE"))
	}
	if p.Beside() && !p.ReversingLabs.APIKey.IsSet() && p.ReversingLabs.User == "" {
		all = append(all, errors.New("RL_API_KEY: must be set, or RL_USER and RL_PASSWORD, since VTQ_PROVIDERS names reversinglabs"))
	}
	return errors.Join(all...)
}

// LimitsOf gives what a provider in use may be asked.
func (p Providers) LimitsOf(name string) Limits {
	if name == p.VirusTotal.Endpoint.Name() {
		return p.VirusTotal.Limits()
	}
	return p.ReversingLabs.Limits()
}

// AccountOf names the account of a provider in use.
func (p Providers) AccountOf(name string) string {
	if name == p.VirusTotal.Endpoint.Name() {
		return p.VirusTotal.Account
	}
	return p.ReversingLabs.Account
}

// Beside tells whether ReversingLabs is asked by its own settings, and not as the endpoint at VT_BASE_URL.
func (p Providers) Beside() bool {
	return p.Routing.Uses(provider.ReversingLabs) && p.VirusTotal.Endpoint.Name() != provider.ReversingLabs
}
