package virustotal_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/virustotal"
)

func TestNewComplains(t *testing.T) {
	cases := map[string]struct {
		change func(*virustotal.Config)
		want   string // Empty for none.
	}{
		"as it is":              {func(*virustotal.Config) {}, ""},
		"no key":                {func(c *virustotal.Config) { c.APIKey = "" }, "APIKey: is required"},
		"a key with a line end": {func(c *virustotal.Config) { c.APIKey += "\n" }, "APIKey: must be up to 512 visible ASCII characters"},
		"the longest key":       {func(c *virustotal.Config) { c.APIKey = strings.Repeat("k", virustotal.MaxKey) }, ""},
		"a longer key":          {func(c *virustotal.Config) { c.APIKey = strings.Repeat("k", virustotal.MaxKey+1) }, "APIKey: must be up to 512"},
		"no tool":               {func(c *virustotal.Config) { c.Tool = "" }, "Tool: is required"},
		"a tool in two words":   {func(c *virustotal.Config) { c.Tool = "a tool" }, "Tool: must be up to 100 visible ASCII characters"},
		"the longest tool":      {func(c *virustotal.Config) { c.Tool = strings.Repeat("t", virustotal.MaxTool) }, ""},
		"a longer tool":         {func(c *virustotal.Config) { c.Tool = strings.Repeat("t", virustotal.MaxTool+1) }, "Tool: must be up to 100"},
		"no transport":          {func(c *virustotal.Config) { c.Transport = nil }, "Transport: is required"},
		"a provider of tokens":  {func(c *virustotal.Config) { c.Provider = "a.b" }, "Provider: must be 1 to 32"},
		"another provider":      {func(c *virustotal.Config) { c.Provider = "reversinglabs" }, ""},
		"one without a base":    {func(c *virustotal.Config) { c.Provider = "compatible" }, "BaseURL: must begin with https://"},
		"an unknown kind":       {func(c *virustotal.Config) { c.Dialect.Kinds = []indicator.Kind{"mutex"} }, "Dialect: names a kind that no indicator has"},
		"an unknown form":       {func(c *virustotal.Config) { c.Dialect = virustotal.Dialect{Kinds: indicator.Kinds(), URLs: 2} }, "Dialect: "},
		"a base with a login":   {func(c *virustotal.Config) { c.BaseURL = "https://me:hunter2@host.test" }, "BaseURL: must not hold credentials"},
		"links to a file":       {func(c *virustotal.Config) { c.LinkBase = "file:///hunter2" }, "LinkBase: must begin with https://"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := virustotal.Config{APIKey: key, Tool: "vtq/1.0", Transport: answers(200, "", "")}
			c.change(&config)
			_, err := virustotal.New(config)
			if c.want == "" {
				if err != nil {
					t.Errorf("New: %v, want no complaint", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New: %v, want %s", err, c.want)
			}
			clienttest.AssertNoLeak(t, err, key, "hunter2")
		})
	}
}

func TestNewComplainsOfEverythingAtOnce(t *testing.T) {
	_, err := virustotal.New(virustotal.Config{BaseURL: "x", Provider: "X"})
	for _, field := range []string{"Transport", "APIKey", "Tool", "Provider", "BaseURL"} {
		if err == nil || !strings.Contains(err.Error(), field+": ") {
			t.Errorf("New: %v, want a complaint about %s too", err, field)
		}
	}
}
