// Package dial opens the connections that the configuration names: to NATS, to ThreatQ and to the provider.
//
// It is the one place where settings become clients, so that a service, a command and a check all speak to the same thing in the
// same way, and the one place that knows which setting to mend: its errors name the variables, and never show a credential.
package dial

import (
	"fmt"

	"vtq.internal/shared/config"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/virustotal"
)

// ThreatQ makes a client. It sends nothing yet. Observe may be nil.
func ThreatQ(c config.ThreatQ, observe func(threatq.Observation)) (*threatq.Client, error) {
	transport, err := rest.NewTransport(rest.Config{CAFile: c.CAFile, Proxy: c.Proxy.URL()})
	if err != nil {
		return nil, fmt.Errorf("THREATQ_CA_FILE, THREATQ_PROXY: %w", err)
	}
	client, err := threatq.New(threatq.Config{
		BaseURL: c.URL.String(), ClientID: c.ClientID, ClientSecret: c.ClientSecret, Username: c.Username, Password: c.Password,
		Timeout: c.Timeout, Transport: transport, Product: Product(), ObserveFunc: observe,
	})
	if err != nil {
		return nil, fmt.Errorf("THREATQ_URL, THREATQ_CLIENT_ID, THREATQ_CLIENT_SECRET, THREATQ_USERNAME, THREATQ_PASSWORD: %w", err)
	}
	return client, nil
}

// VirusTotal makes a client of VirusTotal, or of who else answers at its address. It sends nothing yet.
func VirusTotal(c config.VirusTotal) (*virustotal.Client, error) {
	transport, err := rest.NewTransport(rest.Config{CAFile: c.CAFile, Proxy: c.Proxy.URL()})
	if err != nil {
		return nil, fmt.Errorf("VT_CA_FILE, VT_PROXY: %w", err)
	}
	name := c.Endpoint.Name()
	dialect := virustotal.DialectOf(name)
	dialect.Kinds = c.Endpoint.Answers()
	client, err := virustotal.New(virustotal.Config{
		BaseURL: c.Endpoint.BaseURL.String(), APIKey: c.APIKey.Reveal(), Timeout: c.Timeout, Tool: Product(), Transport: transport,
		PrivateKey: c.PrivateKey, Provider: name, Dialect: dialect,
	})
	if err != nil {
		return nil, fmt.Errorf("VT_API_KEY, VT_BASE_URL: %w", err)
	}
	return client, nil
}

// Suite makes a client of ReversingLabs' suite that is compatible with VirusTotal. It sends nothing yet.
func Suite(c config.ReversingLabs) (*virustotal.Client, error) {
	transport, err := rest.NewTransport(rest.Config{CAFile: c.CAFile, Proxy: c.Proxy.URL()})
	if err != nil {
		return nil, fmt.Errorf("RL_CA_FILE, RL_PROXY: %w", err)
	}
	client, err := virustotal.New(virustotal.Config{
		BaseURL: c.BaseURL.String(), APIKey: c.APIKey.Reveal(), Timeout: c.Timeout, Tool: Product(), Transport: transport,
		Provider: provider.ReversingLabs,
	})
	if err != nil {
		return nil, fmt.Errorf("RL_API_KEY, RL_BASE_URL: %w", err)
	}
	return client, nil
}

// ReversingLabs makes a client of its own API. It sends nothing yet.
func ReversingLabs(c config.ReversingLabs) (*reversinglabs.Client, error) {
	transport, err := rest.NewTransport(rest.Config{CAFile: c.CAFile, Proxy: c.Proxy.URL()})
	if err != nil {
		return nil, fmt.Errorf("RL_CA_FILE, RL_PROXY: %w", err)
	}
	client, err := reversinglabs.New(reversinglabs.Config{
		BaseURL: c.NativeURL.String(), User: c.User, Password: c.Password.Reveal(), FoldVariants: c.FoldVariants,
		Timeout: c.Timeout, Tool: Product(), Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("RL_USER, RL_PASSWORD, RL_NATIVE_URL: %w", err)
	}
	return client, nil
}
