package threatq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

func TestNewRefuses(t *testing.T) {
	cases := map[string]struct {
		change func(*threatq.Config)
		want   string
	}{
		"no address":          {func(c *threatq.Config) { c.BaseURL = "" }, "https://"},
		"another scheme":      {func(c *threatq.Config) { c.BaseURL = "ftp://threatq.test" }, "https://"},
		"a password in it":    {func(c *threatq.Config) { c.BaseURL = "https://ann:" + secret + "@threatq.test" }, "credentials"},
		"no client id":        {func(c *threatq.Config) { c.ClientID = "" }, "client id"},
		"no secret":           {func(c *threatq.Config) { c.ClientSecret = config.Secret{} }, "secret"},
		"user, no password":   {func(c *threatq.Config) { c.Username = "ann" }, "password"},
		"secret of no client": {func(c *threatq.Config) { c.Username, c.ClientID = "ann", "" }, "client id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			conf := settings(nil)
			c.change(&conf)
			_, err := threatq.New(conf)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New = %v, want an error with %q", err, c.want)
			}
			if err != nil {
				clienttest.AssertNoLeak(t, err, secret)
			}
		})
	}
}

func TestSettingsDoNotPrint(t *testing.T) {
	conf := settings(nil)
	conf.Username, conf.Password = "ann", config.NewSecret(password)
	client, err := threatq.New(conf)
	if err != nil {
		t.Fatalf("New without a transport = %v", err)
	}
	written, err := json.Marshal(struct{ A, B any }{conf.ClientSecret, conf.Password})
	if err != nil {
		t.Fatalf("Marshal = %v", err)
	}
	text := fmt.Sprintf("%v %+v %#v %v %s", conf, conf, conf, client, written)
	if strings.Contains(text, secret) || strings.Contains(text, password) {
		t.Errorf("a secret prints: %s", text)
	}
}

func TestRequestsCarryTheirHeaders(t *testing.T) {
	var got http.Header
	over := afterLogin(clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		got = r.Header
		return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":{"id":1,"value":"a"}}`), nil
	}))
	conf := settings(over)
	conf.Product = "vtq/1.2"
	if _, err := newClient(t, conf).Score(t.Context(), 1); err != nil {
		t.Fatalf("Score = %v", err)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer " + token, "User-Agent": "vtq/1.2", "Accept": "application/json",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
}

