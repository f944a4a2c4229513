package threatq

import (
	"net/http"
	"time"
)

// A Fault is what goes wrong with one request. The zero Fault changes nothing; the parts can be combined.
type Fault struct {
	// Status, if not 0, is answered with Body in place of the real answer, and the request takes no effect.
	Status int
	// Body is sent as it is.
	Body string
	// ContentType of Body. Defaults to "application/json".
	ContentType string
	// RetryAfter is sent in whole seconds if it is at least one.
	RetryAfter time.Duration
	// Location is sent if not empty.
	Location string
	// Effect lets the request take effect although its answer is replaced or cut off: the client cannot know.
	Effect bool
	// Cut drops the connection in place of an answer.
	Cut bool
	// Truncate, if not 0, drops the connection after that many bytes of the body, whose full length was announced. A body
	// that is no longer than that is sent whole.
	Truncate int
	// Stall passes before the request takes effect.
	Stall time.Duration
	// Pause passes between the first half of the body and the second.
	Pause time.Duration
}

// serves reports whether the request takes effect.
func (f Fault) serves() bool {
	return f.Effect || (f.Status == 0 && !f.Cut)
}

// deliver sends the answer with the fault in it. Headers are flushed before a cut, so that the client has seen the status.
func (f Fault) deliver(w http.ResponseWriter, r *http.Request, out reply) {
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		out = f.reply()
	}
	switch {
	case f.Truncate > 0 && f.Truncate < len(out.body):
		out.head(w, len(out.body))
		_, _ = w.Write(out.body[:f.Truncate])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Pause > 0:
		half := len(out.body) / 2
		out.head(w, len(out.body))
		_, _ = w.Write(out.body[:half])
		_ = http.NewResponseController(w).Flush()
		if wait(r.Context(), f.Pause) == nil {
			_, _ = w.Write(out.body[half:])
		}
	default:
		out.send(w)
	}
}

// reply is the answer in place of the real one.
func (f Fault) reply() reply {
	out := reply{status: f.Status, body: []byte(f.Body), media: f.ContentType, retryAfter: f.RetryAfter, location: f.Location}
	if out.media == "" {
		out.media = mediaJSON
	}
	return out
}

// Unauthorized is the answer to an expired or revoked token.
func Unauthorized() *Fault {
	out := unauthorized()
	return &Fault{Status: out.status, Body: string(out.body)}
}

// Forbidden is the answer to a user whose role may not do this.
func Forbidden() *Fault {
	return &Fault{Status: http.StatusForbidden, Body: `{"errors":["You do not have permission to perform this action."]}`}
}

// NotFound is the answer for an object deleted meanwhile.
func NotFound() *Fault {
	out := missing()
	return &Fault{Status: out.status, Body: string(out.body)}
}

// TooManyRequests asks to come back after d. No rate limit of the vendor is known; a proxy in front may have one.
func TooManyRequests(d time.Duration) *Fault {
	return &Fault{Status: http.StatusTooManyRequests, Body: `{"errors":["Too Many Attempts."]}`, RetryAfter: d}
}

// InternalError is the 500 of a bug, or of a query that the instance does not support.
func InternalError() *Fault {
	out := unsupported()
	return &Fault{Status: out.status, Body: string(out.body)}
}

// ServiceUnavailableHTML is the page of an instance in maintenance mode, while it is upgraded.
func ServiceUnavailableHTML() *Fault {
	return &Fault{
		Status: http.StatusServiceUnavailable, ContentType: mediaHTML,
		Body: "<!DOCTYPE html>\n<html><head><title>Be right back.</title></head><body>Be right back.</body></html>\n",
	}
}

// OKHTML is a page with status 200 where JSON was due: a log-in page of a proxy in front.
func OKHTML() *Fault {
	return &Fault{Status: http.StatusOK, ContentType: mediaHTML, Body: "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"}
}

// OKWithErrors is a failure that says 200: the vendor's SDK takes a top-level "errors" for one, whatever the status.
func OKWithErrors() *Fault {
	return &Fault{Status: http.StatusOK, Body: `{"errors":["First Error",["Second error - part 1","Second error - part 2"]]}`}
}

// EmptyObject is {} without a data key: how a missing permission may look.
func EmptyObject() *Fault { return &Fault{Status: http.StatusOK, Body: `{}`} }

// Redirect is what a misconfigured proxy answers; a client with a token must not follow it.
func Redirect() *Fault {
	return &Fault{Status: http.StatusFound, ContentType: mediaHTML, Location: "/login"}
}

// CutConnection drops the connection before the request takes effect.
func CutConnection() *Fault { return &Fault{Cut: true} }

// LostAnswer drops the connection after the request took effect.
func LostAnswer() *Fault { return &Fault{Cut: true, Effect: true} }

// Truncated sends n bytes of the true answer, then drops the connection.
func Truncated(n int) *Fault { return &Fault{Truncate: n} }

// Slow sends the true answer with a pause of d in the middle of its body.
func Slow(d time.Duration) *Fault { return &Fault{Pause: d} }
