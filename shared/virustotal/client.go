package virustotal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	"vtq.internal/shared/rest"
)

// MaxBody bounds an answer in bytes, packed and unpacked. The recorded reports have 15 to 105 KB; eighty times the largest
// leaves room for files with thousands of sections, and forty workers that meet such a one at once stay below a gigabyte.
const MaxBody = 8 << 20

// A Client asks one service with one key. It is safe for concurrent use.
type Client struct {
	wire     rest.Client
	base     *url.URL
	links    *url.URL // Nil for no links.
	provider string
	private  bool
	dialect  Dialect

	// The key and whatever has it inside are behind functions, so that no verb of package fmt and no encoder prints them.
	headerFunc func() http.Header
	userFunc   func() string
}

// New makes a client. It sends nothing. Its error lists everything that is wrong with the settings.
func New(config Config) (*Client, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configuring the %s client: %w", DefaultProvider, err)
	}
	base, _ := rest.ParseBase(config.BaseURL)  // Validated.
	links, _ := parseLinkBase(config.LinkBase) // Validated.
	return &Client{
		wire: rest.Client{Transport: config.Transport, Timeout: config.Timeout, Peer: config.Provider},
		base: base, links: links,
		provider: config.Provider, private: config.PrivateKey, dialect: config.Dialect,
		headerFunc: func() http.Header { return headers(config.APIKey, config.Tool) },
		userFunc:   func() string { return cmp.Or(config.User, config.APIKey) }, // The key is a name of its owner.
	}, nil
}

// Dialect tells what the service answers, and how.
func (c *Client) Dialect() Dialect { return c.dialect }

// headers are sent with every request. Google's front end compresses for an unusual agent only when "gzip" is part of its name, as
// both official clients have it.
func headers(key, tool string) http.Header {
	header := http.Header{}
	header.Set("X-Apikey", key)
	header.Set("X-Tool", tool)
	header.Set("User-Agent", tool+"; gzip")
	header.Set("Accept", "application/json")
	return header
}

// get performs one request. The segments are escaped and follow the base; errors name the route in their place.
func (c *Client) get(ctx context.Context, route string, segments ...string) (rest.Response, error) {
	return c.wire.Do(ctx, rest.Request{
		Method: http.MethodGet, URL: rest.At(c.base, segments...), Route: c.base.Path + route,
		Header: c.headerFunc(), Limit: MaxBody,
	})
}
