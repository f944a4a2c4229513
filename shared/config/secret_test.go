package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"vtq.internal/shared/config"
)

const hunter2 = "hunter2"

func TestSecretDoesNotPrint(t *testing.T) {
	type private struct {
		key config.Secret
		url config.URL
	}
	type public struct{ Key config.Secret }
	secret := config.NewSecret(hunter2)
	proxy, err := config.ParseURL("http://someone:" + hunter2 + "@proxy:3128")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"itself":             secret,
		"its address":        &secret,
		"in a field":         public{secret},
		"in a private field": private{secret, proxy},
		"in a slice":         []config.Secret{secret},
		"in a map":           map[string]config.Secret{"key": secret},
		"in an interface":    []any{secret, proxy},
		"a password in URL":  proxy,
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%10s"} {
			if got := fmt.Sprintf(verb, value); leaks(got) {
				t.Errorf("%s with %s prints %q", name, verb, got)
			}
		}
		encoded, err := json.Marshal(value)
		if err != nil || leaks(string(encoded)) {
			t.Errorf("json.Marshal(%s) = %s, %v", name, encoded, err)
		}
		var log bytes.Buffer
		logger := zerolog.New(&log)
		logger.Info().Any("any", value).Str("str", fmt.Sprint(value)).Fields(map[string]any{"f": value}).Send()
		if leaks(log.String()) {
			t.Errorf("zerolog writes %s for %s", log.String(), name)
		}
	}
}

// leaks looks for the secret as it is and as %x would print it.
func leaks(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, hunter2) || strings.Contains(text, fmt.Sprintf("%x", hunter2))
}

func TestSecretForms(t *testing.T) {
	set, unset := config.NewSecret(hunter2), config.NewSecret("")
	forms := []struct{ verb, set, unset string }{
		{"%v", "[redacted]", ""},
		{"%s", "[redacted]", ""},
		{"%+v", "[redacted]", ""},
		{"%#v", "[redacted]", ""},
		{"%q", `"[redacted]"`, `""`},
	}
	for _, f := range forms {
		if got := fmt.Sprintf(f.verb, set); got != f.set {
			t.Errorf("Sprintf(%s, set) = %s, want %s", f.verb, got, f.set)
		}
		if got := fmt.Sprintf(f.verb, unset); got != f.unset {
			t.Errorf("Sprintf(%s, unset) = %s, want %s", f.verb, got, f.unset)
		}
	}
	if got, _ := json.Marshal([]config.Secret{set, unset}); string(got) != `["[redacted]",""]` {
		t.Errorf(`json.Marshal = %s, want ["[redacted]",""]`, got)
	}
}

func TestSecretReveals(t *testing.T) {
	set, unset := config.NewSecret(hunter2), config.Secret{}
	if got := set.Reveal(); got != hunter2 || !set.IsSet() {
		t.Errorf("Reveal() = %q, IsSet() = %v, want the value and true", got, set.IsSet())
	}
	if got := unset.Reveal(); got != "" || unset.IsSet() {
		t.Errorf("unset: Reveal() = %q, IsSet() = %v, want nothing and false", got, unset.IsSet())
	}
	if diff := cmp.Diff(set, config.NewSecret(hunter2)); diff != "" {
		t.Errorf("secrets with one value differ: %s", diff)
	}
	if set.Equal(unset) || set.Equal(config.NewSecret("hunter3")) {
		t.Error("secrets with different values are equal")
	}
}

func TestSecretRefusesControlCharacters(t *testing.T) {
	for _, text := range []string{"hunter2\r", "hunter2\nX-Admin: 1", "\x00hunter2"} {
		var secret config.Secret
		err := secret.UnmarshalText([]byte(text))
		if err == nil || leaks(err.Error()) || secret.IsSet() {
			t.Errorf("UnmarshalText(%q) = %v, want an error without the value", text, err)
		}
	}
}