func TestObserverSeesEveryRequest(t *testing.T) {
	sim := &simulator.Server{}
	id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
	transport, stop := testkit.Serve(t, sim)
	defer stop()
	var seen []string
	writes := 0
	conf := settings(transport)
	conf.ClientID, conf.ClientSecret = simulator.DefaultClientID, config.NewSecret(simulator.DefaultClientSecret)
	conf.ObserveFunc = func(o threatq.Observation) {
		seen = append(seen, fmt.Sprintf("%s %s %d", o.Method, o.Endpoint, o.Status))
		if o.Write() {
			writes++
		}
		if o.Took < 0 || o.Took > time.Minute {
			t.Errorf("%s took %v", o.Endpoint, o.Took)
		}
	}
	client := newClient(t, conf)
	ctx := t.Context()
	rows, err := client.CreateAttributes(ctx, id, []threatq.NewAttribute{{Name: "A", Value: "1"}})
	if err != nil {
		t.Fatalf("CreateAttributes = %v", err)
	}
	_, _ = client.UpdateAttribute(ctx, id, rows[0].ID, "2")
	_ = client.DeleteAttribute(ctx, id, rows[0].ID)
	_ = client.SetScore(ctx, id, 5)
	_, _ = client.Page(ctx, threatq.Selection{}, "", 1)
	_, _ = client.Score(ctx, id+1)
	want := []string{
		"POST /api/token 200",
		"POST /api/indicators/{id}/attributes 201",
		"PUT /api/indicators/{id}/attributes/{row} 200",
		"DELETE /api/indicators/{id}/attributes/{row} 204",
		"PUT /api/indicator/{id}/scores 200",
		"POST /api/indicators/query 200",
		"GET /api/indicators/{id} 404",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	if writes != 4 || sim.Writes() != writes || sim.Requests() != len(seen) {
		t.Errorf("observed %d writes of %d requests, the simulator counts %d of %d", writes, len(seen), sim.Writes(), sim.Requests())
	}
}

// calls is every call of the client, none of which may treat an answer differently from the others.
func calls() map[string]func(context.Context, *threatq.Client) error {
	const value = "dropper-host.example"
	return map[string]func(context.Context, *threatq.Client) error{
		"Check":   func(ctx context.Context, c *threatq.Client) error { _, err := c.Check(ctx); return err },
		"Resolve": func(ctx context.Context, c *threatq.Client) error { _, err := c.Resolve(ctx, value); return err },
		"Page": func(ctx context.Context, c *threatq.Client) error {
			_, err := c.Page(ctx, threatq.Selection{Criteria: []byte(`{"value":"` + value + `"}`)}, "", 10)
			return err
		},
		"Values": func(ctx context.Context, c *threatq.Client) error {
			_, err := c.Values(ctx, []string{value})
			return err
		},
		"Indicator":  func(ctx context.Context, c *threatq.Client) error { _, err := c.Indicator(ctx, 1); return err },
		"Attributes": func(ctx context.Context, c *threatq.Client) error { _, err := c.Attributes(ctx, 1); return err },
		"CreateAttributes": func(ctx context.Context, c *threatq.Client) error {
			_, err := c.CreateAttributes(ctx, 1, []threatq.NewAttribute{{Name: "Host", Value: value, Source: "VirusTotal"}})
			return err
		},
		"UpdateAttribute": func(ctx context.Context, c *threatq.Client) error {
			_, err := c.UpdateAttribute(ctx, 1, 2, value)
			return err
		},
		"DeleteAttribute": func(ctx context.Context, c *threatq.Client) error { return c.DeleteAttribute(ctx, 1, 2) },
		"Score":           func(ctx context.Context, c *threatq.Client) error { _, err := c.Score(ctx, 1); return err },
		"SetScore":        func(ctx context.Context, c *threatq.Client) error { return c.SetScore(ctx, 1, 5) },
	}
}

func TestEveryCallClassifiesEveryStatus(t *testing.T) {
	for name, ask := range calls() {
		t.Run(name, func(t *testing.T) {
			clienttest.Classifies(t, func(ctx context.Context, over http.RoundTripper) error {
				return ask(ctx, newClient(t, settings(afterLogin(over))))
			})
		})
	}
}

func TestEveryCallClassifiesEveryFaultAndLeaksNothing(t *testing.T) {
	const echoed = "dropper-host.example" // What the calls send.
	faults := map[string]struct {
		answer *simulator.Fault
		want   fault.Kind
	}{
		"a token that is refused": {simulator.Unauthorized(), fault.Denied},
		"a role that may not":     {simulator.Forbidden(), fault.Denied},
		"a rate limit":            {simulator.TooManyRequests(90 * time.Second), fault.Quota},
		"a bug":                   {simulator.InternalError(), fault.Transient},
		"an upgrade":              {simulator.ServiceUnavailableHTML(), fault.Transient},
		"a proxy's login page":    {simulator.OKHTML(), fault.Transient},
		"success with errors":     {simulator.OKWithErrors(), fault.Permanent},
		"a redirect":              {simulator.Redirect(), fault.Denied},
		"a cut line":              {simulator.CutConnection(), fault.Transient},
		"half an answer":          {&simulator.Fault{Status: 200, Body: `{"data":[{"id":1,"value":"a"}]}`, Truncate: 9}, fault.Transient},
		"JSON that breaks off":    {&simulator.Fault{Status: 200, Body: `{"data":[{"id":1,`}, fault.Transient},
		"a slow answer":           {&simulator.Fault{Stall: time.Hour}, fault.Transient},
		"a failed validation":     {&simulator.Fault{Status: 422, Body: `{"data":{"errors":{"value":["no ` + echoed + `"]}}}`}, fault.Permanent},
		"a conflict":              {&simulator.Fault{Status: 409, Body: `{"errors":["have ` + echoed + `"]}`}, fault.Permanent},
	}
	for name, f := range faults {
		for call, ask := range calls() {
			t.Run(call+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					bearer, err := failing(t, f.answer, ask)
					if fault.KindOf(err) != f.want {
						t.Errorf("%v (%v), want %v", err, fault.KindOf(err), f.want)
					}
					clienttest.AssertNoLeak(t, err, simulator.DefaultClientSecret, bearer, echoed, "cursorMark", "grant_type")
				})
			})
		}
	}
}

// failing makes one call of a simulator that answers everything but the login with a fault, and tells the token used.
func failing(t *testing.T, answer *simulator.Fault, ask func(context.Context, *threatq.Client) error) (bearer string, err error) {
	t.Helper()
	sim := &simulator.Server{Fail: func(r *http.Request) *simulator.Fault {
		if r.Pattern == simulator.EndpointToken {
			return nil
		}
		return answer
	}}
	transport, stop := testkit.Serve(t, sim)
	defer stop()
	conf := settings(clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		bearer = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		return transport.RoundTrip(r)
	}))
	conf.ClientID, conf.ClientSecret = simulator.DefaultClientID, config.NewSecret(simulator.DefaultClientSecret)
	err = ask(t.Context(), newClient(t, conf))
	return bearer, err
}

