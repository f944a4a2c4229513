package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
)

// Endpoint says where VirusTotal's API is asked, or one that speaks its schema. A base URL that is not VirusTotal's makes it another
// provider, with its own cache, budget and attributes.
type Endpoint struct {
	BaseURL  URL      `env:"VT_BASE_URL" envDefault:"https://www.virustotal.com/api/v3" doc:"Address of the API, of VirusTotal or of a service that speaks its schema; http:// on loopback only."`
	Provider string   `env:"VT_PROVIDER" doc:"Who answers at VT_BASE_URL: virustotal, reversinglabs or compatible. Unset, the host tells; for a gateway to VirusTotal it has to be set."`
	Kinds    []string `env:"VT_KINDS" doc:"What is asked there: file, url, domain, ip. Unset, all of VirusTotal, files and URLs of anybody else."`
}

// hosts are those that tell who answers, and the names below them.
const (
	hostVirusTotal    = "virustotal.com"
	hostReversingLabs = "reversinglabs.com"
)

// Name is the provider's name.
func (e Endpoint) Name() string {
	switch {
	case e.Provider != "":
		return e.Provider
	case !e.BaseURL.IsSet() || e.BaseURL.below(hostVirusTotal):
		return provider.VirusTotal
	case e.BaseURL.below(hostReversingLabs):
		return provider.ReversingLabs
	}
	return provider.Compatible
}

// Answers lists the kinds that are asked there.
func (e Endpoint) Answers() []indicator.Kind { return kindsOr(e.Kinds, e.Name()) }

// Validate checks the address, and the names.
func (e Endpoint) Validate() error {
	var named error
	if e.Provider != "" {
		named = OneOf("VT_PROVIDER", e.Provider, provider.Names()...)
	}
	return errors.Join(Secure("VT_BASE_URL", e.BaseURL), named, validateKinds("VT_KINDS", e.Kinds, e.Name()))
}

