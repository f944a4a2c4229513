package admit_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/producer/internal/admit"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

func rules() admit.Rules {
	return admit.Rules{
		InternalSuffixes: []string{"corp.example-bank.com"}, SkipStatuses: []string{"Whitelisted", "False Positive"},
		MaxTLP: admit.Amber, DefaultTLP: admit.Clear,
	}
}

// domain is a record that is admitted, after some changes.
func domain(changes ...func(*threatq.Record)) threatq.Record {
	r := threatq.Record{ID: 7, Type: "FQDN", Value: "quiet-harbor.com", Status: "Active"}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func of(typ, value string) func(*threatq.Record) {
	return func(r *threatq.Record) { r.Type, r.Value = typ, value }
}

func status(name string) func(*threatq.Record) {
	return func(r *threatq.Record) { r.Status = name }
}

// marked gives a record one source for each marking; an empty one says nothing.
func marked(markings ...string) func(*threatq.Record) {
	return func(r *threatq.Record) {
		for _, m := range markings {
			r.Sources = append(r.Sources, threatq.Source{Name: "feed", TLP: m})
		}
	}
}

func scheme(name, value string) func(*threatq.Record) {
	return func(r *threatq.Record) {
		r.Attributes = append(r.Attributes, threatq.Attribute{Name: name, Value: value})
	}
}

func TestAdmitReasons(t *testing.T) {
	files := func(r *admit.Rules) { r.Kinds = []indicator.Kind{indicator.File} }
	ceiling := func(m admit.TLP) func(*admit.Rules) { return func(r *admit.Rules) { r.MaxTLP = m } }
	unmarked := func(m admit.TLP) func(*admit.Rules) { return func(r *admit.Rules) { r.DefaultTLP = m } }
	asIs := func(*admit.Rules) {}
	cases := map[string]struct {
		rules  func(*admit.Rules)
		record threatq.Record
		want   indicator.Reason // Empty for a job.
	}{
		"a public name":                        {asIs, domain(), ""},
		"no status":                            {asIs, domain(status("")), ""},
		"a skipped status":                     {asIs, domain(status("Whitelisted")), admit.ReasonStatus},
		"a skipped status in another case":     {asIs, domain(status("fALSE positive")), admit.ReasonStatus},
		"a status that begins like one":        {asIs, domain(status("Whitelisted soon")), ""},
		"no statuses are skipped":              {func(r *admit.Rules) { r.SkipStatuses = nil }, domain(status("Whitelisted")), ""},
		"at the ceiling":                       {asIs, domain(marked("AMBER")), ""},
		"above the ceiling":                    {asIs, domain(marked("AMBER+STRICT")), admit.ReasonTLP},
		"a raised ceiling":                     {ceiling(admit.AmberStrict), domain(marked("AMBER+STRICT")), ""},
		"a low ceiling":                        {ceiling(admit.Clear), domain(marked("GREEN")), admit.ReasonTLP},
		"red under a low ceiling":              {ceiling(admit.Clear), domain(marked("RED")), admit.ReasonTLP},
		"red, whatever the ceiling":            {ceiling(admit.Red), domain(marked("RED")), admit.ReasonTLP},
		"red by default, whatever the ceiling": {func(r *admit.Rules) { r.MaxTLP, r.DefaultTLP = admit.Red, admit.Red }, domain(), admit.ReasonTLP},
		"the strictest source counts":          {asIs, domain(marked("GREEN", "RED", "WHITE")), admit.ReasonTLP},
		"lenient sources":                      {asIs, domain(marked("GREEN", "", "WHITE")), ""},
		"a marking that nobody knows":          {asIs, domain(marked("GREEN", "PURPLE")), admit.ReasonTLP},
		"a marking known by its id alone":      {asIs, domain(marked(threatq.TLPUnknown)), admit.ReasonTLP},
		"unmarked by default above":            {unmarked(admit.AmberStrict), domain(marked("", "")), admit.ReasonTLP},
		"marked under a strict default":        {unmarked(admit.Red), domain(marked("GREEN", "")), ""},
		"status and marking":                   {asIs, domain(status("Whitelisted"), marked("RED")), admit.ReasonStatus},
		"marking and broken value":             {asIs, domain(of("MD5", "no hash"), marked("RED")), admit.ReasonTLP},
		"a type that nobody answers":           {asIs, domain(of("CIDR Block", "203.0.113.0/24")), indicator.UnsupportedType},
		"a kind that no provider answers":      {files, domain(), indicator.UnsupportedType},
		"a kind that one answers":              {files, domain(of("MD5", "d41d8cd98f00b204e9800998ecf8427e")), ""},
		"no provider at all":                   {func(r *admit.Rules) { r.Kinds = []indicator.Kind{} }, domain(), indicator.UnsupportedType},
		"no value":                             {asIs, domain(of("FQDN", " ")), indicator.Empty},
		"a broken hash":                        {asIs, domain(of("SHA-256", "d41d8cd98f00b204e9800998ecf8427e")), indicator.BadHash},
		"a private address":                    {asIs, domain(of("IP Address", "10.1.2.3")), indicator.PrivateAddress},
		"a reserved address":                   {asIs, domain(of("IP Address", "203.0.113.9")), indicator.ReservedAddress},
		"an internal name":                     {asIs, domain(of("FQDN", "printer.local")), indicator.InternalName},
		"a name of the house":                  {asIs, domain(of("FQDN", "mail.corp.example-bank.com")), indicator.InternalName},
		"a URL on a name of the house":         {asIs, domain(of("URL", "corp.example-bank.com/login")), indicator.InternalName},
		"a neighbour of the house":             {asIs, domain(of("FQDN", "notcorp.example-bank.com")), ""},
		"a URL with a password":                {asIs, domain(of("URL", "http://ann:pw@quiet-harbor.com/")), indicator.URLCredentials},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := rules()
			c.rules(&r)
			_, err := r.Admit(c.record, time.Now())
			got, refused := indicator.ReasonOf(err)
			if got != c.want || refused != (err != nil) {
				t.Errorf("Admit(%s) = %v, want reason %q", c.record.Type, err, c.want)
			}
			if refused && !slices.Contains(admit.Reasons(), got) {
				t.Errorf("Reasons() lacks %q, so that its metric does not start at zero", got)
			}
		})
	}
}

