package reversinglabs

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

// Defaults of a Config.
const (
	// DefaultBaseURL is the host of the cloud. Older connectors of the vendor have others, such as ticloud01.
	DefaultBaseURL  = "https://data.reversinglabs.com"
	DefaultProvider = "reversinglabs"
	// DefaultTimeout bounds an exchange, a batch as well. The vendor names no figure; it leaves a job's worker, which has 30 s until the
	// job is given to another one, time to settle it.
	DefaultTimeout = 20 * time.Second
)

// Bounds of a Config.
const (
	// MaxCredential bounds the user's name and the password, in bytes each: both travel in one header, of which servers take 8 KiB.
	MaxCredential = 512
	// MaxTool bounds the name of the tool in bytes.
	MaxTool = 100
)

// Config says which service to ask, and as whom. It prints without user and password.
type Config struct {
	// BaseURL is the address that "/api/xref" follows. Defaults to DefaultBaseURL.
	BaseURL string
	// User and Password authenticate every request (HTTP Basic, the only way there is). Required; a name has no colon (RFC 7617).
	User     string `json:"-"`
	Password string `json:"-"`
	// Provider names the service in verdicts. Defaults to DefaultProvider.
	Provider string
	// FoldVariants counts the variants of one engine, as "sophos_online" and "sophos_susi", as that engine, in the worst of their
	// categories; the counts before it are kept as the verdict's Raw. Defaults to counting each.
	FoldVariants bool
	// Tool names us in User-Agent, as "vtq/1.0". Required.
	Tool string
	// Timeout bounds each exchange, body included. Defaults to DefaultTimeout.
	Timeout time.Duration
	// Transport carries the requests: rest.NewTransport's, or a test's own. Required.
	Transport http.RoundTripper
}

// Format prints the settings without the credentials, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	credentials := "unset"
	if c.User != "" || c.Password != "" {
		credentials = "[redacted]"
	}
	_, _ = io.WriteString(f, "reversinglabs.Config{Provider: "+c.Provider+", User, Password: "+credentials+"}")
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	if c.Provider == "" {
		c.Provider = DefaultProvider
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
	complain(c.User == "", "User: is required")
	complain(!credible(c.User) || strings.Contains(c.User, ":"), "User: must be up to 512 bytes, without colons and control characters")
	complain(c.Password == "", "Password: is required")
	complain(!credible(c.Password), "Password: must be up to 512 bytes, without control characters")
	complain(c.Tool == "", "Tool: is required")
	complain(len(c.Tool) > MaxTool || !rest.IsWord(c.Tool), "Tool: must be up to 100 visible ASCII characters, without spaces")
	complain(!verdict.IsProvider(c.Provider), "Provider: must be 1 to 32 of a-z, 0-9 and -, beginning with a letter")
	if _, err := rest.ParseBase(c.BaseURL); err != nil {
		all = append(all, fmt.Errorf("BaseURL: %w", err))
	}
	return errors.Join(all...)
}

func credible(text string) bool {
	return len(text) <= MaxCredential && !strings.ContainsFunc(text, unicode.IsControl)
}
