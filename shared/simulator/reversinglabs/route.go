package reversinglabs

import (
	"net/http"
	"net/url"
	"strings"
)

// An Endpoint is one path of the service, bulk ones apart.
type Endpoint string

// The endpoints. The first two are the compatible suite, the others have the names that the vendor gave his APIs.
const (
	Files            Endpoint = "files"
	URLs             Endpoint = "urls"
	Presence         Endpoint = "TCA-0101"
	PresenceBulk     Endpoint = "TCA-0101 bulk"
	Xref             Endpoint = "TCA-0103"
	XrefBulk         Endpoint = "TCA-0103 bulk"
	URLReport        Endpoint = "TCA-0403"
	URLReportBulk    Endpoint = "TCA-0403 bulk"
	DomainReport     Endpoint = "TCA-0405"
	DomainReportBulk Endpoint = "TCA-0405 bulk"
	IPReport         Endpoint = "TCA-0406"
	IPReportBulk     Endpoint = "TCA-0406 bulk"
	Reputation       Endpoint = "TCA-0407" // Always in bulk.
	Usage            Endpoint = "TCA-9999"
	Other            Endpoint = "other" // Everything else.
)

// Bulk tells whether a request to the endpoint carries a list.
func (e Endpoint) Bulk() bool { return e == Reputation || strings.HasSuffix(string(e), " bulk") }

// A Product is what the vendor sells, meters and reports the use of: single and bulk calls of an API are one.
type Product string

// Product is what requests to the endpoint are of.
func (e Endpoint) Product() Product {
	if e == Files || e == URLs {
		return Suite
	}
	return Product(strings.TrimSuffix(string(e), " bulk"))
}

// Suite is the product of the compatible calls. What the vendor calls it in his usage reports is not known.
const Suite Product = "VirusTotal-compatible"

// suiteRoot is the path of the compatible suite.
const suiteRoot = "/api/v3/"

// A route is a path taken apart.
type route struct {
	endpoint Endpoint
	method   string // The one that it answers. Empty for Other.
	suite    bool
	id       string // Of a single look-up, as sent, unescaped.
	hashType string // Of a single look-up of a hash.
	format   string // Of a posted body.
}

// A pattern is a path with holes: {id}, {type} and {format} take any text but an empty one.
type pattern struct {
	method, path string
	endpoint     Endpoint
}

// patterns are the paths of the vendor's software kit and documentation. The page that prints other ones for TCA-0101 contradicts
// both.
func patterns() []pattern {
	return []pattern{
		{http.MethodGet, "/api/v3/files/{id}", Files},
		{http.MethodGet, "/api/v3/urls/{id}", URLs},
		{http.MethodGet, "/api/databrowser/malware_presence/query/{type}/{id}", Presence},
		{http.MethodPost, "/api/databrowser/malware_presence/bulk_query/{format}", PresenceBulk},
		{http.MethodGet, "/api/xref/v2/query/{type}/{id}", Xref},
		{http.MethodPost, "/api/xref/v2/bulk_query/{format}", XrefBulk},
		{http.MethodPost, "/api/networking/url/v1/report/query/{format}", URLReport},
		{http.MethodPost, "/api/networking/url/v1/report/bulk_query/{format}", URLReportBulk},
		{http.MethodPost, "/api/networking/domain/report/v1/query/{format}", DomainReport},
		{http.MethodPost, "/api/networking/domain/report/v1/bulk_query/{format}", DomainReportBulk},
		{http.MethodPost, "/api/networking/ip/report/v1/query/{format}", IPReport},
		{http.MethodPost, "/api/networking/ip/report/v1/bulk_query/{format}", IPReportBulk},
		{http.MethodPost, "/api/networking/reputation/v1/query/{format}", Reputation},
		{http.MethodGet, "/api/customer_usage/v1/usage", Usage},
		{http.MethodGet, "/api/customer_usage/v1/usage/{id}", Usage},
	}
}

// parseRoute splits the escaped path first and unescapes each part afterwards: an escaped slash stays within its part, a bare
// one in an id (the standard base64 alphabet has it) makes another path.
func parseRoute(escaped string) route {
	parts := strings.Split(escaped, "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil {
			return route{endpoint: Other}
		}
		parts[i] = text
	}
	for _, p := range patterns() {
		r := route{endpoint: p.endpoint, method: p.method, suite: p.endpoint.Product() == Suite}
		if r.match(strings.Split(p.path, "/"), parts) {
			return r
		}
	}
	return route{endpoint: Other, suite: strings.HasPrefix(escaped, suiteRoot)}
}

// match fills the holes of a pattern from a path with as many parts.
func (r *route) match(holes, parts []string) bool {
	if len(holes) != len(parts) {
		return false
	}
	for i, hole := range holes {
		switch {
		case hole == parts[i]:
		case parts[i] == "" || !strings.HasPrefix(hole, "{"):
			return false
		case hole == "{id}":
			r.id = parts[i]
		case hole == "{type}":
			r.hashType = parts[i]
		case hole == "{format}":
			r.format = parts[i]
		}
	}
	return true
}
