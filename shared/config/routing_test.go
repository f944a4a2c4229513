package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
	"vtq.internal/shared/indicator"
)

// routesOf lists the names of the routes of each kind.
func routesOf(r config.Routing) map[string][]string {
	got := map[string][]string{}
	for _, kind := range indicator.Kinds() {
		for _, route := range r.Table().Of(kind) {
			got[string(kind)] = append(got[string(kind)], route.Name)
		}
	}
	return got
}

func TestRouting(t *testing.T) {
	type routes = map[string][]string
	all := func(name string) routes {
		return routes{"file": {name}, "url": {name}, "domain": {name}, "ip": {name}}
	}
	two := func(name string) routes { return routes{"file": {name}, "url": {name}} }
	const rl = "RL_API_KEY=k"
	beside := routes{
		"file": {"virustotal-reversinglabs"}, "url": {"virustotal-reversinglabs"}, "domain": {"virustotal"}, "ip": {"virustotal"},
	}
	cases := map[string]struct {
		environ []string
		want    routes
	}{
		"nothing is set":              {nil, all("virustotal")},
		"another name of VirusTotal":  {[]string{"VT_BASE_URL=https://api.virustotal.com/v3"}, all("virustotal")},
		"a compatible service":        {[]string{"VT_BASE_URL=https://vt.example.com/api/v3"}, two("compatible")},
		"no name below VirusTotal's":  {[]string{"VT_BASE_URL=https://notvirustotal.com/api/v3"}, two("compatible")},
		"ReversingLabs' host":         {[]string{"VT_BASE_URL=https://data.reversinglabs.com/api/v3"}, two("reversinglabs")},
		"a gateway to VirusTotal":     {[]string{"VT_BASE_URL=https://gw.example.com/api/v3", "VT_PROVIDER=virustotal"}, all("virustotal")},
		"compatible, and more":        {[]string{"VT_BASE_URL=https://vt.example.com", "VT_KINDS=ip,file"}, routes{"file": {"compatible"}, "ip": {"compatible"}}},
		"ReversingLabs beside":        {[]string{rl}, beside},
		"both named":                  {[]string{rl, "VTQ_PROVIDERS=virustotal, reversinglabs"}, beside},
		"named, the key is elsewhere": {[]string{"VTQ_PROVIDERS=virustotal,reversinglabs"}, beside},
		"one of two is named":         {[]string{rl, "VTQ_PROVIDERS=reversinglabs"}, two("reversinglabs")},
		"hashes alone":                {[]string{"RL_USER=u", "VTQ_PROVIDERS=reversinglabs"}, routes{"file": {"reversinglabs"}}},
		"every provider":              {[]string{rl, "VTQ_ROUTE_POLICY=all", "VT_KINDS=file"}, routes{"file": {"virustotal", "reversinglabs"}, "url": {"reversinglabs"}}},
		"an order of their own": {
			[]string{rl, "VTQ_ROUTES=file=reversinglabs,virustotal  url=virustotal"},
			routes{"file": {"reversinglabs-virustotal"}, "url": {"virustotal"}, "domain": {"virustotal"}, "ip": {"virustotal"}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var r config.Routing
			if err := config.Load(c.environ, &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, routesOf(r)); diff != "" {
				t.Errorf("the routes of %q (-want +got):\n%s", c.environ, diff)
			}
		})
	}
}

