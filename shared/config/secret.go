package config

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// redacted is what every way of printing a set [Secret] shows.
const redacted = "[redacted]"

// errSecretShape never repeats what it refuses.
var errSecretShape = errors.New("wants one line without control characters")

// Secret is a value that does not print: fmt with any verb, JSON, text and log
// encoders show "[redacted]", or nothing when it is unset. Only [Secret.Reveal]
// gives it away, which makes every use easy to find. The zero value is unset.
type Secret struct {
	value *string // A pointer, for the reason given in the package comment.
}

// NewSecret returns value as a secret; the empty string is an unset one.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value itself, for the one place that sends it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// Equal reports whether two secrets hold the same value; == would compare
// addresses.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns "[redacted]", or "" when unset.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return redacted
}

// Format prints String whatever the verb. It is a [fmt.Formatter] because the
// verbs %x and %#v pass String by.
func (s Secret) Format(f fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(f, "%q", s.String())
		return
	}
	_, _ = io.WriteString(f, s.String())
}

// MarshalText returns String, for encoding/json, zerolog and slog.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value as it is. It refuses control characters: no
// credential of ours has any, and a stray line break would end up in a header.
func (s *Secret) UnmarshalText(text []byte) error {
	value := string(text)
	if strings.ContainsFunc(value, unicode.IsControl) {
		return errSecretShape
	}
	*s = NewSecret(value)
	return nil
}
