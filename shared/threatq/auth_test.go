package threatq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

func TestBothGrantsLogIn(t *testing.T) {
	cases := map[string]func(*threatq.Config){
		"an OAuth client": func(c *threatq.Config) {
			c.ClientID, c.ClientSecret = simulator.DefaultClientID, config.NewSecret(simulator.DefaultClientSecret)
		},
		"a user": func(c *threatq.Config) {
			c.ClientID, c.ClientSecret = simulator.DefaultUserClientID, config.Secret{}
			c.Username, c.Password = simulator.DefaultEmail, config.NewSecret(simulator.DefaultPassword)
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			sim := &simulator.Server{TokenType: "bearer", OmitRefreshToken: true, OmitExpiry: true}
			transport, stop := testkit.Serve(t, sim)
			defer stop()
			conf := settings(transport)
			change(&conf)
			c := newClient(t, conf)
			for range 3 {
				if _, err := c.Check(t.Context()); err != nil {
					t.Fatalf("Check = %v", err)
				}
			}
			if got := sim.Counts()[simulator.EndpointToken]; got != 1 {
				t.Errorf("three checks took %d logins, want 1", got)
			}
		})
	}
}

// The encodings are the two that most of ThreatQ's clients use.
func TestLoginIsEncodedAsTheVendorsClientsDo(t *testing.T) {
	var login *http.Request
	var body string
	transport := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/tq/api/token" {
			return clienttest.Answer(r, http.StatusOK, "application/json", userAnswer), nil
		}
		all, err := io.ReadAll(r.Body)
		login, body = r, string(all)
		return clienttest.Answer(r, http.StatusOK, "application/json", `{"access_token":"x","token_type":"bearer"}`), err
	})
	conf := settings(transport)
	conf.BaseURL = "http://threatq.test/tq/"
	_, _ = newClient(t, conf).Check(t.Context())
	if id, pass, ok := login.BasicAuth(); !ok || id != "client" || pass != secret || body != "" {
		t.Errorf("client credentials: Basic %q %q, body %q; want the client's, and no body", id, pass, body)
	}
	if got := login.URL.RawQuery; got != "grant_type=client_credentials" {
		t.Errorf("client credentials: query %q", got)
	}

	conf.Username, conf.Password, conf.ClientSecret = "ann@example.org", config.NewSecret(password), config.Secret{}
	_, _ = newClient(t, conf).Check(t.Context())
	var sent map[string]string
	if err := json.Unmarshal([]byte(body), &sent); err != nil {
		t.Fatalf("user: body %q: %v", body, err)
	}
	want := map[string]string{"grant_type": "password", "email": "ann@example.org", "password": password, "client_id": "client"}
	if fmt.Sprint(sent) != fmt.Sprint(want) || login.Header.Get("Content-Type") != "application/json" {
		t.Errorf("user: body %v as %s, want %v as JSON", sent, login.Header.Get("Content-Type"), want)
	}
	if login.URL.RawQuery != "" || login.Header.Get("Authorization") != "" {
		t.Errorf("user: credentials beside the body: %q %q", login.URL.RawQuery, login.Header.Get("Authorization"))
	}
}

func TestBadLoginNamesTheSettings(t *testing.T) {
	sim := &simulator.Server{}
	transport, stop := testkit.Serve(t, sim)
	defer stop()
	client := settings(transport)
	user := settings(transport)
	user.Username, user.Password, user.ClientSecret = "ann@example.org", config.NewSecret(password), config.Secret{}
	for setting, conf := range map[string]threatq.Config{"THREATQ_CLIENT_SECRET": client, "THREATQ_PASSWORD": user} {
		_, err := newClient(t, conf).Check(t.Context())
		if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), setting) {
			t.Errorf("a bad login: %v (%v), want Denied and a word on %s", err, fault.KindOf(err), setting)
		}
		clienttest.AssertNoLeak(t, err, secret, password, "ann@example.org")
	}
}

