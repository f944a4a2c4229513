package virustotal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"vtq.internal/shared/simulator/spoil"
)

// An Era is a time whose recordings the Server imitates.
type Era int

// The eras.
const (
	// Era2026 has errors on one line and the headers of a proxy (recorded 2026-08-19).
	Era2026 Era = iota
	// Era2020 has errors and quota pages indented by four spaces, and fewer headers (recorded from 2020-09 to 2020-12).
	Era2020
)

// header is the whole set that was recorded, beside Date, X-Cloud-Trace-Context and Content-Length.
func (e Era) header() http.Header {
	if e == Era2020 {
		return http.Header{
			"Cache-Control": {"no-cache"},
			"Content-Type":  {"application/json; charset=utf-8"},
			"Server":        {"Google Frontend"},
		}
	}
	return http.Header{
		"Alt-Svc":      {`h3=":443"; ma=2592000,h3-29=":443"; ma=2592000`},
		"Content-Type": {"application/json"},
		"Server":       {"Google Frontend"},
		"Vary":         {"Accept-Encoding"},
		"Via":          {"1.1 google"},
	}
}

// fail is an error body in the layout of the era.
func (s *Server) fail(status int, code, message string) spoil.Answer {
	c, m := string(marshal(code)), string(marshal(message))
	body := `{"error": {"code": ` + c + `, "message": ` + m + `}}`
	if s.Era == Era2020 {
		body = "{\n    \"error\": {\n        \"code\": " + c + ",\n        \"message\": " + m + "\n    }\n}"
	}
	return spoil.Answer{Status: status, Header: http.Header{}, Body: []byte(body)}
}

// page is a body of the Server's own making in the layout of the era.
func (s *Server) page(v any) spoil.Answer {
	body := marshal(v)
	if s.Era == Era2020 {
		var wide bytes.Buffer
		if json.Indent(&wide, body, "", "    ") == nil {
			body = wide.Bytes()
		}
	}
	return spoil.Answer{Status: http.StatusOK, Header: http.Header{}, Body: body}
}

// methodNotAllowed comes from the front end, which speaks HTML.
func methodNotAllowed() spoil.Answer {
	return spoil.Answer{
		Status: http.StatusMethodNotAllowed,
		Header: http.Header{"Allow": {http.MethodGet}, "Content-Type": {"text/html; charset=UTF-8"}},
		Body:   []byte("<html><title>Error 405 (Method Not Allowed)</title></html>\n"),
	}
}

// send writes an answer under the era's headers.
func (s *Server) send(w http.ResponseWriter, x *exchange, answer spoil.Answer) {
	header := w.Header()
	for _, set := range []http.Header{s.Era.header(), answer.Header} {
		maps.Copy(header, set)
	}
	header.Set("Date", s.now().Format(http.TimeFormat))
	header.Set("X-Cloud-Trace-Context", s.trace())
	if x.fault != nil {
		x.fault.Send(w, x.request, answer)
		return
	}
	body := answer.Body
	if compresses(x.request, answer.Status) {
		body = s.pack(body)
		header.Set("Content-Encoding", "gzip")
	}
	write(w, answer.Status, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // A client that has gone needs no answer.
}

// compresses tells whether the answer goes out gzipped: the front end wants it asked for in Accept-Encoding and hinted at in
// the agent's name as well, and packs neither a 429 (a bug in the vendor's own Go client came of it) nor other refusals.
func compresses(r *http.Request, status int) bool {
	return (status == http.StatusOK || status == http.StatusNotFound) &&
		strings.Contains(r.UserAgent(), "gzip") && accepts(r.Header.Get("Accept-Encoding"))
}

func accepts(encodings string) bool {
	for part := range strings.SplitSeq(encodings, ",") {
		name, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(quality, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func (s *Server) pack(body []byte) []byte {
	var packed bytes.Buffer
	packer, ok := s.packers.Get().(*gzip.Writer)
	if !ok {
		packer = gzip.NewWriter(nil)
	}
	defer s.packers.Put(packer)
	packer.Reset(&packed)
	_, _ = packer.Write(body) // A buffer takes everything.
	_ = packer.Close()
	return packed.Bytes()
}

// trace is another id for every request, and the same in every run.
func (s *Server) trace() string {
	s.mu.Lock()
	s.serial++
	serial := s.serial
	s.mu.Unlock()
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, serial))
	return hex.EncodeToString(sum[:16])
}

// marshal leaves <, > and & as they are, like the service. What it is given here always has a JSON form.
func marshal(v any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
	return bytes.TrimSuffix(body.Bytes(), []byte("\n"))
}
