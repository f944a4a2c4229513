package reversinglabs

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"

	"vtq.internal/shared/simulator/spoil"
)

// An ErrorStyle is how the compatible suite words its errors. Nobody printed or recorded one.
type ErrorStyle int

// The styles.
const (
	// StyleVirusTotal is VirusTotal's {"error": {"code", "message"}}.
	StyleVirusTotal ErrorStyle = iota
	// StyleText is a line of plain text, as a front end would write it.
	StyleText
	// StyleEmpty is a status code and no body.
	StyleEmpty
)

// The formats of native bodies.
const (
	formatJSON = "json"
	formatXML  = "xml"
)

// object is a JSON object. The encoder sorts its members, so that a body is the same, to the byte, each time.
type object = map[string]any

// fail is an error. Those of the native APIs are text: their format is not documented.
func (s *Server) fail(x *exchange, status int, code, message string) response {
	style := StyleText
	if x.route.suite {
		style = s.ErrorStyle
	}
	answer := response{Answer: spoil.Answer{Status: status, Header: http.Header{}}}
	switch style {
	case StyleVirusTotal:
		answer.Header.Set("Content-Type", "application/json")
		answer.Body = marshal(object{"error": object{"code": code, "message": message}})
	case StyleText:
		answer.Header.Set("Content-Type", "text/plain; charset=utf-8")
		answer.Body = []byte(message + "\n")
	case StyleEmpty:
	}
	return answer
}

// bad is what is said of a request that cannot be read.
func (s *Server) bad(x *exchange, message string) response {
	return s.fail(x, http.StatusBadRequest, "BadRequestError", message)
}

// notFound is informational, says the vendor: it is free.
func (s *Server) notFound(x *exchange) response {
	return s.fail(x, http.StatusNotFound, "NotFoundError", "Requested data was not found")
}

// methodNotAllowed is a status that the vendor's own client knows; the rest of it is HTTP's.
func (s *Server) methodNotAllowed(x *exchange) response {
	answer := s.fail(x, http.StatusMethodNotAllowed, "MethodNotAllowedError", "Method not allowed")
	answer.Header.Set("Allow", x.route.method)
	return answer
}

// page is a native answer in the format that was asked for, which is XML where nobody asked.
func page(format string, body object, billable ...string) response {
	answer := response{Answer: spoil.Answer{Status: http.StatusOK, Header: http.Header{}}, billable: billable}
	answer.Body = marshal(object{"rl": body})
	answer.Header.Set("Content-Type", "application/json")
	if format == formatXML {
		answer.Body = toXML(answer.Body)
		answer.Header.Set("Content-Type", "application/xml")
	}
	return answer
}

// send writes an answer.
func (s *Server) send(w http.ResponseWriter, x *exchange, answer response) {
	header := w.Header()
	maps.Copy(header, answer.Header)
	header.Set("Date", s.now().Format(http.TimeFormat))
	if x.fault != nil {
		x.fault.Send(w, x.request, answer.Answer)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // A client that has gone needs no answer.
}

// marshal leaves <, > and & as they are. What it is given here always has a JSON form.
func marshal(v any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}

// disorder moves the first of a list into it, neither to its front nor, where there are more than two, to its end.
func disorder[T any](list []T) {
	if len(list) < 2 {
		return
	}
	first := list[0]
	copy(list, list[1:])
	list[len(list)-1] = first
	if last := len(list) - 1; last > 1 {
		list[last-1], list[last] = list[last], list[last-1]
	}
}
