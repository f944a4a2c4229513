package reversinglabs_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
)

func TestNewComplains(t *testing.T) {
	cases := map[string]struct {
		change func(*reversinglabs.Config)
		want   string // Empty for none.
	}{
		"as it is":                  {func(*reversinglabs.Config) {}, ""},
		"no user":                   {func(c *reversinglabs.Config) { c.User = "" }, "User: is required"},
		"no password":               {func(c *reversinglabs.Config) { c.Password = "" }, "Password: is required"},
		"a user with a colon":       {func(c *reversinglabs.Config) { c.User += ":" }, "User: must be up to 512 bytes, without colons"},
		"a user with a line end":    {func(c *reversinglabs.Config) { c.User += "\n" }, "User: must be up to 512 bytes"},
		"the longest user":          {func(c *reversinglabs.Config) { c.User = strings.Repeat("u", reversinglabs.MaxCredential) }, ""},
		"a longer user":             {func(c *reversinglabs.Config) { c.User = strings.Repeat("u", reversinglabs.MaxCredential+1) }, "User: must be"},
		"a password with a tab":     {func(c *reversinglabs.Config) { c.Password += "\t" }, "Password: must be up to 512 bytes"},
		"the longest password":      {func(c *reversinglabs.Config) { c.Password = strings.Repeat("p", reversinglabs.MaxCredential) }, ""},
		"a longer password":         {func(c *reversinglabs.Config) { c.Password = strings.Repeat("p", reversinglabs.MaxCredential+1) }, "Password: must be"},
		"no tool":                   {func(c *reversinglabs.Config) { c.Tool = "" }, "Tool: is required"},
		"a tool in two words":       {func(c *reversinglabs.Config) { c.Tool = "a tool" }, "Tool: must be up to 100 visible ASCII characters"},
		"the longest tool":          {func(c *reversinglabs.Config) { c.Tool = strings.Repeat("t", reversinglabs.MaxTool) }, ""},
		"a longer tool":             {func(c *reversinglabs.Config) { c.Tool = strings.Repeat("t", reversinglabs.MaxTool+1) }, "Tool: must be up to 100"},
		"no transport":              {func(c *reversinglabs.Config) { c.Transport = nil }, "Transport: is required"},
		"a provider of tokens":      {func(c *reversinglabs.Config) { c.Provider = "a.b" }, "Provider: must be 1 to 32"},
		"a base that holds a login": {func(c *reversinglabs.Config) { c.BaseURL = "https://me:hunter2@host.test" }, "BaseURL: must not hold credentials"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := reversinglabs.Config{User: user, Password: password, Tool: "vtq/1.0", Transport: answers(200, "", "")}
			c.change(&config)
			_, err := reversinglabs.New(config)
			if c.want == "" {
				if err != nil {
					t.Errorf("New: %v, want no complaint", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New: %v, want %s", err, c.want)
			}
			clienttest.AssertNoLeak(t, err, user, password, "hunter2")
		})
	}
}

func TestNewComplainsOfEverythingAtOnce(t *testing.T) {
	_, err := reversinglabs.New(reversinglabs.Config{BaseURL: "x", Provider: "X"})
	for _, field := range []string{"Transport", "User", "Password", "Tool", "Provider", "BaseURL"} {
		if err == nil || !strings.Contains(err.Error(), field+": ") {
			t.Errorf("New: %v, want a complaint about %s too", err, field)
		}
	}
}
