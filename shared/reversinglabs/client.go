package reversinglabs

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"

	"vtq.internal/shared/rest"
)

// Bounds of an answer in bytes, packed and unpacked. The recorded record of 47 scanners has 14 KB, with white space.
const (
	// MaxOne leaves room for a history of seventy such records, should the service ever send one unasked.
	MaxOne = 1 << 20
	// MaxMany gives each of MaxHashes files 160 KiB, eleven times the recorded one. A fleet runs few batches at once.
	MaxMany = 16 << 20
)

// A Client asks the service with one user's credentials. It is safe for concurrent use.
type Client struct {
	wire     rest.Client
	base     *url.URL
	provider string
	fold     bool

	// What has the credentials inside is behind a function, so that no verb of package fmt and no encoder prints them.
	headerFunc func() http.Header
}

// New makes a client. It sends nothing. Its error lists everything that is wrong with the settings.
func New(config Config) (*Client, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configuring the %s client: %w", DefaultProvider, err)
	}
	base, _ := rest.ParseBase(config.BaseURL) // Validated.
	return &Client{
		wire: rest.Client{Transport: config.Transport, Timeout: config.Timeout, Peer: config.Provider},
		base: base, provider: config.Provider, fold: config.FoldVariants,
		headerFunc: func() http.Header { return headers(config) },
	}, nil
}

// headers are sent with every request.
func headers(config Config) http.Header {
	header := http.Header{}
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(config.User+":"+config.Password)))
	header.Set("User-Agent", config.Tool)
	header.Set("Accept", "application/json")
	return header
}

// xref is where TCA-0103 lies: what many antivirus engines say about a file.
func xref() []string { return []string{"api", "xref", "v2"} }

// plain asks for JSON, since the single call defaults to XML, and for the latest record alone.
const plain = "format=json&history=false"

// get asks for one file.
func (c *Client) get(ctx context.Context, typ, hash string) (rest.Response, error) {
	return c.wire.Do(ctx, rest.Request{
		Method: http.MethodGet, URL: c.at("query", typ, hash), Route: c.base.Path + "/api/xref/v2/query/{type}/{hash}",
		Header: c.headerFunc(), Limit: MaxOne,
	})
}

// post asks for many. The documentation demands application/octet-stream; the vendor's own SDK and connectors send JSON as what it
// is, and work.
func (c *Client) post(ctx context.Context, body []byte) (rest.Response, error) {
	header := c.headerFunc()
	header.Set("Content-Type", "application/json")
	return c.wire.Do(ctx, rest.Request{
		Method: http.MethodPost, URL: c.at("bulk_query", "json"), Route: c.base.Path + "/api/xref/v2/bulk_query/json",
		Header: header, Body: body, Limit: MaxMany,
	})
}

func (c *Client) at(segments ...string) *url.URL {
	target := rest.At(c.base, append(xref(), segments...)...)
	target.RawQuery = plain
	return target
}
