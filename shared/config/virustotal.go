package config

import (
	"errors"
	"fmt"
	"strings"
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

// maxRequestsPerMonth is above every licence as well: the largest quota on
// record is a thousand million a month.
const maxRequestsPerMonth = 2_000_000_000

// maxReserve leaves something to do.
const maxReserve = 0.9

// VirusTotal says how to ask VirusTotal, and how often. Without a proxy of its
// own the client honours HTTPS_PROXY and NO_PROXY.
type VirusTotal struct {
	APIKey   Secret `env:"VT_API_KEY" required:"usually" doc:"API key of VirusTotal, or of who else answers at VT_BASE_URL."`
	Endpoint Endpoint
	Timeout  time.Duration `env:"VT_TIMEOUT" envDefault:"20s" doc:"How long one request may take, 1s to 5m."`

	// PrivateKey has the fields written as well that only private keys get.
	PrivateKey bool `env:"VT_PRIVATE_KEY" envDefault:"false" doc:"Whether the key is a private one, whose extra fields are to be written too."`

	Quota string `env:"VT_QUOTA" envDefault:"public" doc:"Which limits the key has: public (4 a minute, 500 a day, 15,500 a month) or private."`

	// RequestsPerMinute and its sisters override the preset of Quota: nil leaves
	// the preset, 0 means without limit.
	RequestsPerMinute *int `env:"VT_REQUESTS_PER_MINUTE" doc:"Requests a minute, where they differ from VT_QUOTA; 0 means without limit."`
	RequestsPerDay    *int `env:"VT_REQUESTS_PER_DAY" doc:"Requests a day from 00:00 UTC, likewise."`
	RequestsPerMonth  *int `env:"VT_REQUESTS_PER_MONTH" doc:"Requests a month, likewise."`

	Window  time.Duration `env:"VT_QUOTA_WINDOW" envDefault:"1m" doc:"Window of VT_REQUESTS_PER_MINUTE, for a service that counts in another than a minute; 1s to 1h."`
	Reserve float64       `env:"VT_QUOTA_RESERVE" envDefault:"0" doc:"Share of the day and the month that is left to people who use the same key, 0 to 0.9."`
	Account string        `env:"VT_ACCOUNT" envDefault:"main" doc:"Name of the account whose quota this is; workers that share the name share the quota, and a new key does not change it."`

	Proxy  URL    `env:"VT_PROXY" doc:"Proxy for VirusTotal alone; unset, HTTPS_PROXY and NO_PROXY count."`
	CAFile string `env:"VT_CA_FILE" doc:"Path of a PEM file with a private authority, for a proxy that inspects TLS."`
}

// Heading names the block.
func (VirusTotal) Heading() string { return "VirusTotal" }

// Validate checks bounds, and that the key is only sent over TLS.
func (v VirusTotal) Validate() error {
	return errors.Join(
		Between("VT_TIMEOUT", v.Timeout, minTimeout, maxTimeout),
		OneOf("VT_QUOTA", v.Quota, QuotaPublic, QuotaPrivate),
		v.validateRequests(),
		Between("VT_QUOTA_WINDOW", v.Window, time.Second, time.Hour),
		v.validateWindow(),
		Between("VT_QUOTA_RESERVE", v.Reserve, 0, maxReserve),
		validateAccount("VT_ACCOUNT", v.Account),
		proxy("VT_PROXY", v.Proxy),
		Readable("VT_CA_FILE", v.CAFile),
	)
}

// Limits are what may be asked. Zeros are no limits.
type Limits struct {
	Minute, Day, Month int
	Window             time.Duration // Of Minute, where it is another.
}

// Limits gives what may be asked of the quota, the reserve left out.
func (v VirusTotal) Limits() Limits {
	var preset Limits
	if v.Quota == QuotaPublic {
		preset = Limits{Minute: 4, Day: 500, Month: 15_500} // The vendor's documentation, and its account page.
	}
	return Limits{
		Minute: either(v.RequestsPerMinute, preset.Minute),
		Day:    unreserved(either(v.RequestsPerDay, preset.Day), v.Reserve),
		Month:  unreserved(either(v.RequestsPerMonth, preset.Month), v.Reserve),
		Window: v.Window,
	}
}

func either(set *int, preset int) int {
	if set != nil {
		return *set
	}
	return preset
}

// unreserved keeps at least one request of a limit: none would read as no limit.
func unreserved(limit int, reserve float64) int {
	return limit - min(int(reserve*float64(limit)), max(limit-1, 0))
}

// validateRequests asks for the figure of a private key: licences differ too
// much for a preset.
func (v VirusTotal) validateRequests() error {
	var all []error
	if v.RequestsPerMinute == nil && v.Quota == QuotaPrivate {
		all = append(all, errors.New("VT_REQUESTS_PER_MINUTE: must be set along with VT_QUOTA=private; your licence says how many"))
	}
	return errors.Join(append(all,
		within("VT_REQUESTS_PER_MINUTE", v.RequestsPerMinute, maxRequestsPerMinute),
		within("VT_REQUESTS_PER_DAY", v.RequestsPerDay, maxRequestsPerMonth),
		within("VT_REQUESTS_PER_MONTH", v.RequestsPerMonth, maxRequestsPerMonth),
	)...)
}

func within(name string, set *int, most int) error {
	if set == nil {
		return nil
	}
	return Between(name, *set, 0, most)
}

// validateWindow wants whole seconds: a slot of the window lives on the server,
// whose grain they are.
func (v VirusTotal) validateWindow() error {
	if v.Window%time.Second == 0 {
		return nil
	}
	return fmt.Errorf("VT_QUOTA_WINDOW: wants whole seconds (got %v)", v.Window)
}

// maxAccount bounds the name of an account: it is part of NATS subjects.
const maxAccount = 63

func validateAccount(variable, name string) error {
	if name != "" && len(name) <= maxAccount && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name[0] != '-' {
		return nil
	}
	return fmt.Errorf("%s: wants lower-case letters, digits and hyphens (got %s)", variable, shown(name))
}
