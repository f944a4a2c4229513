// Package threatq simulates the REST API of a ThreatQ instance, as strict as the vendor's.
//
// The zero Server is ready: an http.Handler with an empty library, the 34 built-in indicator types, the five fixed statuses
// and the default credentials. Exported fields and hooks change how it behaves; the Go methods fill it and look into it.
//
//	sim := &threatq.Server{}
//	id := sim.AddIndicator(threatq.Indicator{Type: "FQDN", Value: "example.org"})
//	// ... point a client at the handler ...
//	rows := sim.Attributes(id)
//
// # What it is made of
//
//	            relational store (live)                search index (search)
//	written by  every write, at once                   the same writes, IndexLag later
//	read by     /indicators, /indicators/{id}, ...     /indicators/query, /indicators/query/hash/{hash}
//	record      score as object, times with ms,        score as int, times in seconds, keys without a
//	            keys without a value are null          value are left out, type and status as told by fields
//
// Both show through a real instance with their own record shapes, and so they do here. What was recorded of the two shapes
// (2020 to 2022) has the same key sets here, which a test compares.
//
// # The way of a request
//
//	count -> read the body (bounded) -> Fail -> wait -> token -> carry out -> spoil -> send
//
// A Fault that replaces the answer or drops the connection normally stops the request from being carried out; with Effect
// it is carried out all the same, and the client cannot know. Requests that are carried out exclude one another, as
// transactions do.
//
// # What moves which time
//
//	updated_at   the indicator's own row: status, description
//	touched_at   that, and every attribute, source, tag or score written, and Touch
//
// Derived from five recorded indicators: the vendor does not document it.
//
// # How well it is known
//
// The vendor's reference names the envelope, the verbs and the status codes. The rest was read off clients in the field and
// off recorded answers, and what none of them shows is inferred:
//
//	the six encodings of a token request           seen in 1 to 5 clients each
//	400 for a bad login, "bearer" refused          3 clients; a live test
//	the two record shapes, times, type ids         recorded
//	operators and fields of filters                seen in clients; 500 for others, on some versions
//	cursor marks                                   recorded: Solr's encoding of (sort key, id)
//	{} in place of an empty page                   recorded once
//	attribute rows by (name, value)                4 clients of the vendor's own, and recorded times
//	list from POST, object from PUT                6 and 3 clients
//	consume: matching by value, no score           the vendor's SDK
//	consume: whether it tells rows                 unknown: not, and a switch
//	protected statuses                             vendor's help pages; which ones: two recorded, one inferred
//	code of a duplicate POST, conflicts of PUT     unknown: 200, and a switch
//	bodies of 401, 403 and 503                     unknown
//	limits of names, values, pages                 unknown: columns of such a schema, the SDK's page
//
// # Time
//
// All time comes from Now, all waiting is a timer that ends with the request's context, and nothing runs in the background:
// index lag and token expiry are worked out when somebody asks. A Server therefore lives in a synctest bubble.
//
// # Decisions
//
// Records are never changed in place: a write makes a new version. The search index keeps the version that it has seen, so
// that IndexLag is a queue of versions and costs nothing when it is zero.
//
// An order of the index is a list of sorted blocks, built when somebody first sorts by that field, not a slice sorted per
// page: a page of a cursor walk over 200,000 indicators then costs the same at its end as at its start.
//
// What nobody knows about the vendor is a field of Server (PutConflict, SingleRowPosts, ConsumeStatus, ...) and its zero
// value is the answer that is hardest for a client. Where strictness could be read two ways the answer is likewise the
// stricter one: sources of an attribute are sent only if asked for by "with", a refresh token works once, attribute values
// that are not strings are refused.
//
// A request that this API does not have is a 404, whatever its method: an unforeseen call must stand out in a test.
package threatq
