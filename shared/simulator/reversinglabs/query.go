package reversinglabs

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/http"
)

// The bounds of what is posted.
const (
	// MaxItems is how many items a bulk query may have (vendor documentation; recorded clients of the vendor's split there).
	MaxItems = 100
	// MaxBody bounds a posted body, in bytes: MaxItems of the longest locations, with as much again for quoting.
	MaxBody = 2 * MaxItems * maxLocation
)

// A query is what a posted body asks.
type query struct {
	HashType  string     `json:"hash_type" xml:"hash_type"`
	Hashes    []string   `json:"hashes" xml:"hashes>item"`
	URL       string     `json:"url" xml:"url"`
	URLs      []string   `json:"urls" xml:"urls>item"`
	Domain    string     `json:"domain" xml:"domain"`
	Domains   []string   `json:"domains" xml:"domains>item"`
	IP        string     `json:"ip" xml:"ip"`
	IPs       []string   `json:"ips" xml:"ips>item"`
	Locations []location `json:"network_locations" xml:"network_locations>item"`
	// Format is how to answer. Defaults to the format of the body.
	Format string `json:"response_format" xml:"response_format"`
}

// A location is one item of a query of TCA-0407. The type may be left out.
type location struct {
	Location string `json:"network_location" xml:"network_location"`
	Type     string `json:"type" xml:"type"`
}

// read takes a posted body apart. What it refuses is refused for the whole of it.
func (s *Server) read(x *exchange) (q query, refusal response, ok bool) {
	if !takes(x.route.format, x.request.Header.Get("Content-Type")) {
		return q, s.bad(x, "Unsupported content type or post format"), false
	}
	body, err := io.ReadAll(io.LimitReader(x.request.Body, MaxBody+1))
	switch {
	case len(body) > MaxBody:
		return q, s.fail(x, http.StatusRequestEntityTooLarge, "TooLargeError", "Request body too large"), false
	case err == nil && x.route.format == formatXML:
		q, err = readXML(body)
	case err == nil:
		q, err = readJSON(body)
	}
	if err != nil {
		return q, s.bad(x, "Malformed request body"), false
	}
	q.Format = cmp.Or(x.request.URL.Query().Get("format"), q.Format, x.route.format)
	if !isFormat(q.Format) {
		return q, s.bad(x, "Unknown response format"), false
	}
	return q, response{}, true
}

// takes tells whether a body may be declared so: the documentation demands application/octet-stream, and the vendor's own
// clients send application/json and are answered.
func takes(format, declared string) bool {
	mediaType, _, err := mime.ParseMediaType(declared)
	if err != nil || !isFormat(format) {
		return false
	}
	return mediaType == "application/octet-stream" || mediaType == "application/"+format || mediaType == "text/"+format
}

// isFormat knows the two formats that the service speaks.
func isFormat(format string) bool { return format == formatJSON || format == formatXML }

// errNoQuery is a body without what every body has.
var errNoQuery = errors.New("no rl with a query")

func readJSON(body []byte) (query, error) {
	var posted struct {
		RL struct {
			Query *query `json:"query"`
		} `json:"rl"`
	}
	if err := json.Unmarshal(body, &posted); err != nil {
		return query{}, err
	}
	if posted.RL.Query == nil {
		return query{}, errNoQuery
	}
	return *posted.RL.Query, nil
}

// readXML wants arrays in <item> elements, as the service writes them.
func readXML(body []byte) (query, error) {
	var posted struct {
		XMLName xml.Name `xml:"rl"`
		Query   *query   `xml:"query"`
	}
	if err := xml.Unmarshal(body, &posted); err != nil {
		return query{}, err
	}
	if posted.Query == nil {
		return query{}, errNoQuery
	}
	return *posted.Query, nil
}

// sized notes how many items a bulk query has, and refuses none and too many.
func (s *Server) sized(x *exchange, n int) (refusal response, ok bool) {
	x.call.Items = n
	switch {
	case n == 0:
		return s.bad(x, "No items in the query"), false
	case n > MaxItems && s.TooManyIsBad:
		return s.bad(x, "Too many items in the query"), false
	case n > MaxItems:
		return s.fail(x, http.StatusRequestEntityTooLarge, "TooLargeError", "Too many items in the query"), false
	}
	return response{}, true
}
