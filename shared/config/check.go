package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Between complains unless least <= got <= most.
func Between[T cmp.Ordered](name string, got, least, most T) error {
	if got >= least && got <= most {
		return nil
	}
	return fmt.Errorf("%s: wants %v to %v (got %v)", name, least, most, got)
}

// OneOf complains unless got is one of the values wanted, of which there are
// at least two.
func OneOf[T comparable](name string, got T, wanted ...T) error {
	if slices.Contains(wanted, got) {
		return nil
	}
	words := make([]string, len(wanted))
	for i, w := range wanted {
		words[i] = fmt.Sprint(w)
	}
	last := len(words) - 1
	return fmt.Errorf("%s: wants %s or %s (got %s)", name, strings.Join(words[:last], ", "), words[last], shown(got))
}

// Secure complains about a URL to which credentials must not be sent: anything
// but https, save http on loopback, where simulators and tunnels listen. It
// also refuses a user and password in the URL, since the clients have variables
// of their own for these. An unset URL is fine.
func Secure(name string, u URL) error {
	switch {
	case !u.IsSet():
		return nil
	case u.parsed.User != nil:
		return fmt.Errorf("%s: wants a URL without user and password; they have variables of their own", name)
	case u.parsed.Scheme == "https", u.parsed.Scheme == "http" && u.loopback():
		return nil
	}
	return fmt.Errorf("%s: wants https://, because credentials are sent there (got %s://); http:// is for loopback only",
		name, u.parsed.Scheme)
}

// proxy complains about a proxy that [net/http.Transport] cannot use.
func proxy(name string, u URL) error {
	if !u.IsSet() || slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.parsed.Scheme) {
		return nil
	}
	return fmt.Errorf("%s: wants http://, https:// or socks5:// (got %s://)", name, u.parsed.Scheme)
}
