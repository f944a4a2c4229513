package lookup

import (
	"context"
	"errors"
	"fmt"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/reversinglabs"
)

// ProvidersOf makes the providers that the settings name. It sends nothing yet.
func ProvidersOf(c config.Providers) ([]Provider, error) {
	var all []Provider
	if name := c.VirusTotal.Endpoint.Name(); c.Routing.Uses(name) {
		client, err := dial.VirusTotal(c.VirusTotal)
		if err != nil {
			return nil, err
		}
		p := Provider{Name: name, Looker: client, Kinds: c.Routing.Answers(name), Account: c.VirusTotal.Account, Quota: QuotaOf(c.VirusTotal.Limits())}
		if client.Dialect().QuotaPage {
			p.UsageFunc = UsageOf(client)
		}
		all = append(all, p)
	}
	if c.Beside() {
		p, err := beside(c.ReversingLabs)
		if err != nil {
			return nil, err
		}
		p.Kinds = c.Routing.Answers(p.Name)
		all = append(all, p)
	}
	return all, nil
}

// beside makes ReversingLabs by its own settings. Files of a backlog are asked about together where there is a user; for the others the
// compatible suite is asked where there is a key.
func beside(c config.ReversingLabs) (Provider, error) {
	p := Provider{Name: provider.ReversingLabs, Account: c.Account, Quota: QuotaOf(c.Limits())}
	if c.User != "" {
		native, err := dial.ReversingLabs(c)
		if err != nil {
			return p, err
		}
		p = ManyOf(native, c.Account, p.Quota)
	}
	if c.APIKey.IsSet() {
		suite, err := dial.Suite(c)
		if err != nil {
			return p, err
		}
		p.Looker = suite
	}
	return p, nil
}

// ManyOf is ReversingLabs by its own API alone.
func ManyOf(client *reversinglabs.Client, account string, quota Quota) Provider {
	return Provider{
		Name: provider.ReversingLabs, Looker: client, Many: together{client}, Most: reversinglabs.MaxHashes, Account: account, Quota: quota,
	}
}

// together asks about many files as the enricher knows it.
type together struct{ client *reversinglabs.Client }

// LookMany implements enrich.ManyLooker.
func (t together) LookMany(ctx context.Context, objects []indicator.Object) ([]enrich.Found, error) {
	answers, err := t.client.LookMany(ctx, objects)
	if err != nil {
		return nil, told(err)
	}
	all := make([]enrich.Found, len(answers))
	for i, a := range answers {
		all[i] = enrich.Found{Verdict: a.Verdict, Err: told(a.Err)}
	}
	return all, nil
}

// told words what the client says as the enricher hears it.
func told(err error) error {
	switch {
	case errors.Is(err, reversinglabs.ErrTooMany):
		return fmt.Errorf("%w: %w", enrich.ErrTooMany, err)
	case errors.Is(err, reversinglabs.ErrSingly):
		return fmt.Errorf("%w: %w", enrich.ErrSingly, err)
	}
	return err
}
