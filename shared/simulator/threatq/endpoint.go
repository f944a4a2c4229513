package threatq

import "net/http"

// The endpoints, as they are found in a request's Pattern and in Counts.
const (
	EndpointToken = "POST /api/token" //nolint:gosec // a path, no credential

	// The cheap probe of credentials.
	EndpointCurrentUser = "GET /api/users/current"

	// Catalogues and scores say "indicator", in the singular; everything else says "indicators".
	EndpointTypes    = "GET /api/indicator/types"
	EndpointType     = "GET /api/indicator/types/{id}"
	EndpointStatuses = "GET /api/indicator/statuses"
	EndpointStatus   = "GET /api/indicator/statuses/{id}"
	EndpointScores   = "PUT /api/indicator/{id}/scores"

	// Saved searches, called data collections in the user interface.
	EndpointCollections      = "GET /api/search/query"
	EndpointCreateCollection = "POST /api/search/query"
	EndpointCollection       = "GET /api/search/query/{hash}"

	// The search index: pages by offset or by cursor, eventually consistent with the writes.
	EndpointQuery     = "POST /api/indicators/query"
	EndpointQueryHash = "GET /api/indicators/query/hash/{hash}"

	// The relational store: exact, and at once.
	EndpointIndicators      = "GET /api/indicators"
	EndpointIndicator       = "GET /api/indicators/{id}"
	EndpointDetails         = "GET /api/indicators/{id}/details"
	EndpointUpdateIndicator = "PUT /api/indicators/{id}"
	EndpointAttributes      = "GET /api/indicators/{id}/attributes"
	EndpointAddAttributes   = "POST /api/indicators/{id}/attributes"
	EndpointUpdateAttribute = "PUT /api/indicators/{id}/attributes/{row}"
	EndpointDeleteAttribute = "DELETE /api/indicators/{id}/attributes/{row}"
	EndpointAddTags         = "POST /api/indicators/{id}/tags"

	// The bulk write, and its legacy path.
	EndpointConsume    = "POST /api/indicators/consume"
	EndpointConsumeNew = "POST /api/indicators/consume/new"

	// EndpointUnknown counts what this API does not have.
	EndpointUnknown = "/"
)

// An endpoint ties a pattern to what answers it.
type endpoint struct {
	pattern string
	answer  func(*call) reply
	open    bool // needs no token
	write   bool // changes the threat library
}

// endpoints is the whole API. Searching and saving a search are POSTs that change nothing in the library, so they are no writes.
func endpoints() []endpoint {
	return []endpoint{
		{pattern: EndpointToken, answer: (*call).token, open: true},
		{pattern: EndpointCurrentUser, answer: (*call).currentUser},
		{pattern: EndpointTypes, answer: (*call).types},
		{pattern: EndpointType, answer: (*call).kind},
		{pattern: EndpointStatuses, answer: (*call).statuses},
		{pattern: EndpointStatus, answer: (*call).status},
		{pattern: EndpointScores, answer: (*call).putScore, write: true},
		{pattern: EndpointCollections, answer: (*call).listCollections},
		{pattern: EndpointCreateCollection, answer: (*call).createCollection},
		{pattern: EndpointCollection, answer: (*call).collection},
		{pattern: EndpointQuery, answer: (*call).query},
		{pattern: EndpointQueryHash, answer: (*call).queryHash},
		{pattern: EndpointIndicators, answer: (*call).listIndicators},
		{pattern: EndpointIndicator, answer: (*call).indicator},
		{pattern: EndpointDetails, answer: (*call).indicator},
		{pattern: EndpointUpdateIndicator, answer: (*call).putIndicator, write: true},
		{pattern: EndpointAttributes, answer: (*call).listAttributes},
		{pattern: EndpointAddAttributes, answer: (*call).postAttributes, write: true},
		{pattern: EndpointUpdateAttribute, answer: (*call).putAttribute, write: true},
		{pattern: EndpointDeleteAttribute, answer: (*call).deleteAttribute, write: true},
		{pattern: EndpointAddTags, answer: (*call).postTags, write: true},
		{pattern: EndpointConsume, answer: (*call).consume, write: true},
		{pattern: EndpointConsumeNew, answer: (*call).consume, write: true},
		{pattern: EndpointUnknown, answer: (*call).unknown, open: true},
	}
}

// unknown answers without asking for a token: that a path does not exist must not look like a matter of credentials.
func (*call) unknown() reply {
	return problem(http.StatusNotFound, "The requested resource does not exist.")
}
