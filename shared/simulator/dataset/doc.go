// Package dataset is the project's own synthetic data: indicators as ThreatQ holds them, and the reports that VirusTotal would
// give about them.
//
// Demo is a small world of 200 indicators. Many is any number of them for benchmarks. Report builds the report of one object
// from a Recipe. All three give the same bytes on every machine.
//
// # The demo
//
// By type, and by the class that the default policy makes of the answer; nobody may ask about the refused:
//
//	type        Malicious Suspicious   Harmless Undetected No Verdict  Not Found    refused
//	hashes             24          9          5         20          4          6          1
//	FQDN               11          7         13          5          3          4          5
//	URL                14          5          9          4          2          4          2
//	addresses          11          4          9          3          2          2          7
//	others              0          0          0          0          0          0          5
//	all                60         25         36         32         11         16         20
//
// Its 180 indicators that may be asked about are of 159 objects, so that 159 requests answer all:
//
//   - six files are three indicators each, one for every hash
//   - nine indicators are of an object that is there already, in another spelling: defanged, in upper case, with a dot at the end, IPv4 within
//     IPv6, another hash of the file
//   - one URL is known to the provider under https only, and is stored in ThreatQ without a scheme: Not Found, unless the
//     other scheme is tried
//
// Refused are private, reserved and internal addresses and names, types that no provider knows, a URL with credentials, a
// hash with a digit too few, an indicator under TLP:RED and a whitelisted one. The last two have a report all the same: who
// asks about them is found out.
//
// The reports are of the shape that recorded ones have, member by member, and do what real ones do: counts that are one more
// than the engines, no counts, all zero, no date of analysis, a negative reputation, a severity whose date is a text, hostile
// file names. See Trait.
//
// # Nothing here is real
//
// Engines, feeds, malware families, registrars and hosting companies are invented; hashes are of no file; autonomous systems
// are from the range for private use. Names and addresses cannot be reserved ones, since admission refuses these before
// anybody asks: names are three unrelated words under a common ending, addresses are rolled within large public blocks.
// Somebody may own one by chance. No request about any of them leaves the simulator that answers it.
//
// # Decisions
//
// Rolls come from SHA-256 over a seed in words, not from math/rand: what a seed gives there may change with the Go release.
//
// What class an item has is written beside it and not worked out from its report, so that a mistake in the policy is found
// and not repeated.
package dataset
