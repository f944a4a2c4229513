package config_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"vtq.internal/shared/config"
)

// FuzzLoad gives one variable after the other an arbitrary value: a complaint names a variable, stays a line and shows no credential,
// and what is accepted without one loads the same again.
func FuzzLoad(f *testing.F) {
	for _, value := range []string{
		"", "1", "-1", "1e9", "9223372036854775808", "20s", "-20s", "2562047h47m16.854775808s", "true", "NaN", "+Inf", "0.5", "0x10", "a,b,,c", "١",
		"https://user:hunter22@host.example/", "https://host.example/?q=hunter22", "http://[::1%25eth0]:99999", "tls://a:4222,nats://b", "main\n", "é\x00\xff",
		"${HOME}", "public", "private", strings.Repeat("x", 300), "json", "console", "10.0.0.0/8",
	} {
		for i := range 4 {
			f.Add(uint8(i*20), value)
		}
	}
	blocks := func() []any {
		return []any{&config.ThreatQ{}, &config.VirusTotal{}, &config.NATS{}, &config.Verdicts{}, &config.Log{}, &config.Shutdown{}}
	}
	variables := config.Variables(blocks()...)
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		variable := variables[int(which)%len(variables)]
		if strings.Contains(variable.Name, "FILE") || strings.Contains(variable.Name, "CA") || strings.Contains(variable.Name, "CREDS") {
			return // A path, which is opened: an endless device would be read for ever.
		}
		environ := []string{
			"THREATQ_URL=https://threatq.example", "THREATQ_CLIENT_ID=id", "THREATQ_CLIENT_SECRET=s3cret-of-the-client", "VT_API_KEY=k3y-of-the-service",
			variable.Name + "=" + value,
		}
		err := config.Load(environ, blocks()...)
		if again := config.Load(environ, blocks()...); (err == nil) != (again == nil) {
			t.Errorf("Load(%s=%q) = %v, and then %v", variable.Name, value, err, again)
		}
		if err == nil {
			return
		}
		text := err.Error()
		if !errors.Is(err, config.ErrInvalid) || len(text) > 4<<10 || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			t.Errorf("Load(%s=%q) = %q", variable.Name, value, text)
		}
		for line := range strings.Lines(strings.TrimPrefix(text, config.ErrInvalid.Error()+":\n")) {
			if name, _, ok := strings.Cut(line, ": "); !ok || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
				t.Errorf("Load(%s=%q): the line %q names no variable", variable.Name, value, line)
			}
		}
		if variable.Secret && len(value) > 24 && strings.Contains(text, value) || strings.Contains(text, "s3cret") || strings.Contains(text, "k3y-of") {
			t.Errorf("Load(%s=%q) shows a secret: %q", variable.Name, value, text)
		}
	})
}

// FuzzParseURL holds what is accepted to its promises: it prints without user and password and, without them, reads the same again.
func FuzzParseURL(f *testing.F) {
	for _, raw := range []string{
		"https://host.example", "https://user:hunter22@host.example//a//", "http:host", "//host", "https://h/%2f/", "https://h?", "https://h#", "HTTP://H:/",
		"nats://hunter22@h:4222", "https://[fe80::1%25eth0]:1/", "https://h/a b", "https://%68/", "https://h/\x7f", "a://b:c", "https://u:p@h/x%2Fy/",
		"A://[::%25\xf8]",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := config.ParseURL(raw)
		if err != nil {
			if u.IsSet() || len(raw) > 16 && strings.Contains(err.Error(), raw) {
				t.Errorf("ParseURL(%q) = %v, %v", raw, u, err)
			}
			return
		}
		inside, shown := u.URL(), u.String()
		if inside.Hostname() == "" || inside.RawQuery != "" || inside.Fragment != "" || strings.HasSuffix(inside.Path, "/") {
			t.Errorf("ParseURL(%q) = %#v", raw, inside)
		}
		if inside.User != nil {
			if !strings.Contains(shown, "//xxxxx@") {
				t.Errorf("ParseURL(%q) prints as %q", raw, shown)
			}
			return
		}
		if strings.Contains(inside.Host, "%") {
			return // The zone of an address: net/url escapes an odd one in a way that it does not read.
		}
		if again, err := config.ParseURL(shown); err != nil || !again.Equal(u) {
			t.Errorf("ParseURL(%q) prints as %q, which reads as %v, %v", raw, shown, again, err)
		}
	})
}
