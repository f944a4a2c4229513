package threatq

import (
	"net/http"
	"sync"
	"time"
)

// A Server is one simulated ThreatQ instance. Its zero value is ready for use.
//
// The fields are set before the first use and not changed while requests are answered; hooks may change their mind at any
// time. Hooks other than Fail are called with the server's lock held and must not call its methods. Methods are safe for
// concurrent use.
type Server struct {
	// Credentials are the accepted ones. Empty fields default to the Default constants.
	Credentials Credentials
	// TokenLife is how long an access token is good for, in whole seconds. Defaults to DefaultTokenLife.
	TokenLife time.Duration
	// TokenType is told in the token answer; some instances say it in lower case. Defaults to "Bearer".
	TokenType string
	// OmitRefreshToken leaves refresh_token out of the token answer, as some instances do.
	OmitRefreshToken bool
	// OmitExpiry leaves expires_in out of the token answer.
	OmitExpiry bool

	// TypeIDs maps the names of the installed indicator types to their ids, which differ from instance to instance.
	// Defaults to the alphabetical rank of the 34 built-in types. See ShuffledTypeIDs.
	TypeIDs map[string]int
	// LegacyFields sends attributes and sources in query answers to requests without "fields", as before mid-2026.
	LegacyFields bool
	// EmptyPageObject sends an empty page as "data":{} with a cursor mark that differs from the one received: PHP's
	// encoding of an empty array, as recorded by another client of the vendor's.
	EmptyPageObject bool
	// CollectionStrings sends the json of a saved search as a string that needs a second parse.
	CollectionStrings bool
	// MaxLimit is the largest page; a larger limit is lowered to it. Defaults to DefaultMaxLimit.
	MaxLimit int
	// IndexLag is how long a write takes to show in query answers. Defaults to 0: at once.
	IndexLag time.Duration

	// SingleRowPosts refuses an attribute POST of more than one row with 400.
	SingleRowPosts bool
	// PutConflict says what a PUT does whose new value is another row of the indicator already. Defaults to ConflictRefuse.
	PutConflict PutConflict
	// ConsumeStatus is the status that consume gives to an indicator sent without one. A new indicator defaults to
	// "Review", an existing one to the status it has.
	ConsumeStatus string
	// ConsumeRows lets the answer of consume tell the attribute rows of each indicator. Whether the vendor's does is unknown.
	ConsumeRows bool
	// ConsumeItemError, if set, is asked for each value that consume receives; the item fails with the answer unless empty.
	ConsumeItemError func(value string) string
	// ConsumeRowError, if set, is asked for each attribute of each value that consume receives; unless the answer is empty that row alone
	// fails with it, and the item tells its rows.
	ConsumeRowError func(value, name string) string
	// Weigh, if set, is what an attribute adds to the generated score: the instance's scoring policy. The relational store
	// tells the new score at once, the search IndexLag later.
	Weigh func(name, value string) float64

	// Latency delays every answer, before the request takes effect.
	Latency time.Duration
	// Fail, if set, is asked about every request before it takes effect; nil means no fault. The request's Pattern is one
	// of the Endpoint constants, its body may be read. Fail is called without a lock, by several requests at once, and may
	// call the server's methods.
	Fail func(*http.Request) *Fault
	// Now is the server's clock. Defaults to time.Now.
	Now func() time.Time

	once sync.Once
	mux  *http.ServeMux

	mu          sync.Mutex // guards everything below
	tally       tally
	keyring     keyring
	catalogue   catalogue
	collections collections
	store       store
}

// DefaultMaxLimit is the largest page by default: what the vendor's own SDK asks for. The server's maximum is unknown.
const DefaultMaxLimit = 1000

// ServeHTTP answers one request. It panics with http.ErrAbortHandler to drop the connection, if a Fault says so.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.start)
	s.mux.ServeHTTP(w, r)
}

// lock makes the state ready and ours. It returns the release.
func (s *Server) lock() (release func()) {
	s.once.Do(s.start)
	s.mu.Lock()
	return s.mu.Unlock
}

// start sets the instance up from the fields, once.
func (s *Server) start() {
	s.catalogue = newCatalogue(s.TypeIDs)
	s.store = newStore(s.IndexLag, s.Weigh)
	s.keyring = newKeyring()
	s.tally = newTally()
	s.mux = http.NewServeMux()
	for _, e := range endpoints() {
		s.mux.HandleFunc(e.pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e) })
	}
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Server) maxLimit() int {
	if s.MaxLimit > 0 {
		return s.MaxLimit
	}
	return DefaultMaxLimit
}
