package virustotal

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"vtq.internal/shared/rest"
)

// Defaults of a Config.
const (
	DefaultBaseURL  = "https://www.virustotal.com/api/v3"
	DefaultLinkBase = "https://www.virustotal.com/gui"
	DefaultProvider = "virustotal"
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
	// BaseURL is the address that the paths of API v3 follow. Defaults to DefaultBaseURL.
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
	// LinkBase is the address that the pages of reports lie under, as "{LinkBase}/file/{sha256}". Defaults to DefaultLinkBase for
	// DefaultProvider, and to no links for any other.
	LinkBase string
	// BareNotFound takes any 404 that is no HTML page for "not found", as endpoints need whose error bodies are undocumented.
	// Defaults to asking for VirusTotal's own.
	BareNotFound bool
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
	fill(&c.BaseURL, DefaultBaseURL)
	fill(&c.Provider, DefaultProvider)
	if c.Provider == DefaultProvider {
		fill(&c.LinkBase, DefaultLinkBase)
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}

// providerName is what a provider may be called: its name becomes a token of subjects.
var providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

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
	complain(len(c.APIKey) > MaxKey || !visible(c.APIKey), "APIKey: must be up to 512 visible ASCII characters, without spaces")
	complain(c.Tool == "", "Tool: is required")
	complain(len(c.Tool) > MaxTool || !visible(c.Tool), "Tool: must be up to 100 visible ASCII characters, without spaces")
	complain(!providerName.MatchString(c.Provider), "Provider: must be 1 to 32 of a-z, 0-9 and -, beginning with a letter")
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

func visible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
