package virustotal

import (
	"net/url"
	"strings"
)

// An Endpoint is a group of paths, in the words of the service's own usage page.
type Endpoint string

// The endpoints. The first four are look-ups.
const (
	Files       Endpoint = "files"
	URLs        Endpoint = "urls"
	Domains     Endpoint = "domains"
	IPAddresses Endpoint = "ip_addresses"
	Users       Endpoint = "users"
	Premium     Endpoint = "premium" // Paths of the paid tier: searches, feeds, downloads.
	Other       Endpoint = "other"   // Everything else.
)

// Looks tells whether requests to the endpoint are look-ups, which count against the quota.
func (e Endpoint) Looks() bool {
	switch e {
	case Files, URLs, Domains, IPAddresses:
		return true
	case Users, Premium, Other:
	}
	return false
}

// root is the path of version 3.
const root = "/api/v3/"

// A route is a path taken apart.
type route struct {
	endpoint Endpoint
	id       string // As sent, unescaped.
	page     string // Behind a user's id.
}

// parseRoute splits the escaped path first and unescapes each part afterwards: an escaped slash stays within its part, a bare
// one in an id (the standard base64 alphabet has it) makes another path, as it does for the service.
func parseRoute(escaped string) route {
	rest, ok := strings.CutPrefix(escaped, root)
	if !ok {
		return route{endpoint: Other}
	}
	parts := strings.Split(rest, "/")
	for i, part := range parts {
		text, err := url.PathUnescape(part)
		if err != nil || text == "" {
			return route{endpoint: Other}
		}
		parts[i] = text
	}
	return routeOf(parts)
}

func routeOf(parts []string) route {
	endpoint := Endpoint(parts[0])
	switch {
	case len(parts) == 2 && (endpoint.Looks() || endpoint == Users):
		return route{endpoint: endpoint, id: parts[1]}
	case len(parts) == 3 && endpoint == Users && (parts[2] == overallQuotas || parts[2] == apiUsage):
		return route{endpoint: Users, id: parts[1], page: parts[2]}
	case isPremium(parts):
		return route{endpoint: Premium}
	}
	return route{endpoint: Other}
}

func isPremium(parts []string) bool {
	switch parts[0] {
	case "intelligence", "feeds", "retrohunt_jobs", "threat_actors", "collections":
		return true
	case "files":
		return len(parts) == 3 && (parts[2] == "download" || parts[2] == "download_url")
	}
	return false
}
