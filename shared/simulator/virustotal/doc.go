// Package virustotal simulates the VirusTotal API v3, as far as looking things up goes.
//
// A Server is an http.Handler. Its zero value knows one key, DefaultKey, with the limits of a public account and no reports;
// fields change it and AddReport fills it:
//
//	server := &virustotal.Server{}
//	server.AddReport(body)                           // As the real service returns it.
//	http.ListenAndServe("127.0.0.1:8080", server)    // GET /api/v3/files/{hash}, x-apikey: DefaultKey.
//
// It is as strict as the service: a padded URL id is not found, a name that is no domain is refused, a request over the limit
// is rejected whatever it asks for, and every request that was counted can be read back (Requests, Calls, MaxInWindow).
//
// A request passes these gates, and the first that refuses answers:
//
//	gate        answer                                                counted
//	method      405, GET only                                         no
//	key         401 without a key, with an unknown or an inactive one no
//	route       404 for paths not modelled, 403 for premium ones      no
//	            200 for the user's own quota pages                    no
//	limits      429 QuotaExceededError                                CountRejected
//	identifier  404 for what is no hash, 400 for what is no domain    yes
//	store       200 with the report, 404 "not found"                  yes; a 404 unless FreeNotFound
//
// An answer waits for Latency, on a timer or until the client has gone. Nothing runs in the background and no lock is held
// while anything waits, so that a Server behaves in a testing/synctest bubble, over net.Pipe, in virtual time.
//
// # What is known, and what is guessed
//
// Facts come from the vendor's documentation, from its own clients and from responses that others recorded between 2019 and
// 2026. Bodies and headers of errors are those of the recordings, to the byte; see Era. No recorded response has a
// Retry-After or an X-RateLimit header, so both are off unless switched on. Not published are: how the minute window slides
// (Window), whether a rejected request counts (CountRejected) or one for an unknown object (FreeNotFound), how a URL is
// canonicalised (Canonical), and the texts of errors that nobody recorded: an inactive user, a foreign user's page, an
// address that is none, a domain or an address that is unknown.
//
// # Decisions
//
// Domains are checked against the public suffix list: the service refused a ".test" name and "xpressco.za" as no "valid
// domain pattern", and takes what is registered under a real suffix. A list of reserved names would have taken every other
// invented ending.
//
// Other methods than GET get 405 with the front end's HTML. The service has uploads and re-scans behind POST; a look-up that
// comes near them would leak what it holds, so here they do not exist.
//
// Neighbouring calls, relationships and searches among them, are 404 and cost nothing: no look-up needs them, and Requests
// counts those that come under Other or Premium.
//
// Reports are served as they were stored, byte for byte, except that the assessment of Google Threat Intelligence is left
// out unless the key has it and the request names its tool.
package virustotal