// kindsOr are the kinds of these names, or those of the provider where there are none.
func kindsOr(names []string, name string) []indicator.Kind {
	if len(names) == 0 {
		return provider.Kinds(name)
	}
	var kinds []indicator.Kind
	for _, kind := range indicator.Kinds() {
		if slices.Contains(names, string(kind)) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// validateKinds refuses what is no kind, and what a provider is known not to answer: each such request would be paid for in vain.
func validateKinds(variable string, names []string, name string) error {
	for _, got := range names {
		if err := OneOf(variable, got, kindNames(indicator.Kinds())...); err != nil {
			return err
		}
		if name == provider.ReversingLabs && !slices.Contains(kindNames(provider.Kinds(name)), got) {
			return fmt.Errorf("%s: wants file or url: ReversingLabs answers no %s in its compatible suite", variable, got)
		}
	}
	return nil
}

func kindNames(kinds []indicator.Kind) []string {
	var names []string
	for _, kind := range kinds {
		names = append(names, string(kind))
	}
	return names
}

// Routing says which providers are asked about what, and in which order. Every service reads it. Of ReversingLabs' credentials it only
// wants to know whether they are there, which puts it into use.
type Routing struct {
	VirusTotal Endpoint

	Providers []string `env:"VTQ_PROVIDERS" doc:"Providers in use, first asked first: virustotal, reversinglabs, compatible. Unset, the one of VT_BASE_URL, then reversinglabs where it has credentials."`
	Routes    string   `env:"VTQ_ROUTES" doc:"Order for single kinds, such as file=reversinglabs,virustotal url=virustotal,reversinglabs; other kinds go by VTQ_PROVIDERS."`
	Policy    string   `env:"VTQ_ROUTE_POLICY" envDefault:"first" doc:"first: one answer, of the first provider that is up and within budget. all: every provider's answer, side by side."`
	Kinds     []string `env:"RL_KINDS" doc:"What ReversingLabs is asked beside VirusTotal: file, url. Unset, both with RL_API_KEY, files with RL_USER alone."`

	Key  Secret `env:"RL_API_KEY" doc:"API key of ReversingLabs' suite that is compatible with VirusTotal's, to ask it beside VirusTotal."`
	User string `env:"RL_USER" doc:"User of ReversingLabs' own API, which answers up to 100 hashes in one request."`
}

// Heading names the block.
func (Routing) Heading() string { return "Providers" }

// Validate checks that every name is one, and that the table can be made.
func (r Routing) Validate() error {
	_, err := r.table()
	return errors.Join(
		OneOf("VTQ_ROUTE_POLICY", r.Policy, string(provider.First), string(provider.All)),
		validateKinds("RL_KINDS", r.Kinds, provider.ReversingLabs), r.validateNative(), err,
	)
}

// validateNative refuses URLs where ReversingLabs is asked by its own API alone.
func (r Routing) validateNative() error {
	if r.User == "" || r.Key.IsSet() || !slices.Contains(r.Kinds, string(indicator.URL)) {
		return nil
	}
	return errors.New("RL_KINDS: wants RL_API_KEY along with url: with RL_USER alone files are asked about")
}

// Table has the routes of each kind, of settings that are valid.
func (r Routing) Table() provider.Table {
	table, _ := r.table()
	return table
}

// InUse lists the providers in use, first asked first.
func (r Routing) InUse() []string {
	if len(r.Providers) > 0 {
		return r.Providers
	}
	names := []string{r.VirusTotal.Name()}
	if r.reversingLabs() && names[0] != provider.ReversingLabs {
		names = append(names, provider.ReversingLabs)
	}
	return names
}

// Uses tells whether a provider is in use.
func (r Routing) Uses(name string) bool { return slices.Contains(r.InUse(), name) }

// reversingLabs tells whether ReversingLabs has credentials of its own.
func (r Routing) reversingLabs() bool { return r.Key.IsSet() || r.User != "" }

// Answers lists what a provider in use is asked.
func (r Routing) Answers(name string) []indicator.Kind {
	switch {
	case name == r.VirusTotal.Name():
		return r.VirusTotal.Answers()
	case len(r.Kinds) == 0 && r.User != "" && !r.Key.IsSet():
		return []indicator.Kind{indicator.File}
	}
	return kindsOr(r.Kinds, name)
}

func (r Routing) table() (provider.Table, error) {
	known := []string{r.VirusTotal.Name(), provider.ReversingLabs}
	if err := r.distinct(known); err != nil {
		return provider.Table{}, err
	}
	orders := map[indicator.Kind][]string{}
	for _, name := range r.InUse() {
		for _, kind := range r.Answers(name) {
			orders[kind] = append(orders[kind], name)
		}
	}
	told := map[indicator.Kind]bool{}
	for route := range strings.FieldsSeq(r.Routes) {
		kind, order, err := r.route(route)
		if err == nil && told[kind] {
			err = fmt.Errorf("VTQ_ROUTES: wants each kind once (got %s twice)", kind)
		}
		if err != nil {
			return provider.Table{}, err
		}
		told[kind] = true
		orders[kind] = order
	}
	return provider.NewTable(orders, provider.Policy(r.Policy)), nil
}

// distinct refuses names that nothing is known of, that come twice, or that mean two things.
func (r Routing) distinct(known []string) error {
	if known[0] == provider.ReversingLabs && r.reversingLabs() {
		return errors.New("RL_API_KEY, RL_USER: want VT_BASE_URL to be VirusTotal's: it points to ReversingLabs already; unset one of the two")
	}
	for i, name := range r.Providers {
		if !slices.Contains(known, name) {
			return fmt.Errorf("VTQ_PROVIDERS: wants of %s (got %s)", strings.Join(slices.Compact(known), ", "), shown(name))
		}
		if slices.Contains(r.Providers[:i], name) {
			return fmt.Errorf("VTQ_PROVIDERS: wants each provider once (got %s twice)", name)
		}
	}
	return nil
}

// route reads one order of VTQ_ROUTES.
func (r Routing) route(text string) (kind indicator.Kind, order []string, err error) {
	name, list, ok := strings.Cut(text, "=")
	for _, known := range indicator.Kinds() {
		if string(known) == name {
			kind = known
		}
	}
	if !ok || kind == "" {
		return kind, nil, fmt.Errorf("VTQ_ROUTES: wants kind=provider,provider for file, url, domain or ip, parted by blanks (got %s)", shown(text))
	}
	for one := range strings.SplitSeq(list, ",") {
		switch {
		case !r.Uses(one):
			return kind, nil, fmt.Errorf("VTQ_ROUTES: wants providers that are in use, %s (got %s)", strings.Join(r.InUse(), ", "), shown(one))
		case !slices.Contains(r.Answers(one), kind):
			return kind, nil, fmt.Errorf("VTQ_ROUTES: wants providers that answer the kind: %s answers no %s", one, name)
		case slices.Contains(order, one):
			return kind, nil, fmt.Errorf("VTQ_ROUTES: wants each provider once for a kind (got %s twice)", one)
		}
		order = append(order, one)
	}
	return kind, order, nil
}
