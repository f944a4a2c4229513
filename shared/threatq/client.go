package threatq

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/rest"
)

// DefaultTimeout bounds an exchange. A page of 1,000 indicators takes a busy instance some seconds; ThreatQ's clients wait 30 to 300 s.
const DefaultTimeout = 60 * time.Second

// Config says which instance to talk to, and as whom.
type Config struct {
	// BaseURL is where the instance answers, without "/api". Required.
	BaseURL string
	// ClientID is the id of an OAuth client, or the "API password" of the user's profile when Username is set. Required.
	ClientID string
	// ClientSecret is the OAuth client's. Required unless Username is set.
	ClientSecret config.Secret
	// Username is the user to log in as, mostly a mail address. Empty to log in as an OAuth client.
	Username string
	// Password is the user's. Required when Username is set.
	Password config.Secret
	// Timeout bounds each exchange, body included. Defaults to DefaultTimeout.
	Timeout time.Duration
	// Transport carries the requests. Defaults to rest.NewTransport's, with the system's certificates and proxy settings.
	Transport http.RoundTripper
	// Product names us in the User-Agent header. Defaults to "vtq".
	Product string
	// ObserveFunc, when set, is told of every request that was sent, also of those that failed. It is called by the goroutine of the
	// request and must not block. Defaults to nobody.
	ObserveFunc func(Observation)
}

// An Observation is one request on the wire.
type Observation struct {
	Method string
	// Endpoint is the path with its variable parts left out, as "/api/indicators/{id}".
	Endpoint string
	// Status is the answer's; 0 when none came.
	Status int
	// Took is the time to the last byte of the answer.
	Took time.Duration
}

// Write tells whether the request changes what ThreatQ stores. Logins and searches are POSTs that do not.
func (o Observation) Write() bool {
	return o.Method != http.MethodGet && o.Endpoint != pathToken && o.Endpoint != pathQuery
}

// A Client speaks with one ThreatQ instance. It is safe for concurrent use.
type Client struct {
	base     *url.URL
	wire     rest.Client
	agent    string
	identity identity
	session  session
	types    catalogue
	statuses catalogue
	observe  func(Observation)
	// single is set once the instance has shown that it takes attributes one by one only.
	single atomic.Bool
}

// New makes a client. It sends nothing yet; Check does.
func New(conf Config) (*Client, error) {
	base, err := rest.ParseBase(conf.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("ThreatQ's base URL: %w", err)
	}
	who, err := newIdentity(conf)
	if err != nil {
		return nil, err
	}
	transport := conf.Transport
	if transport == nil {
		if transport, err = rest.NewTransport(rest.Config{}); err != nil {
			return nil, fmt.Errorf("making ThreatQ's transport: %w", err)
		}
	}
	c := &Client{
		base: base, identity: who, agent: cmp.Or(conf.Product, "vtq"), observe: conf.ObserveFunc,
		wire:     rest.Client{Transport: transport, Timeout: cmp.Or(conf.Timeout, DefaultTimeout), Peer: "threatq"},
		types:    catalogue{noun: "types", path: "/api/indicator/types"},
		statuses: catalogue{noun: "statuses", path: "/api/indicator/statuses"},
	}
	if c.observe == nil {
		c.observe = func(Observation) {}
	}
	return c, nil
}
