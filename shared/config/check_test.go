package config_test

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"vtq.internal/shared/config"
)

// text is the message of an error, or "".
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestBetween(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"at the least":  {config.Between("VTQ_N", 1, 1, 5), ""},
		"at the most":   {config.Between("VTQ_N", 5, 1, 5), ""},
		"below":         {config.Between("VTQ_N", 0, 1, 5), "VTQ_N: wants 1 to 5 (got 0)"},
		"above":         {config.Between("VTQ_N", 6, 1, 5), "VTQ_N: wants 1 to 5 (got 6)"},
		"duration":      {config.Between("VTQ_D", 500*time.Millisecond, time.Second, time.Hour), "VTQ_D: wants 1s to 1h0m0s (got 500ms)"},
		"not a number":  {config.Between("VTQ_F", math.NaN(), 0, 1), "VTQ_F: wants 0 to 1 (got NaN)"},
		"one of them":   {config.OneOf("VTQ_S", "b", "a", "b"), ""},
		"none of two":   {config.OneOf("VTQ_S", "c", "a", "b"), `VTQ_S: wants a or b (got "c")`},
		"none of three": {config.OneOf("VTQ_I", 2, 1, 3, 5), `VTQ_I: wants 1, 3 or 5 (got "2")`},
	}
	for name, c := range cases {
		if got := text(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSecure(t *testing.T) {
	const (
		insecure = "VTQ_URL: wants https://, because credentials are sent there (got http://); http:// is for loopback only"
		other    = "VTQ_URL: wants https://, because credentials are sent there (got ftp://); http:// is for loopback only"
		login    = "VTQ_URL: wants a URL without user and password; they have variables of their own"
	)
	cases := map[string]string{
		"https://threatq.example.com":      "",
		"https://10.0.0.1":                 "",
		"http://127.0.0.1:8080":            "",
		"http://127.255.255.254":           "",
		"http://[::1]:8080":                "",
		"http://[::ffff:127.0.0.1]":        "",
		"http://localhost":                 "",
		"http://LOCALHOST.":                "",
		"http://threatq.localhost:8080":    "",
		"http://threatq.example.com":       insecure,
		"http://128.0.0.1":                 insecure,
		"http://[::2]":                     insecure,
		"http://localhost.example.com":     insecure,
		"http://notlocalhost":              insecure,
		"http://127.0.0.1.example.com":     insecure,
		"ftp://127.0.0.1":                  other,
		"https://someone:hunter2@host":     login,
		"http://someone:hunter2@localhost": login,
	}
	for raw, want := range cases {
		u, err := config.ParseURL(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(config.Secure("VTQ_URL", u)); got != want {
			t.Errorf("Secure(%q) = %q, want %q", raw, got, want)
		}
	}
	if err := config.Secure("VTQ_URL", config.URL{}); err != nil {
		t.Errorf("Secure(unset) = %v, want nil", err)
	}
}

func TestReadable(t *testing.T) {
	cases := map[string]struct{ path, want string }{
		"unset":     {"", ""},
		"a file":    {write(t, ""), ""},
		"missing":   {filepath.Join(t.TempDir(), hunter2), "VTQ_CA: wants the path of a readable file (no such file or directory)"},
		"directory": {t.TempDir(), "VTQ_CA: wants the path of a readable file (is a directory)"},
	}
	for name, c := range cases {
		if got := text(config.Readable("VTQ_CA", c.path)); got != c.want {
			t.Errorf("Readable of %s = %q, want %q", name, got, c.want)
		}
	}
}
