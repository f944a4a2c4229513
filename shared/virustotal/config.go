package virustotal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// Defaults of a Config.
const (
	DefaultBaseURL          = "https://www.virustotal.com/api/v3"
	DefaultReversingLabsURL = "https://data.reversinglabs.com/api/v3"
	DefaultLinkBase         = "https://www.virustotal.com/gui"
	// DefaultTimeout bounds an exchange: the service itself gives up with a 504 before it, in the experience of its clients.
	DefaultTimeout = 20 * time.Second
)

// Bounds of a Config.
const (
	// MaxKey bounds an API key in bytes; VirusTotal's have 64.
	MaxKey = 512
	// MaxTool bounds the name of the tool in bytes.
	MaxTool = 100
)

// Config says which service to ask, and as whom. It prints without its key.
type Config struct {
	// BaseURL is the address that the paths of API v3 follow. Defaults to DefaultBaseURL or DefaultReversingLabsURL by the provider;
	// required for any other, so that nobody else's key is ever sent to VirusTotal.
	BaseURL string
	// APIKey is sent as x-apikey, the only authentication there is. Required.
	APIKey string `json:"-"`
	// User is the name of the key's owner, for Quotas. Defaults to the key itself, which the service takes for a name; a key in a
	// path ends up in proxies' logs, so a name is better.
	User string
	// PrivateKey keeps the fields that only private keys are sure to see: sandboxes, rules, Google Threat Intelligence.
	// Defaults to leaving them out.
	PrivateKey bool
	// Provider names the service in verdicts. Defaults to DefaultProvider.
	Provider string
	// Dialect says what the service answers, and how. Defaults to DialectOf the provider, as a whole: one without kinds is none.
	Dialect Dialect
	// LinkBase is the address that the pages of reports lie under, as "{LinkBase}/file/{sha256}". Defaults to DefaultLinkBase for
	// DefaultProvider, and to no links for any other.
	LinkBase string
	// Tool names us, as "vtq/1.0", in User-Agent and x-tool. The latter is said to be required for Google Threat Intelligence's
	// assessment (its OpenAPI document). Required.
	Tool string
	// Timeout bounds each exchange, body included. Defaults to DefaultTimeout.
	Timeout time.Duration
	// Transport carries the requests: rest.NewTransport's, or a test's own. Required.
	Transport http.RoundTripper
}

// Format prints the settings without the key, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	key := "unset"
	if c.APIKey != "" {
		key = "[redacted]"
	}
	_, _ = io.WriteString(f, "virustotal.Config{Provider: "+c.Provider+", APIKey: "+key+"}")
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&c.Provider, DefaultProvider)
	switch c.Provider {
	case DefaultProvider:
		fill(&c.BaseURL, DefaultBaseURL)
		fill(&c.LinkBase, DefaultLinkBase)
	case ReversingLabs:
		fill(&c.BaseURL, DefaultReversingLabsURL)
	}
	if len(c.Dialect.Kinds) == 0 {
		c.Dialect = DialectOf(c.Provider)
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}

// validate returns all complaints at once. None repeats a value.
func (c Config) validate() error {
	var all []error
	complain := func(broken bool, text string) {
		if broken {
			all = append(all, errors.New(text))
		}
	}
	complain(c.Transport == nil, "Transport: is required")
	complain(c.APIKey == "", "APIKey: is required")
	complain(len(c.APIKey) > MaxKey || !rest.IsWord(c.APIKey), "APIKey: must be up to 512 visible ASCII characters, without spaces")
	complain(c.Tool == "", "Tool: is required")
	complain(len(c.Tool) > MaxTool || !rest.IsWord(c.Tool), "Tool: must be up to 100 visible ASCII characters, without spaces")
	complain(!verdict.IsProvider(c.Provider), "Provider: must be 1 to 32 of a-z, 0-9 and -, beginning with a letter")
	complain(!c.Dialect.known(), "Dialect: names a kind that no indicator has, or an unknown form of URL ids")
	if _, err := rest.ParseBase(c.BaseURL); err != nil {
		all = append(all, fmt.Errorf("BaseURL: %w", err))
	}
	if _, err := parseLinkBase(c.LinkBase); err != nil {
		all = append(all, fmt.Errorf("LinkBase: %w", err))
	}
	return errors.Join(all...)
}

func parseLinkBase(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	return rest.ParseBase(text)
}
