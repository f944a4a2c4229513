// Package threatq speaks with a ThreatQ instance: it walks indicators, and reads and writes their attributes and scores.
//
//	client, err := threatq.New(threatq.Config{BaseURL: "https://threatq.example", ClientID: id, ClientSecret: secret})
//	selection, err := client.Resolve(ctx, "Suspicious hashes")
//	for mark, done := "", false; !done; {
//		page, err := client.Page(ctx, selection, mark, threatq.MaxPage)
//		// ... page.Indicators ...
//		mark, done = page.Next, page.Done
//	}
//
// # Two stores
//
// ThreatQ answers from two stores that look different. Page and Values ask the search index (Solr), which can filter and which lags
// behind writes by seconds. Indicator, Attributes and Score ask the relational store, which sees a write at once. One set of types
// reads the records of both (decode.go).
//
// A walk is ordered by `updated_at`, and the mark of a page holds a place in that order: it can be stored and gone on from later.
// `updated_at` moves with an indicator's own row (new, another status), not with attributes, so that our own writes do not come
// back as changes; this was derived from five recorded indicators and is not documented.
//
// # What goes wrong
//
//	answer                                   kind        text
//	400, 409, 422, every other 4xx           Permanent   what ThreatQ complains of, cleaned
//	400 and the like at login                Denied      which settings to check
//	401, after one login of our own          Denied      the fresh token was refused as well
//	403                                      Denied      the role
//	404 on an indicator                      Gone        deleted, or not to be seen
//	404 on a row that was to be changed      Transient   ErrNoRow: read the rows again
//	404 elsewhere, or with a page in it      Denied      not where the API answers
//	3xx                                      Denied      where it points to
//	429                                      Quota       with the wait that it names
//	500                                      Transient   may be lasting: unknown filters and relations get it
//	502, 503, 504, HTML, a broken line       Transient
//	2xx with a list of `errors`              Permanent   what ThreatQ complains of, cleaned
//	2xx without `data`                       Denied      ErrHidden: the role probably may not see it
//	403, 404, 405, silence to a bulk write   Denied      ErrNoBulk
//	an answer over its bound                 Permanent   ErrTooLarge
//
// No error holds a credential, a token, a query, or a value that was sent: a complaint of ThreatQ's that repeats one is left out.
//
// ## Decisions
//
// A new login rather than the refresh token: the grant for refreshing is documented by the SDK's source alone, some instances give no
// refresh token, and the credentials are at hand all the time. A login costs one request an hour or a day.
//
// One login for all: requests that find no good token share one flight, so an expiry under load does not look like an attack on the
// account. A refused token is dropped only if it is still the one in use, so a hundred refusals at once also cost one login.
//
// Life by `expires_in` and Go's monotonic clock: instances differ from one hour to two days (the SDK assumes 30 minutes of all), and a
// wall clock that is set must not age a token. What remains wrong after that, the one login on a 401 heals.
//
// A data collection is read and its query sent along, against walking it by its hash: only so can a condition on `updated_at` be
// added, and a hash probably changes when somebody edits the collection.
//
// Types and statuses are resolved through the instance's tables: their ids differ from one to the next. A record that brings the name,
// as the search index does, costs no request.
//
// The bulk write (`/api/indicators/consume`) writes many indicators at once and is full of traps: it cannot change or delete a row, finds
// an indicator by type and value or else creates it, may set its status, adds the source of the credentials to it, and how it tells
// of a partial failure is not known. So Consume repeats what Standings read a moment before: id, type, value and the status, by its id.
// A status that somebody sets in that moment, or in the minute in which the search index does not show it yet, is set back, unless it
// is a protected one, as "Whitelisted" is. Nobody is named as the indicator's source: to name a feed would make it report again, to
// name ours would say that it reported the indicator at all. What the answer does not tell is taken for not done.
package threatq