func TestAdmitMakesAJob(t *testing.T) {
	now := time.Date(2024, 5, 6, 7, 8, 9, 987654321, time.FixedZone("east", 3600))
	got, err := rules().Admit(domain(of("fqdn", "Quiet-Harbor[.]com.")), now)
	if err != nil {
		t.Fatalf("Admit = %v", err)
	}
	want := wire.Job{
		Created:   time.Date(2024, 5, 6, 6, 8, 9, 0, time.UTC),
		Indicator: indicator.Indicator{ID: 7, Type: "fqdn", Value: "Quiet-Harbor[.]com."},
		Object:    indicator.Object{Kind: indicator.Domain, Value: "quiet-harbor.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func TestAdmitTakesTheSchemeHint(t *testing.T) {
	const bare = "quiet-harbor.com/a"
	cases := map[string]struct {
		record threatq.Record
		object string
		guess  bool // The other scheme is worth a request.
	}{
		"none":            {domain(of("URL", bare)), "http://quiet-harbor.com/a", true},
		"https":           {domain(of("URL", bare), scheme("Scheme", "https")), "https://quiet-harbor.com/a", false},
		"in another case": {domain(of("URL", bare), scheme("sCHEME", "https")), "https://quiet-harbor.com/a", false},
		"the first of two": {
			domain(of("URL", bare), scheme("Port", "8443"), scheme("Scheme", "http"), scheme("Scheme", "https")),
			"http://quiet-harbor.com/a", false,
		},
		"one that is not looked up": {domain(of("URL", bare), scheme("Scheme", "gopher")), "http://quiet-harbor.com/a", true},
		"the URL has its own":       {domain(of("URL", "http://"+bare), scheme("Scheme", "https")), "http://quiet-harbor.com/a", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			job, err := rules().Admit(c.record, time.Now())
			if err != nil || job.Object.Value != c.object || (job.Other != nil) != c.guess {
				t.Errorf("Admit = %v, other %v, %v; want %s, guessed %v", job.Object, job.Other, err, c.object, c.guess)
			}
		})
	}
}
