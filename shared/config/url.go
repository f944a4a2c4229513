package config

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// errURLShape never repeats what it refuses: a URL may carry a password.
var errURLShape = errors.New("wants a URL such as https://host.example, without query or fragment")

// URL is an absolute URL that prints without its user and password. It keeps
// no slash at its end, so that paths can be appended. The zero value is unset.
type URL struct {
	parsed *url.URL // A pointer, for the reason given in the package comment.
}

// ParseURL reads an absolute URL with a host and neither query nor fragment.
// Its error does not contain raw.
func ParseURL(raw string) (URL, error) {
	parsed, err := url.Parse(raw)
	if err != nil || parsed.Scheme == "" || parsed.Hostname() == "" || strings.ContainsAny(raw, "?#") {
		return URL{}, errURLShape
	}
	parsed.Path = strings.TrimRight(parsed.Path, "/")
	parsed.RawPath = strings.TrimRight(parsed.RawPath, "/")
	return URL{parsed: parsed}, nil
}

// URL returns a copy with everything in it, user and password included, for
// [net/http.ProxyURL] and the like; nil when unset.
func (u URL) URL() *url.URL {
	if u.parsed == nil {
		return nil
	}
	clone := *u.parsed
	return &clone
}

// IsSet reports whether there is a URL.
func (u URL) IsSet() bool { return u.parsed != nil }

// Equal reports whether two URLs are the same to the letter.
func (u URL) Equal(other URL) bool {
	return u.IsSet() == other.IsSet() && (!u.IsSet() || u.parsed.String() == other.parsed.String())
}

// String returns the URL with "xxxxx" in place of user and password, or "".
func (u URL) String() string {
	clone := u.URL()
	if clone == nil {
		return ""
	}
	if clone.User != nil {
		clone.User = url.User("xxxxx") // Redacted of net/url would keep a token in the user's place.
	}
	return clone.String()
}

// MarshalText returns String.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText is ParseURL.
func (u *URL) UnmarshalText(text []byte) (err error) {
	*u, err = ParseURL(string(text))
	return err
}

// loopback reports whether the host is this machine: an address of 127.0.0.0/8
// or ::1, or localhost and the names below it, which RFC 6761 reserves for it.
func (u URL) loopback() bool {
	host := strings.ToLower(strings.TrimSuffix(u.parsed.Hostname(), "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// below reports whether the host is a domain or a name below it.
func (u URL) below(domain string) bool {
	host := strings.ToLower(strings.TrimSuffix(u.parsed.Hostname(), "."))
	return host == domain || strings.HasSuffix(host, "."+domain)
}