func TestInterruptionIsToldFromTimeout(t *testing.T) {
	sim := &simulator.Server{Latency: time.Hour}
	client := overSimulator(t, sim)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Check(canceled); fault.KindOf(err) != fault.Interrupted {
		t.Errorf("canceled: %v (%v), want Interrupted", err, fault.KindOf(err))
	}
	short, end := context.WithTimeout(t.Context(), time.Millisecond)
	defer end()
	if _, err := client.Check(short); fault.KindOf(err) != fault.Transient {
		t.Errorf("timed out: %v (%v), want Transient", err, fault.KindOf(err))
	}
}

func TestNotFoundIsGoneOnlyWhereTheAPIAnswers(t *testing.T) {
	page := []canned{{status: http.StatusNotFound, contentType: "text/html", body: "<html>"}}
	own := fails(http.StatusNotFound, `{"errors":["Object does not exist"]}`)
	cases := map[string]struct {
		indicator, user []canned
		want            fault.Kind
	}{
		"ThreatQ says so":                   {own, nil, fault.Gone},
		"a page, and the API answers":       {page, says(userAnswer), fault.Gone},
		"a page, and so does the API":       {page, page, fault.Denied},
		"a page, and the API's own trouble": {page, fails(http.StatusServiceUnavailable, ``), fault.Denied},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{
				"GET /api/indicators/1": c.indicator, "GET /api/users/current": c.user,
			})
			if _, err := client.Indicator(t.Context(), 1); fault.KindOf(err) != c.want {
				t.Errorf("Indicator = %v (%v), want %v", err, fault.KindOf(err), c.want)
			}
		})
	}
	client, _ := scripted(t, map[string][]canned{"POST /api/indicators/query": own})
	if _, err := client.Page(t.Context(), threatq.Selection{}, "", 1); fault.KindOf(err) != fault.Denied {
		t.Errorf("a search that is not there: %v (%v), want Denied", err, fault.KindOf(err))
	}
}

func TestComplaintsAreRepeatedCleaned(t *testing.T) {
	long := strings.Repeat("a ", 300)
	cases := map[string]struct {
		body, want string
		hidden     []string
	}{
		"by field":     {`{"data":{"errors":{"name":["Taken."],"age":["Old.","Odd."]}}}`, "Old.; Odd.; Taken.", nil},
		"lists":        {`{"errors":["First",["Second a","Second b"]]}`, "First; Second a; Second b", nil},
		"one text":     {`{"errors":"Only one."}`, "Only one.", nil},
		"control":      {`{"errors":["a\u0000\nb\u202e"]}`, "a b", nil},
		"too long":     {`{"errors":["` + long + `"]}`, "a a…", []string{long}},
		"too many":     {`{"errors":["1st","2nd","3rd","4th","5th","6th"]}`, "5th", []string{"6th"}},
		"too deep":     {`{"errors":[[[["deep"]]]]}`, "422", []string{"deep"}},
		"none":         {`{"message":"nothing known"}`, "422", []string{"nothing"}},
		"another form": {`["a"]`, "422", []string{`"a"`}},
		"hosts":        {`{"errors":["Odd (a.example), b.example, fe80::1."]}`, "Odd [...] [...] [...]", []string{"a.ex", "b.ex", "fe80"}},
		"URLs":         {`{"errors":["http://a/ x@y.example a/b"]}`, "[...] [...] [...]", []string{"http", "x@y", "a/b"}},
		"hashes":       {`{"errors":["Have d41d8cd98f00b204e9800998ecf8427e."]}`, "Have [...]", []string{"d41d8"}},
		"an echo":      {`{"errors":["The value EVIL-host.example is odd.","Second."]}`, "Second.", []string{"EVIL", "evil"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{"POST /api/indicators/1/attributes": fails(422, c.body)})
			_, err := client.CreateAttributes(t.Context(), 1, []threatq.NewAttribute{{Name: "Host", Value: "evil-host.example"}})
			if fault.KindOf(err) != fault.Permanent || !strings.Contains(err.Error(), c.want) {
				t.Errorf("CreateAttributes = %v (%v), want Permanent with %q", err, fault.KindOf(err), c.want)
			}
			clienttest.AssertNoLeak(t, err, append(c.hidden, "evil-host.example")...)
		})
	}
}
