package indicator

import "errors"

// A Reason says why a value is refused. The list is closed: see [Reasons].
type Reason string

// The reasons, spelled as the metric label.
const (
	UnsupportedType Reason = "unsupported_type" // No provider answers for this ThreatQ type.
	Empty           Reason = "empty"            // Nothing but white space.
	TooLong         Reason = "too_long"         // Over MaxValueBytes, as it came or in normal form.
	BadHash         Reason = "bad_hash"         // Not hex, or of another length than the type's.
	BadURL          Reason = "bad_url"          // Not an http or https URL.
	BadDomain       Reason = "bad_domain"       // Not a domain name.
	BadIP           Reason = "bad_ip"           // Not one IP address.
	PrivateAddress  Reason = "private_address"  // An address that means something inside a network only.
	ReservedAddress Reason = "reserved_address" // An address that no host on the Internet has.
	InternalName    Reason = "internal_name"    // A name that means something inside a network only.
	URLCredentials  Reason = "url_credentials"  // A URL that would hand a user name or password to the provider.
)

// Reasons lists every reason, for metrics that start at zero.
func Reasons() []Reason {
	return []Reason{
		UnsupportedType, Empty, TooLong, BadHash, BadURL, BadDomain, BadIP,
		PrivateAddress, ReservedAddress, InternalName, URLCredentials,
	}
}

// A Refusal is the error of [Parse], [Guess], [ParseSuffix] and [Object.Public]: asking again would change nothing.
type Refusal struct {
	Reason Reason
	// Detail says what was wrong and what is wanted. It never contains the value.
	Detail string
}

// Error gives the reason and the detail.
func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Detail }

// ReasonOf tells why err's value was refused, and whether err is a refusal at all.
func ReasonOf(err error) (Reason, bool) {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason, true
	}
	return "", false
}

// refuse returns an error, not a *Refusal, so that no caller can make a non-nil error of a nil pointer.
func refuse(reason Reason, detail string) error { return &Refusal{Reason: reason, Detail: detail} }
