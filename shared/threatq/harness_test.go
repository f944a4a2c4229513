package threatq_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vtq.internal/shared/config"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

const (
	secret   = "s3cret-of-the-client"
	password = "p4ssword-of-the-user"
	token    = "t0ken-of-the-session"
)

// settings are those of an OAuth client over the given transport.
func settings(transport http.RoundTripper) threatq.Config {
	return threatq.Config{
		BaseURL: "http://threatq.test", ClientID: "client", ClientSecret: config.NewSecret(secret), Transport: transport,
	}
}

func newClient(t *testing.T, conf threatq.Config) *threatq.Client {
	t.Helper()
	c, err := threatq.New(conf)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	return c
}

// simulated is a client of the simulator, with the credentials that it takes. The caller stops it before its bubble ends.
func simulated(t *testing.T, sim *simulator.Server) (c *threatq.Client, stop func()) {
	t.Helper()
	transport, stop := testkit.Serve(t, sim)
	conf := settings(transport)
	conf.ClientID, conf.ClientSecret = simulator.DefaultClientID, config.NewSecret(simulator.DefaultClientSecret)
	return newClient(t, conf), stop
}

// overSimulator is simulated for a test outside of a bubble.
func overSimulator(t *testing.T, sim *simulator.Server) *threatq.Client {
	t.Helper()
	c, stop := simulated(t, sim)
	t.Cleanup(stop)
	return c
}

// An exchange is one request that a script saw.
type exchange struct{ Method, Path, Query, Body string }

// A script is a ThreatQ of canned answers: by method and path, the last one of each again and again. It logs in whoever asks.
type script struct {
	answers map[string][]canned

	mu   sync.Mutex
	seen []exchange
}

// A canned answer is JSON with status 200 unless it says otherwise.
type canned struct {
	status      int
	contentType string
	body        string
}

// says answers with JSON bodies, in this order.
func says(bodies ...string) []canned {
	var all []canned
	for _, b := range bodies {
		all = append(all, canned{body: b})
	}
	return all
}

// fails answers with a status and a body of JSON.
func fails(status int, body string) []canned { return []canned{{status: status, body: body}} }

// RoundTrip implements http.RoundTripper.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.URL.Path == "/api/token" {
		return clienttest.Answer(r, http.StatusOK, "application/json", `{"access_token":"`+token+`","expires_in":3600}`), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Method + " " + r.URL.Path
	s.seen = append(s.seen, exchange{r.Method, r.URL.Path, r.URL.RawQuery, string(body)})
	left := s.answers[key]
	if len(left) == 0 {
		return clienttest.Answer(r, http.StatusTeapot, "application/json", `{"errors":["not in the script"]}`), nil
	}
	if len(left) > 1 {
		s.answers[key] = left[1:]
	}
	return left[0].to(r), nil
}

func (a canned) to(r *http.Request) *http.Response {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.contentType == "" {
		a.contentType = "application/json"
	}
	return clienttest.Answer(r, a.status, a.contentType, a.body)
}

// asked lists what was sent to a path.
func (s *script) asked(method, path string) []exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []exchange
	for _, e := range s.seen {
		if e.Method == method && e.Path == path {
			found = append(found, e)
		}
	}
	return found
}

// scripted makes a client of canned answers.
func scripted(t *testing.T, answers map[string][]canned) (*threatq.Client, *script) {
	t.Helper()
	s := &script{answers: answers}
	return newClient(t, settings(s)), s
}

// afterLogin lets every login through and everything else over to the given transport.
func afterLogin(next http.RoundTripper) http.RoundTripper {
	return clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/api/token") {
			return clienttest.Answer(r, http.StatusOK, "application/json", `{"access_token":"`+token+`","expires_in":3600}`), nil
		}
		return next.RoundTrip(r)
	})
}

// walk reads all pages of a selection.
func walk(ctx context.Context, c *threatq.Client, sel threatq.Selection, limit int) ([]threatq.Record, error) {
	var all []threatq.Record
	for mark := ""; ; {
		page, err := c.Page(ctx, sel, mark, limit)
		if err != nil {
			return all, err
		}
		all = append(all, page.Indicators...)
		if page.Done {
			return all, nil
		}
		mark = page.Next
	}
}

// The answers of a probe that finds nothing wrong.
const (
	userAnswer     = `{"data":{"id":7,"email":"ann@example.org","source":{"id":70,"name":"Ann"}}}`
	typesAnswer    = `{"total":2,"data":[{"id":8,"name":"FQDN"},{"id":9,"name":"URL"}]}`
	statusesAnswer = `{"total":1,"data":[{"id":1,"name":"Active"}]}`
)