func TestLoginClassifiesEveryStatus(t *testing.T) {
	var refusals []int // What refuses the login itself needs a person, not a dead letter.
	for status := 400; status < 500; status++ {
		if rest.Kind(status) == fault.Permanent {
			refusals = append(refusals, status)
		}
	}
	check := func(ctx context.Context, over http.RoundTripper) error {
		_, err := newClient(t, settings(over)).Check(ctx)
		return err
	}
	clienttest.Classifies(t, check, refusals...)
	for _, status := range append(refusals, http.StatusNotFound) {
		over := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			return clienttest.Answer(r, status, "application/json", `{"error":"`+secret+`"}`), nil
		})
		err := check(t.Context(), over)
		if fault.KindOf(err) != fault.Denied {
			t.Errorf("login with status %d: %v (%v), want Denied", status, err, fault.KindOf(err))
		}
		clienttest.AssertNoLeak(t, err, secret)
	}
}

func TestUnusableTokensAreDenied(t *testing.T) {
	cases := map[string]string{
		"no token":        `{}`,
		"an empty token":  `{"access_token":""}`,
		"a broken header": `{"access_token":"a\r\nX-Evil: 1"}`,
		"not a text":      `{"access_token":["a"]}`,
		"too long":        `{"access_token":"` + strings.Repeat("a", 16<<10+1) + `"}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			over := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				return clienttest.Answer(r, http.StatusOK, "application/json", body), nil
			})
			_, err := newClient(t, settings(over)).Check(t.Context())
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("Check = %v (%v), want Denied", err, fault.KindOf(err))
			}
		})
	}
}

// logins counts the logins of a ThreatQ whose tokens live as a login's answer says.
func logins(count *int, expiresIn string) http.RoundTripper {
	return clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != "/api/token" {
			return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":{"id":1,"value":"a","score":5}}`), nil
		}
		*count++
		return clienttest.Answer(r, http.StatusOK, "application/json", `{"access_token":"`+token+`"`+expiresIn+`}`), nil
	})
}

func TestTokenLife(t *testing.T) {
	cases := map[string]struct {
		expiresIn string
		want      time.Duration // How long the token is used.
	}{
		"an hour, less a minute":         {`,"expires_in":3600`, 59 * time.Minute},
		"short, less a tenth":            {`,"expires_in":100`, 90 * time.Second},
		"at the border of the two":       {`,"expires_in":600`, 9 * time.Minute},
		"two days, as recorded":          {`,"expires_in":172799`, 172_739 * time.Second},
		"a numeric string":               {`,"expires_in":"3600"`, 59 * time.Minute},
		"not told":                       {``, 29 * time.Minute},
		"null":                           {`,"expires_in":null`, 29 * time.Minute},
		"nonsense":                       {`,"expires_in":"soon"`, 29 * time.Minute},
		"zero":                           {`,"expires_in":0`, 29 * time.Minute},
		"negative":                       {`,"expires_in":-5`, 29 * time.Minute},
		"more than is believed":          {`,"expires_in":1e300`, 30*24*time.Hour - time.Minute},
		"more than a duration can count": {`,"expires_in":9223372037`, 30*24*time.Hour - time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				count := 0
				client := newClient(t, settings(logins(&count, c.expiresIn)))
				ask := func() {
					t.Helper()
					if _, err := client.Score(t.Context(), 1); err != nil {
						t.Fatalf("Score = %v", err)
					}
				}
				ask()
				time.Sleep(c.want - time.Millisecond)
				ask()
				if count != 1 {
					t.Errorf("%d logins just before %v, want 1", count, c.want)
				}
				time.Sleep(time.Millisecond)
				ask()
				if count != 2 {
					t.Errorf("%d logins at %v, want 2", count, c.want)
				}
			})
		})
	}
}

func TestExpiryMidRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &simulator.Server{TokenLife: time.Hour}
		for i := range 30 {
			sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: fmt.Sprintf("host-%d.example", i)})
		}
		client, stop := simulated(t, sim)
		defer stop()
		found := 0
		for mark, done := "", false; !done; time.Sleep(20 * time.Minute) {
			page, err := client.Page(t.Context(), threatq.Selection{}, mark, 5)
			if err != nil {
				t.Fatalf("Page after %d indicators = %v", found, err)
			}
			found += len(page.Indicators)
			mark, done = page.Next, page.Done
		}
		if found != 30 {
			t.Errorf("a walk of two hours found %d indicators, want 30", found)
		}
		if got := sim.Counts()[simulator.EndpointToken]; got != 3 {
			t.Errorf("a walk of two hours took %d logins, want 3", got)
		}
	})
}