func TestRoutingComplains(t *testing.T) {
	cases := map[string]struct {
		environ []string
		want    string
	}{
		"an unknown provider":       {[]string{"VT_PROVIDER=vt"}, `VT_PROVIDER: wants virustotal, reversinglabs or compatible (got "vt")`},
		"one that is not there":     {[]string{"VTQ_PROVIDERS=compatible"}, `VTQ_PROVIDERS: wants of virustotal, reversinglabs (got "compatible")`},
		"one twice":                 {[]string{"VTQ_PROVIDERS=virustotal,virustotal"}, "VTQ_PROVIDERS: wants each provider once (got virustotal twice)"},
		"another policy":            {[]string{"VTQ_ROUTE_POLICY=best"}, `VTQ_ROUTE_POLICY: wants first or all (got "best")`},
		"a route of nothing":        {[]string{"VTQ_ROUTES=file"}, `VTQ_ROUTES: wants kind=provider,provider for file, url, domain or ip, parted by blanks (got "file")`},
		"a route of no kind":        {[]string{"VTQ_ROUTES=hash=virustotal"}, `parted by blanks (got "hash=virustotal")`},
		"a route to nobody":         {[]string{"VTQ_ROUTES=file=reversinglabs"}, `VTQ_ROUTES: wants providers that are in use, virustotal (got "reversinglabs")`},
		"a route there and there":   {[]string{"VTQ_ROUTES=file=virustotal,virustotal"}, "VTQ_ROUTES: wants each provider once for a kind (got virustotal twice)"},
		"a kind that it has not":    {[]string{"RL_API_KEY=k", "VTQ_ROUTES=ip=reversinglabs"}, "VTQ_ROUTES: wants providers that answer the kind: reversinglabs answers no ip"},
		"a kind it never has":       {[]string{"RL_KINDS=domain"}, "RL_KINDS: wants file or url: ReversingLabs answers no domain in its compatible suite"},
		"URLs of its own API":       {[]string{"RL_USER=u", "RL_KINDS=file,url"}, "RL_KINDS: wants RL_API_KEY along with url"},
		"a kind twice":              {[]string{"VTQ_ROUTES=file=virustotal file=virustotal"}, "VTQ_ROUTES: wants each kind once (got file twice)"},
		"ReversingLabs, two ways":   {[]string{"RL_API_KEY=k", "VT_BASE_URL=https://data.reversinglabs.com"}, "RL_API_KEY, RL_USER: want VT_BASE_URL to be VirusTotal's"},
		"domains of ReversingLabs'": {[]string{"VT_BASE_URL=https://data.reversinglabs.com", "VT_KINDS=domain"}, "VT_KINDS: wants file or url"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var r config.Routing
			if err := config.Load(c.environ, &r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Load(%q) = %v, want %q", c.environ, err, c.want)
			}
		})
	}
}

func TestProvidersWantTheirKeys(t *testing.T) {
	const vt, rl = "VT_API_KEY: must be set", "RL_API_KEY: must be set, or RL_USER and RL_PASSWORD"
	cases := map[string]struct {
		environ []string
		want    []string
	}{
		"nothing":                    {nil, []string{vt}},
		"VirusTotal":                 {[]string{"VT_API_KEY=k"}, nil},
		"both, one key":              {[]string{"VT_API_KEY=k", "VTQ_PROVIDERS=virustotal,reversinglabs"}, []string{rl}},
		"both, two keys":             {[]string{"VT_API_KEY=k", "RL_API_KEY=k"}, nil},
		"ReversingLabs alone":        {[]string{"RL_API_KEY=k", "VTQ_PROVIDERS=reversinglabs"}, nil},
		"by name and password":       {[]string{"RL_USER=u", "RL_PASSWORD=p", "VTQ_PROVIDERS=reversinglabs"}, nil},
		"half of name and password":  {[]string{"RL_USER=u", "VTQ_PROVIDERS=reversinglabs"}, []string{"RL_PASSWORD: must be set along with RL_USER"}},
		"its endpoint, VT_'s key":    {[]string{"VT_API_KEY=k", "VT_BASE_URL=https://data.reversinglabs.com/api/v3"}, nil},
		"its endpoint, without keys": {[]string{"VT_BASE_URL=https://data.reversinglabs.com/api/v3"}, []string{vt}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var p config.Providers
			err := config.Load(c.environ, &p)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Load(%q) = %v, want %q", c.environ, err, want)
				}
			}
			if len(c.want) == 0 && err != nil {
				t.Errorf("Load(%q) = %v", c.environ, err)
			}
		})
	}
}
