package virustotal

import (
	"crypto/sha1" //nolint:gosec // The id that a service forms, and no protection of anything.
	"encoding/base64"
	"encoding/hex"
	"slices"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
)

// Names of the providers that speak API v3, as they stand in verdicts.
const (
	DefaultProvider = provider.VirusTotal
	ReversingLabs   = provider.ReversingLabs
	Compatible      = provider.Compatible // Any other endpoint.
)

// A Dialect is how one service speaks API v3: what it answers, how it forms ids, and what its answers can be relied on for.
type Dialect struct {
	// Kinds are those that it answers. An object of another kind is refused before anything is sent.
	Kinds []indicator.Kind
	// URLs is how the id of a URL is formed.
	URLs URLForm
	// OwnIDs tells that the id and the type of a report are VirusTotal's: they name the object, and give an answer about another one
	// away. A file's hashes do so whatever the service.
	OwnIDs bool
	// OwnErrors tells that the bodies of errors are VirusTotal's, so that a 404 of anybody else is known. Without it the status
	// alone decides.
	OwnErrors bool
	// QuotaPage tells that the service shows what a key may spend, free of charge.
	QuotaPage bool
}

// DialectOf is the dialect of a provider. One that nobody knows answers files and URLs, which is what the compatible service that we
// know has, and is relied on for nothing else; a site that knows more changes Kinds.
func DialectOf(name string) Dialect {
	switch name {
	case DefaultProvider:
		return Dialect{Kinds: indicator.Kinds(), URLs: Base64URL, OwnIDs: true, OwnErrors: true, QuotaPage: true}
	case ReversingLabs:
		// Its migration guide: two paths, a file's id is its SHA-256, and nothing about errors or quotas. It takes base64 for a URL,
		// too, but does not say of which alphabet.
		return Dialect{Kinds: []indicator.Kind{indicator.File, indicator.URL}, URLs: SHA1, OwnIDs: true}
	}
	return Dialect{Kinds: []indicator.Kind{indicator.File, indicator.URL}, URLs: Base64URL}
}

// Answers tells whether the service answers objects of a kind.
func (d Dialect) Answers(kind indicator.Kind) bool { return slices.Contains(d.Kinds, kind) }

// known tells whether everything that the dialect names exists.
func (d Dialect) known() bool {
	for _, kind := range d.Kinds {
		if !slices.Contains(indicator.Kinds(), kind) {
			return false
		}
	}
	return d.URLs == Base64URL || d.URLs == SHA1
}

// A URLForm is a way to make an id of a URL.
type URLForm int

// The two forms.
const (
	// Base64URL is the alphabet with "-" and "_", unpadded (RFC 4648, sections 5 and 3.2): a "/" would break the path.
	Base64URL URLForm = iota
	// SHA1 is the hex of the URL's SHA-1, as it is written.
	SHA1
)

func (f URLForm) id(link string) string {
	if f == SHA1 {
		sum := sha1.Sum([]byte(link)) //nolint:gosec // As above.
		return hex.EncodeToString(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString([]byte(link))
}
