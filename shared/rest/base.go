package rest

import (
	"errors"
	"net/url"
	"strings"
)

// ParseBase reads the address under which a service's paths lie: http or https, a host, perhaps a path; a slash at its end is
// dropped. Credentials, a query and a fragment are refused. Errors do not repeat the text, which may hold a password.
func ParseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case base.Scheme != "http" && base.Scheme != "https":
		return nil, errors.New("must begin with https:// (or http:// on a network you trust)")
	case base.Hostname() == "":
		return nil, errors.New("names no host")
	case base.User != nil:
		return nil, errors.New("must not hold credentials")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("must not have a query or a fragment")
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// At is the address of a path below a base. Each segment is escaped, so that a "/" in one stays in it.
func At(base *url.URL, segments ...string) *url.URL {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	at := *base
	at.RawPath = at.EscapedPath() + "/" + strings.Join(escaped, "/")
	at.Path += "/" + strings.Join(segments, "/")
	return &at
}

// IsWord tells whether a text, perhaps empty, can stand in a header as one word: visible ASCII characters without spaces.
func IsWord(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
