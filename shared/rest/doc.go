// Package rest performs one bounded HTTP exchange: one request on the wire, one answer in memory, one classified error.
//
// Every client of the pipeline builds on it, so that what holds for one vendor holds for all:
//
//   - Exactly one request. Nothing is repeated, no redirect is followed: the queue is the retry loop, and a permit of the
//     provider's quota pays for one request.
//   - Everything is bounded: the time of the exchange, the bytes on the wire, the bytes they unpack to, the headers.
//   - Errors tell the method, the host and the route, and nothing that was sent or received: no path, no query, no header,
//     no body. Where a URL carries an indicator, or a body echoes an API key, it ends here.
//   - Every error has a fault.Kind.
//
// What a status means, unless a client knows better:
//
//	status                     kind       because
//	2xx                        -          an answer
//	3xx                        Denied     a base URL that redirects is a wrong setting: pause, do not lose every item
//	401, 402, 403, 407         Denied     the credential, the account or the proxy refuses us
//	404                        Unknown    the client must say what it means: an answer, a deleted item, a wrong address
//	408, 421, 424, 425         Transient  the server asks to be asked again
//	429                        Quota      with the wait that Retry-After names
//	every other 4xx            Permanent  the request itself is refused: it will be again
//	5xx, and what is no status Transient  the other side is broken
//
// ## Decisions
//
// No repetition: net/http silently sends a request again when a reused connection dies unanswered and the request can be
// replayed, which is any GET without a body. The ways to stop it were a new connection for each request, which adds two round
// trips to each of a thousand look-ups a minute; counting connections with httptrace, which learns of the second request too
// late to hold it back; or a body that cannot be replayed. The last costs nothing: an empty body of an unknown type with the
// identity transfer coding puts no byte and no header on the wire (see once).
//
// HTTP/1.1 only: over HTTP/2 the transport also repeats streams that the server refused, the empty body would show as a
// frame of its own, and one stalled connection would hold up every exchange. A thousand look-ups a minute at 200 ms each need four
// connections.
//
// Gzip is unpacked here and not by net/http: Google's front end compresses only for agents that ask for it by name, and its
// 429 comes uncompressed all the same, so the answer's Content-Encoding decides, not what was asked for.
//
// Answers are held in memory whole: the largest recorded report has 105 KB, and a decoder that streams would leave
// connections half read whenever it stops early.
package rest
