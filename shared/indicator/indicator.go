package indicator

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// A Kind is the sort of thing that a provider is asked about. The list is closed: see [Kinds].
type Kind string

// The kinds, spelled as they appear in messages.
const (
	File   Kind = "file"   // By its MD5, SHA-1 or SHA-256.
	URL    Kind = "url"    // An http or https URL.
	Domain Kind = "domain" // A name in A-labels, without the trailing dot.
	IP     Kind = "ip"     // An IPv4 or IPv6 address.
)

// Kinds lists every kind, for metrics that start at zero.
func Kinds() []Kind { return []Kind{File, URL, Domain, IP} }

// An Object is what a provider is asked about. Two indicators may share one object.
type Object struct {
	Kind Kind `json:"kind"`
	// Value is in the normal form that [Parse] gives, at most [MaxValueBytes] long, valid UTF-8 without control
	// characters.
	Value string `json:"value"`
}

// A Key names an object in subjects and ledgers, where its value must not appear: 32 lower-case hex digits.
type Key string

// keyBytes is how much of the hash makes a key: with 128 bits, a billion objects collide with a chance of 1 in 10^21.
const keyBytes = 16

// Key gives the first 32 hex digits of the SHA-256 over kind, NUL and value. Streams outlive releases and hold keys, so
// this never changes.
func (o Object) Key() Key {
	sum := sha256.Sum256([]byte(string(o.Kind) + "\x00" + o.Value))
	return Key(hex.EncodeToString(sum[:keyBytes]))
}

var errKey = errors.New("parsing an object key: want 32 lower-case hex digits")

// ParseKey reads a key that came from outside. Its error does not repeat s.
func ParseKey(s string) (Key, error) {
	if len(s) != 2*keyBytes || strings.Trim(s, "0123456789abcdef") != "" {
		return "", errKey
	}
	return Key(s), nil
}

// An Indicator is an indicator as ThreatQ holds it.
type Indicator struct {
	// ID is ThreatQ's own number. An indicator that is deleted and created again has a new one.
	ID int64 `json:"id"`
	// Type is the name of ThreatQ's type, one of [Types] where we can use it. Numbers of types differ per installation.
	Type string `json:"type"`
	// Value is as ThreatQ spells it.
	Value string `json:"value"`
}

// Parsed is what [Parse] made of an indicator.
type Parsed struct {
	// Object is what to ask about.
	Object Object
	// Other is the same URL under the other scheme, worth a second request when the first is unknown. It is set only
	// when the scheme was assumed, being neither in the value nor hinted at; nil otherwise.
	Other *Object
}
