package config

import (
	"errors"
	"strings"
	"time"
)

// Bounds of the time that one request to ThreatQ or VirusTotal may take. Below
// a second a healthy service over a slow line looks broken; 5 min is the longest
// that clients in use wait (vt-py, and integrations that read ThreatQ's exports).
const (
	minTimeout = time.Second
	maxTimeout = 5 * time.Minute
)

// ThreatQ says how to reach the ThreatQ appliance, and as whom. Without a proxy
// of its own the client honours HTTPS_PROXY and NO_PROXY.
//
// ThreatQ knows two grants. An OAuth client, made on the appliance with
// "artisan threatq:oauth2-client", has an id and a secret. A user logs in with
// name, password and, as client id, the "API password" that an administrator's
// profile page shows. Without a Username it is the former.
type ThreatQ struct {
	URL          URL           `env:"THREATQ_URL" required:"true" doc:"Address of ThreatQ, such as https://threatq.example.com; http:// on loopback only."`
	ClientID     string        `env:"THREATQ_CLIENT_ID" doc:"Id of an OAuth client or, with THREATQ_USERNAME, the API password that an administrator's profile shows."`
	ClientSecret Secret        `env:"THREATQ_CLIENT_SECRET" doc:"Secret of the OAuth client; not with THREATQ_USERNAME."`
	Username     string        `env:"THREATQ_USERNAME" doc:"User to log in as, where there is no OAuth client; mostly an e-mail address."`
	Password     Secret        `env:"THREATQ_PASSWORD" doc:"Password of THREATQ_USERNAME."`
	CAFile       string        `env:"THREATQ_CA_FILE" doc:"Path of a PEM file with the authority that signed ThreatQ's certificate, if it is a private one."`
	Proxy        URL           `env:"THREATQ_PROXY" doc:"Proxy for ThreatQ alone; unset, HTTPS_PROXY and NO_PROXY count."`
	Timeout      time.Duration `env:"THREATQ_TIMEOUT" envDefault:"60s" doc:"How long one request may take, 1s to 5m."`
}

// Heading names the block.
func (ThreatQ) Heading() string { return "ThreatQ" }

// Validate checks the address and that the variables of exactly one grant are
// set.
func (t ThreatQ) Validate() error {
	return errors.Join(
		t.validateURL(),
		t.validateGrant(),
		Readable("THREATQ_CA_FILE", t.CAFile),
		proxy("THREATQ_PROXY", t.Proxy),
		Between("THREATQ_TIMEOUT", t.Timeout, minTimeout, maxTimeout),
	)
}

// validateURL also catches the address of the API, copied from a script: the
// client appends /api itself, and ThreatQ answers /api/api with a web page.
func (t ThreatQ) validateURL() error {
	if t.URL.IsSet() && strings.HasSuffix(t.URL.parsed.Path, "/api") {
		return errors.New("THREATQ_URL: wants the address without /api, which is added")
	}
	return Secure("THREATQ_URL", t.URL)
}

func (t ThreatQ) validateGrant() error {
	user := t.Username != "" || t.Password.IsSet()
	client := t.ClientID != "" || t.ClientSecret.IsSet()
	switch {
	case !user && !client:
		return errors.New("THREATQ_CLIENT_ID: must be set, with THREATQ_CLIENT_SECRET; " +
			"or log in as a user with THREATQ_USERNAME, THREATQ_PASSWORD and THREATQ_CLIENT_ID")
	case user && t.ClientSecret.IsSet():
		return errors.New("THREATQ_CLIENT_SECRET: wants an OAuth client alone, " +
			"without THREATQ_USERNAME and THREATQ_PASSWORD; unset either")
	case user:
		return errors.Join(
			together("THREATQ_USERNAME", t.Username != "", "THREATQ_PASSWORD", t.Password.IsSet()),
			t.validateAPIPassword(),
		)
	}
	return together("THREATQ_CLIENT_ID", t.ClientID != "", "THREATQ_CLIENT_SECRET", t.ClientSecret.IsSet())
}

// validateAPIPassword insists on the client id, which every known client sends
// with a user's password.
func (t ThreatQ) validateAPIPassword() error {
	if t.ClientID != "" {
		return nil
	}
	return errors.New("THREATQ_CLIENT_ID: must be set along with THREATQ_USERNAME, " +
		`to the "API password" in an administrator's profile`)
}
