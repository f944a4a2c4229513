package check

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/rest"
)

// nobodys is the SHA-256 of a sentence that nobody has stored as a file.
const nobodys = "3410efd0926c408ca125ffb5041aa5f944b4e34e47bccb9ae906d3d06b8e3f6d"

// answerLimit is more than anybody should need to say that a key is missing; what is beyond counts as no answer of the service.
const answerLimit = 64 << 10

// A door is an endpoint that speaks VirusTotal's schema, and has no page that would be free.
type door struct {
	provider                  string
	address, proxy            config.URL
	caFile                    string
	timeout                   time.Duration
	url, key, proxyVar, caVar string // Names of the variables.
}

// doorOf is the endpoint in VirusTotal's place.
func doorOf(s config.VirusTotal) door {
	return door{s.Endpoint.Name(), s.Endpoint.BaseURL, s.Proxy, s.CAFile, s.Timeout, "VT_BASE_URL", "VT_API_KEY", "VT_PROXY", "VT_CA_FILE"}
}

// doorBeside is ReversingLabs' suite beside VirusTotal.
func doorBeside(s config.ReversingLabs) door {
	return door{provider.ReversingLabs, s.BaseURL, s.Proxy, s.CAFile, s.Timeout, "RL_BASE_URL", "RL_API_KEY", "RL_PROXY", "RL_CA_FILE"}
}

// knock asks without the key, which nobody can bill: that the key is asked for tells that the address is right. Whether it is taken only
// a look-up could tell.
func knock(ctx context.Context, d door) Result {
	name, tried := provider.Title(d.provider), "asking "+d.address.String()+" for a file, without the key"
	transport, err := rest.NewTransport(rest.Config{CAFile: d.caFile, Proxy: d.proxy.URL()})
	if err != nil {
		return failed(name, tried, err, fmt.Sprintf("check %s and %s", d.caVar, d.proxyVar))
	}
	base, err := rest.ParseBase(d.address.String())
	if err != nil {
		return failed(name, tried, err, "check "+d.url)
	}
	client := rest.Client{Transport: transport, Timeout: d.timeout}
	answer, err := client.Do(ctx, rest.Request{
		Method: http.MethodGet, URL: rest.At(base, "files", nobodys), Route: base.Path + "/files/{id}",
		Header: http.Header{"User-Agent": {dial.Product()}, "Accept": {"application/json"}}, Limit: answerLimit,
	})
	if err != nil {
		return failed(name, tried, err, fmt.Sprintf("see whether the service can be reached; if it can, check %s, %s and %s", d.url, d.proxyVar, d.caVar))
	}
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Result{
			Check: name, State: Note, Tried: tried, Found: "it answers, and asks for a key",
			Mend: fmt.Sprintf("whether it takes %s shows at the first look-up, of which each costs one of the quota", d.key),
		}
	}
	return Result{
		Check: name, State: Note, Tried: tried, Found: fmt.Sprintf("status %d, where a key should be asked for", answer.Status),
		Mend: fmt.Sprintf("check %s: it is the address before /files, as a rule with /api/v3 at its end", d.url),
	}
}
