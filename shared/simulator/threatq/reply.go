package threatq

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const (
	mediaJSON = "application/json"
	mediaHTML = "text/html; charset=UTF-8"
)

// object is a JSON object of an answer.
type object map[string]any

// A reply is an answer before it is on the wire: faults may still change, delay or cut it.
type reply struct {
	status     int
	body       []byte
	media      string
	retryAfter time.Duration
	location   string
}

// respond answers with a JSON document.
func respond(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil { // an answer of ours holds nothing that JSON cannot say
		return reply{status: http.StatusInternalServerError, media: mediaJSON}
	}
	return reply{status: status, body: body, media: mediaJSON}
}

// data wraps one resource, or a list without a total.
func data(status int, v any) reply { return respond(status, object{"data": v}) }

// list wraps a collection.
func list[T any](status, total int, rows []T) reply {
	return respond(status, object{"total": total, "data": orEmpty(rows)})
}

// noContent is the answer to a deletion.
func noContent() reply { return reply{status: http.StatusNoContent} }

// problem is the plain error body: {"errors":[...]}.
func problem(status int, messages ...string) reply {
	return respond(status, object{"errors": messages})
}

// invalid is the validation error body: {"data":{"errors":{field:[...]}}}.
func invalid(field, message string) reply {
	return data(http.StatusBadRequest, object{"errors": object{field: []string{message}}})
}

// missing is the answer on every path of an object that is not there, or no longer.
func missing() reply { return problem(http.StatusNotFound, "Object does not exist") }

// unsupported is how the search and the relations of the vendor answer to a word they do not know: with a 500.
func unsupported() reply {
	return problem(http.StatusInternalServerError, "An unexpected error occurred.")
}

// head writes status and headers for a body of n bytes.
func (p reply) head(w http.ResponseWriter, n int) {
	if p.media != "" {
		w.Header().Set("Content-Type", p.media)
	}
	if seconds := int(p.retryAfter / time.Second); seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	if p.location != "" {
		w.Header().Set("Location", p.location)
	}
	if p.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	w.WriteHeader(p.status)
}

// send writes the whole answer.
func (p reply) send(w http.ResponseWriter) {
	p.head(w, len(p.body))
	_, _ = w.Write(p.body) // a client that has gone needs no answer
}

// orEmpty keeps an empty list from being written as null.
func orEmpty[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}
