// Package virustotal asks VirusTotal, or an endpoint that speaks its API v3, what it knows about one object.
//
//	object   request                                  the answer's own id
//	file     GET {base}/files/{MD5, SHA-1, SHA-256}   SHA-256
//	url      GET {base}/urls/{base64url, unpadded}    SHA-256 of the canonical URL
//	domain   GET {base}/domains/{name}                the name
//	ip       GET {base}/ip_addresses/{address}        the address
//
// One look-up is one request, and so one unit of quota: nothing is repeated, no relationship is followed, and nothing is ever
// uploaded or scanned again. Engines' names and results come out of the same answer as the counts.
//
// What an answer means, status first, body second:
//
//	200, a report                     a verdict
//	200, anything else                Transient  a proxy's page, an answer cut short: "clean" is only read off a report
//	404 NotFoundError                 a verdict  "not found" is knowledge
//	404, any other body               Transient  a wrong base URL must not write Not Found onto ten thousand indicators
//	400 NotAvailableYet               Transient
//	400, any other                    Permanent  as for a name that fails VirusTotal's own pattern (recorded 2020-09-30)
//	401, 403                          Denied     the 401 echoes the key: its message is never kept
//	429                               Quota      QuotaExceededError is a window, minute, day or month alike;
//	                                             TooManyRequestsError is not said to be one
//	the rest                          as package rest has it
//
// # Dialects
//
// Other services speak the same API, less of it. What is known of each is a Dialect:
//
//	provider       kinds      id of a URL  own ids  errors     quotas
//	virustotal     all four   base64url    yes      by body    yes
//	reversinglabs  file, url  SHA-1        yes      by status  no
//	compatible     file, url  base64url    no       by status  no
//
// An object of a kind that the service does not answer is Permanent before anything is sent. Where errors go by status, a 404 is "not
// found" whatever its body, except a page for a person: a wrong base URL and a proxy answer so. A report without a type, links or an
// id is one all the same, and a category without a count stays "not provided": it is no zero, and no part of a ratio.
//
// # Reading a report
//
// No attribute is required: objects of 2019 have no counts, and which fields a key sees changes with its tier and the year.
// An attribute of an unexpected type is as good as absent and costs no other. Numbers may be 5, 5.0 or "5". Texts are cleaned
// and bounded on the way in, since the names of files and the titles of pages are written by attackers. Headers and cookies
// of scanned sites, which may look like credentials, are never looked at.
//
// ## Decisions
//
// An own client instead of vt-go: vt-go has no context and no timeout, one base URL for the process, drops status and headers,
// and takes an empty body for a success.
//
// VirusTotal is asked for a URL by its base64url form and not by a hash: the service canonicalises what it is sent by rules that are
// not published, so a hash made here would miss. ReversingLabs takes base64 too, but of which alphabet it does not say, and a SHA-1
// has one form.
//
// A dialect is a value, not a package for each service: five facts differ, and the reading of reports stays one, since every
// attribute is optional anyway. What a service is not known for, its dialect does not rely on.
//
// An answer about another file, address or type than was asked about is refused as Transient: the only ways to get one are a
// confused cache and a confused proxy, and a wrong verdict is worse than a late one. Names and URLs have no such check, since the
// service may return them in a form of its own.
//
// "Resource not found" is how the service answers a path that it does not have; for a file or URL it has words of its own, with the
// id in them (recorded 2020 and 2026). So these words mean a wrong base URL there, not an unknown object.
package virustotal
