// Package indicator turns what ThreatQ stores into the object that a provider can be asked about.
//
// ThreatQ holds one thing under many spellings: a hash in capitals, a name with a trailing dot, a URL whose scheme was
// stripped, an address defanged by the analyst who pasted it. A request to a provider is the scarce thing of this
// system, so all spellings must meet in one [Object], and what can have no answer must be refused before it costs one:
//
//	type, value, Scheme attribute ──Parse──> Object ──Public──> may be asked about
//	                                  │                 │
//	                                  └──── Refusal <───┘
//
// [Parse] answers "what is it?" and refuses only what is broken. [Object.Public] answers "may it leave the house?" and
// refuses what means something inside a network only, or carries a secret. Every refusal bears a [Reason] from a closed
// list, which is also its metric label, and a detail for a person that never repeats the value.
//
// The package is pure: no clock, no network, no state. It trusts nothing it is given, and is idempotent: parsing an
// object's value again, under the same type, gives the same object. An object's [Key] is stable for ever.
//
// # Spellings
//
//	hash   "  D41D8CD9..."               d41d8cd9...                  length must fit the type
//	FQDN   "Bücher[.]Example.com."       xn--bcher-kva.example.com    underscores and r3---sn pass
//	IP     "[2001:DB8:0::1]"             2001:db8::1                  ::ffff:8.8.8.8 is 8.8.8.8
//	URL    "hxxp://Evil[.]com:80"        http://evil.com/             path, query and fragment as they came
//	URL    "evil.com:8080/x"             http://evil.com:8080/x       assumed; the https twin is Parsed.Other
//
// ## Decisions
//
// Names in ASCII pass without IDNA: an A-label that is registered exists, whatever Unicode version our tables know, and
// the keys of nearly all names cannot move with the Go release. Names with other characters go through the profile of
// browsers (UTS 46, non-transitional, without the hyphen check and STD3 rules), so that r3---sn and _dmarc survive; the
// vendors publish nothing on the form they want.
//
// A name of one label is parsed and then refused as [InternalName]: "localhost" is a fine name, it is just nobody
// else's business. Names under .onion are refused too: providers reject reserved top-level domains with a 400 (recorded
// 2020-09-30), and such a request is spent all the same.
//
// A URL's path, query and fragment stay byte for byte, since the providers' canonical form is unpublished and theirs
// to make. Two exceptions. A space becomes %20, as browsers write it, since feeds do contain such URLs. And where the
// scheme or host was defanged, the marks in the rest are undone as well, because the usual tools defang every dot.
// Control characters are refused, not dropped as browsers do: two pasted lines must not become one URL that nobody saw.
//
// Only http and https: the providers' URL reports come from fetching over these, and ftp links are too few to spend on.
//
// Other spellings of IPv4 (http://0x7f.1/) are read in URL hosts, where browsers define their meaning and attackers use
// them, and refused as IP Address or FQDN, where 010.0.0.1 means different things to different readers.
//
// Any user information in a URL counts as credentials, even without a password: access tokens travel as bare user
// names. The price is that the rare lure http://bank.com@evil.com/ is not looked up.
//
// Addresses are public when IANA says so, not when nobody says otherwise: of IPv6 only 2000::/3 is, less the special
// blocks in it. A special block is refused whole; the few anycast addresses of protocols inside are no host's.
package indicator
