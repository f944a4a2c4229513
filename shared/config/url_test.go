package config_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

func TestParseURL(t *testing.T) {
	cases := map[string]struct{ raw, want string }{
		"plain":            {"https://threatq.example.com", "https://threatq.example.com"},
		"slash at the end": {"https://threatq.example.com/", "https://threatq.example.com"},
		"path and slashes": {"https://gw.example.com/vt/api/v3//", "https://gw.example.com/vt/api/v3"},
		"escaped path":     {"https://gw.example.com/a%2Fb/", "https://gw.example.com/a%2Fb"},
		"port":             {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
		"IPv6":             {"http://[::1]:8080", "http://[::1]:8080"},
		"capital scheme":   {"HTTPS://host", "https://host"},
		"user, password":   {"http://someone:hunter2@proxy:3128", "http://xxxxx@proxy:3128"},
		"token for user":   {"http://hunter2@proxy:3128", "http://xxxxx@proxy:3128"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			u, err := config.ParseURL(c.raw)
			if err != nil || u.String() != c.want || !u.IsSet() {
				t.Errorf("ParseURL(%q) = %v, %v, want %v", c.raw, u, err, c.want)
			}
			if text, err := json.Marshal(u); err != nil || string(text) != `"`+c.want+`"` {
				t.Errorf("json.Marshal(ParseURL(%q)) = %s, %v", c.raw, text, err)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	cases := map[string]string{
		"empty":           "",
		"host only":       "threatq.example.com",
		"host and port":   "threatq.example.com:443",
		"no host":         "https:///path",
		"port only":       "https://:443",
		"opaque":          "mailto:hunter2@example.com",
		"query":           "https://host/?key=hunter2",
		"empty query":     "https://host/?",
		"fragment":        "https://host/#hunter2",
		"blank inside":    "https://ho st",
		"broken port":     "https://someone:hunter2@host:port",
		"line break":      "https://host/\nhunter2",
		"broken escaping": "https://host/%zz",
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			u, err := config.ParseURL(raw)
			if err == nil || leaks(err.Error()) || u.IsSet() {
				t.Errorf("ParseURL(%q) = %v, %v, want an error that does not repeat it", raw, u, err)
			}
		})
	}
}

func TestURLGivesAwayACopy(t *testing.T) {
	u, err := config.ParseURL("http://someone:hunter2@proxy:3128")
	if err != nil {
		t.Fatal(err)
	}
	full := u.URL()
	if password, _ := full.User.Password(); password != hunter2 {
		t.Errorf("URL() has the password %q, want it whole", password)
	}
	full.Host = "elsewhere"
	if u.URL().Host != "proxy:3128" {
		t.Error("a change to what URL() returned changes the configuration")
	}
	same, _ := config.ParseURL("http://someone:hunter2@proxy:3128/")
	other, _ := config.ParseURL("http://someone:hunter3@proxy:3128")
	if diff := cmp.Diff(u, same); diff != "" {
		t.Errorf("equal URLs differ: %s", diff)
	}
	if u.Equal(other) || u.Equal(config.URL{}) || !(config.URL{}).Equal(config.URL{}) {
		t.Error("Equal compares something else than the whole URL")
	}
	if (config.URL{}).URL() != nil || (config.URL{}).String() != "" {
		t.Error("an unset URL is not nil and empty")
	}
}
