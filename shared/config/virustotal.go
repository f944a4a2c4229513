package config

import (
	"errors"
	"time"
)

// Values of VT_QUOTA.
const (
	QuotaPublic  = "public"
	QuotaPrivate = "private"
)

// maxRequestsPerMinute is above every licence that VirusTotal sells (the
// largest known ones allow a few thousand): more is a slip of the keyboard.
const maxRequestsPerMinute = 100_000

// VirusTotal says how to ask VirusTotal, and how often. Without a proxy of its
// own the client honours HTTPS_PROXY and NO_PROXY.
type VirusTotal struct {
	APIKey  Secret        `env:"VT_API_KEY" required:"true" doc:"API key of VirusTotal."`
	BaseURL URL           `env:"VT_BASE_URL" envDefault:"https://www.virustotal.com/api/v3" doc:"Address of the API, for a gateway or a simulator; http:// on loopback only."`
	Timeout time.Duration `env:"VT_TIMEOUT" envDefault:"20s" doc:"How long one request may take, 1s to 5m."`

	// PrivateKey has the fields written as well that only private keys get.
	PrivateKey bool `env:"VT_PRIVATE_KEY" envDefault:"false" doc:"Whether the key is a private one, whose extra fields are to be written too."`

	Quota string `env:"VT_QUOTA" envDefault:"public" doc:"Which limits the key has: public (4 a minute, 500 a day, 15,500 a month) or private."`

	// RequestsPerMinute overrides the preset of Quota: nil leaves the preset, 0
	// means without limit.
	RequestsPerMinute *int `env:"VT_REQUESTS_PER_MINUTE" doc:"Requests a minute, where they differ from VT_QUOTA; 0 means without limit."`

	Proxy  URL    `env:"VT_PROXY" doc:"Proxy for VirusTotal alone; unset, HTTPS_PROXY and NO_PROXY count."`
	CAFile string `env:"VT_CA_FILE" doc:"Path of a PEM file with a private authority, for a proxy that inspects TLS."`
}

// Heading names the block.
func (VirusTotal) Heading() string { return "VirusTotal" }

// Validate checks bounds, and that the key is only sent over TLS.
func (v VirusTotal) Validate() error {
	return errors.Join(
		Secure("VT_BASE_URL", v.BaseURL),
		Between("VT_TIMEOUT", v.Timeout, minTimeout, maxTimeout),
		OneOf("VT_QUOTA", v.Quota, QuotaPublic, QuotaPrivate),
		v.validateRequestsPerMinute(),
		proxy("VT_PROXY", v.Proxy),
		Readable("VT_CA_FILE", v.CAFile),
	)
}

// publicPerMinute is what a public key may ask in a minute (the vendor's documentation).
const publicPerMinute = 4

// PerMinute gives the requests that may be made in a minute; 0 means without limit.
func (v VirusTotal) PerMinute() int {
	if v.RequestsPerMinute != nil {
		return *v.RequestsPerMinute
	}
	return publicPerMinute
}

// validateRequestsPerMinute asks for the figure of a private key: licences
// differ too much for a preset.
func (v VirusTotal) validateRequestsPerMinute() error {
	if v.RequestsPerMinute == nil && v.Quota == QuotaPrivate {
		return errors.New("VT_REQUESTS_PER_MINUTE: must be set along with VT_QUOTA=private; your licence says how many")
	}
	if v.RequestsPerMinute == nil {
		return nil
	}
	return Between("VT_REQUESTS_PER_MINUTE", *v.RequestsPerMinute, 0, maxRequestsPerMinute)
}