func TestRevokedTokenCostsOneLogin(t *testing.T) {
	sim := &simulator.Server{}
	id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
	client := overSimulator(t, sim)
	for round := range 3 {
		if _, err := client.Indicator(t.Context(), id); err != nil {
			t.Fatalf("Indicator in round %d = %v", round, err)
		}
		sim.Revoke()
	}
	if got := sim.Counts()[simulator.EndpointToken]; got != 3 {
		t.Errorf("two revocations took %d logins, want 3", got)
	}
	if got := sim.Counts()[simulator.EndpointIndicator]; got != 5 {
		t.Errorf("three reads took %d requests, want 5", got)
	}
}

func TestConcurrentRefusalsShareOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := &simulator.Server{Latency: time.Second}
		id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example"})
		client, stop := simulated(t, sim)
		defer stop()
		const many = 50
		for round := 1; round <= 3; round++ {
			failures := make(chan error, many)
			for range many {
				go func() {
					_, err := client.Score(t.Context(), id)
					failures <- err
				}()
			}
			for range many {
				if err := <-failures; err != nil {
					t.Errorf("Score in round %d = %v", round, err)
				}
			}
			if got := sim.Counts()[simulator.EndpointToken]; got != round {
				t.Errorf("%d requests at once: %d logins after round %d, want %d", many, got, round, round)
			}
			sim.Revoke()
		}
	})
}

func TestFreshTokenRefusedIsDenied(t *testing.T) {
	client, seen := scripted(t, map[string][]canned{"GET /api/indicators/1": fails(http.StatusUnauthorized, `{"error":"access_denied"}`)})
	_, err := client.Score(t.Context(), 1)
	if fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "fresh login") {
		t.Errorf("Score = %v (%v), want Denied and a word on the fresh login", err, fault.KindOf(err))
	}
	if got := len(seen.asked(http.MethodGet, "/api/indicators/1")); got != 2 {
		t.Errorf("%d tries, want 2", got)
	}
}

func TestWaiterThatLeavesDoesNotEndTheLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := 0
		next := logins(&count, "")
		slow := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(10 * time.Second):
				return next.RoundTrip(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		client := newClient(t, settings(slow))
		leaving, leave := context.WithCancel(t.Context())
		impatient, give := context.WithTimeout(t.Context(), 2*time.Second)
		defer give()
		results := make([]chan error, 3)
		for i, ctx := range []context.Context{leaving, impatient, t.Context()} {
			results[i] = make(chan error, 1)
			go func() {
				_, err := client.Score(ctx, 1)
				results[i] <- err
			}()
			synctest.Wait()
		}
		leave()
		var kinds []fault.Kind
		for _, r := range results {
			kinds = append(kinds, fault.KindOf(<-r))
		}
		if want := []fault.Kind{fault.Interrupted, fault.Transient, fault.Unknown}; !slices.Equal(kinds, want) {
			t.Errorf("one left, one had no time, one stayed: %v, want %v (the last without an error)", kinds, want)
		}
		if count != 1 {
			t.Errorf("%d logins, want 1", count)
		}
	})
}

func TestFailedLoginIsSharedAndTriedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		client := newClient(t, settings(clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			tries++
			time.Sleep(time.Second)
			return clienttest.Answer(r, http.StatusServiceUnavailable, "text/html", "<html>"), nil
		})))
		for round := 1; round <= 2; round++ {
			failures := make(chan error, 10)
			for range 10 {
				go func() {
					_, err := client.Score(t.Context(), 1)
					failures <- err
				}()
			}
			for range 10 {
				if err := <-failures; fault.KindOf(err) != fault.Transient {
					t.Errorf("Score = %v, want Transient", err)
				}
			}
			if tries != round {
				t.Errorf("%d logins after round %d, want %d", tries, round, round)
			}
		}
	})
}
