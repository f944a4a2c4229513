// Package reversinglabs simulates ReversingLabs Spectra Intelligence, as far as looking things up goes: the suite that is compatible
// with VirusTotal, and the native APIs.
//
// A Server is an http.Handler. Its zero value knows one key and one user, without limits and without anything to tell; fields
// change it, AddReport and AddSample fill it:
//
//	server := &reversinglabs.Server{}
//	server.AddReport(body)                           // As VirusTotal reports the object.
//	http.ListenAndServe("127.0.0.1:8080", server)    // GET /api/v3/files/{hash}, x-apikey: DefaultKey.
//
// What it answers:
//
//	suite     files, URLs                     x-apikey    in the reduced schema of the migration guide
//	TCA-0101  verdict on a file               Basic       one hash, or up to MaxItems
//	TCA-0103  what scanners say of a file     Basic       one hash, or up to MaxItems
//	TCA-0403  URL, TCA-0405 domain, -0406 IP  Basic       one, or up to MaxItems of a kind
//	TCA-0407  all three kinds mixed           Basic       up to MaxItems
//	TCA-9999  the month's usage               Basic
//
// A request passes these gates, and the first that refuses answers:
//
//	gate      answer                                                            costs
//	method    405                                                               nothing
//	account   401; natively with WWW-Authenticate; 403 without a licence        nothing
//	route     404 for paths not modelled, domains in the suite among them       nothing
//	rate      429 with the text "Rate limit exceeded", if Rates are set         nothing
//	body      400 for what cannot be read, 413 for more than MaxItems           nothing
//	store     404 for a single object that is not known                         nothing
//	budget    429, or 403 with QuotaForbidden                                   nothing
//	          200                                                               one, or the valid items of a list
//
// An answer waits for Latency, on a timer or until the client has gone. Nothing runs in the background and no lock is held
// while anything waits, so that a Server behaves in a testing/synctest bubble, over net.Pipe, in virtual time.
//
// # What is known, and what is guessed
//
// Facts come from the vendor's documentation, from the clients that the vendor published, and from answers that others recorded
// between 2019 and 2025. Nobody recorded a bulk answer of TCA-0103, an error body, a 429 or anything of the suite. So these
// are guesses: what errors say (ErrorStyle), whether a bulk answer lists unknown and invalid hashes (Groups) and keeps the
// order (Shuffle), whether a list that is longer than what is left of the budget is answered in part (here: not at all), that
// repeated hashes cost again and are answered once, the shape of bulk answers of TCA-0403, TCA-0405 and TCA-0406, and what TCA-0407
// says of what it does not know.
//
// Made up are the members that VirusTotal's reports do not have: the longer hashes, DNS records, visits of a page. The service's own
// verdicts (TCA-0101, classifications) follow the counts here, which the real ones do not.
//
// # Decisions
//
// Both sides of the service speak of one set of records, filled from VirusTotal's reports: the same indicators can be looked up here
// and there, and have as many malicious and undetected engines. A set of its own would have made such a comparison one of data.
//
// A URL is known under the SHA-1 of its text, to the byte. VirusTotal's canonical form is not tried: the migration guide hashes the
// URL as it is.
//
// The budget is asked behind the store, since what it is charged is known only there, and refuses even what is free once it is
// spent.
package reversinglabs
