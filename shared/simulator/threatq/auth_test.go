package threatq_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/simulator/threatq"
)

const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

// A tokenRequest is one way to ask for a token.
type tokenRequest struct {
	query, body, media string
	basic              []string
}

func (q tokenRequest) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/token?"+q.query, strings.NewReader(q.body))
	if q.media != "" {
		r.Header.Set("Content-Type", q.media)
	}
	if q.basic != nil {
		r.SetBasicAuth(q.basic[0], q.basic[1])
	}
	return r
}

func TestTokenEncodings(t *testing.T) {
	user := url.Values{
		"email": {threatq.DefaultEmail}, "password": {threatq.DefaultPassword}, "client_id": {threatq.DefaultUserClientID},
		"grant_type": {"password"},
	}
	client := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {threatq.DefaultClientID}, "client_secret": {threatq.DefaultClientSecret},
	}
	basic := []string{threatq.DefaultClientID, threatq.DefaultClientSecret}
	userJSON := `"email":"vtq@example.org","password":"vtq-password"`
	cases := map[string]struct {
		in     tokenRequest
		status int
	}{
		"A: password in JSON": {tokenRequest{body: `{` + userJSON + `,"grant_type":"password","client_id":"vtq-user-client"}`, media: jsonMedia}, 200},
		"B: password in query and JSON": {
			tokenRequest{query: "grant_type=password&client_id=vtq-user-client", body: `{` + userJSON + `}`, media: jsonMedia}, 200,
		},
		"C: password in a form":              {tokenRequest{body: user.Encode(), media: formMedia}, 200},
		"D: client by Basic, grant in query": {tokenRequest{query: "grant_type=client_credentials", basic: basic}, 200},
		"D: with the SDK's array as body": {
			tokenRequest{query: "grant_type=client_credentials", basic: basic, body: `["vtq","vtq-secret"]`, media: jsonMedia}, 200,
		},
		"E: client by Basic and form": {tokenRequest{basic: basic, body: client.Encode(), media: formMedia}, 200},
		"F: client in query":          {tokenRequest{query: client.Encode()}, 200},

		"no grant type":              {tokenRequest{basic: basic}, 400},
		"unknown grant type":         {tokenRequest{query: "grant_type=ssl_certificate", basic: basic}, 400},
		"wrong secret":               {tokenRequest{query: "grant_type=client_credentials", basic: []string{"vtq", "x"}}, 400},
		"user with the OAuth client": {tokenRequest{body: `{` + userJSON + `,"grant_type":"password","client_id":"vtq"}`, media: jsonMedia}, 400},
		"user without a client":      {tokenRequest{body: `{` + userJSON + `,"grant_type":"password"}`, media: jsonMedia}, 400},
		"form under the JSON type":   {tokenRequest{body: client.Encode(), media: jsonMedia}, 400},
		"JSON without a type":        {tokenRequest{body: `{` + userJSON + `,"grant_type":"password","client_id":"vtq-user-client"}`}, 400},
		"unknown refresh token":      {tokenRequest{query: "grant_type=refresh_token&refresh_token=x"}, 400},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &caller{t: t, sim: &threatq.Server{}}
			got := c.send(tc.in.request())
			if got.status != tc.status {
				t.Fatalf("token(%+v) = %d %s, want %d", tc.in, got.status, got.raw, tc.status)
			}
			if _, has := got.doc["error"]; has != (tc.status == 400) {
				t.Errorf("token(%+v) = %s, want an error body exactly for a 400", tc.in, got.raw)
			}
			if c.token, _ = got.doc["access_token"].(string); tc.status == 200 {
				c.get("/api/users/current")
			}
		})
	}
}

func TestTokenAnswer(t *testing.T) {
	cases := map[string]struct {
		sim  *threatq.Server
		want []string
		typ  string
	}{
		"as recorded":       {&threatq.Server{}, []string{"access_token", "expires_in", "refresh_token", "token_type"}, "Bearer"},
		"no refresh token":  {&threatq.Server{OmitRefreshToken: true}, []string{"access_token", "expires_in", "token_type"}, "Bearer"},
		"no expiry":         {&threatq.Server{OmitExpiry: true}, []string{"access_token", "refresh_token", "token_type"}, "Bearer"},
		"type in lowercase": {&threatq.Server{TokenType: "bearer"}, []string{"access_token", "expires_in", "refresh_token", "token_type"}, "bearer"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &caller{t: t, sim: tc.sim}
			got := c.send(tokenRequest{query: "grant_type=client_credentials", basic: []string{"vtq", "vtq-secret"}}.request())
			diff(t, "token keys", tc.want, keys(got.doc))
			if got.doc["token_type"] != tc.typ {
				t.Errorf("token_type = %v, want %v", got.doc["token_type"], tc.typ)
			}
			if v, has := got.doc["expires_in"]; has && number(v) != 172_799 {
				t.Errorf("expires_in = %v, want 172799", v)
			}
		})
	}
}

func TestOwnCredentials(t *testing.T) {
	c := &caller{t: t, sim: &threatq.Server{Credentials: threatq.Credentials{ClientID: "site", ClientSecret: "s3cret"}}}
	for _, tc := range []struct {
		id, secret string
		status     int
	}{{"site", "s3cret", 200}, {"vtq", "vtq-secret", 400}} {
		got := c.send(tokenRequest{query: "grant_type=client_credentials", basic: []string{tc.id, tc.secret}}.request())
		if got.status != tc.status {
			t.Errorf("token(%s) = %d, want %d", tc.id, got.status, tc.status)
		}
	}
}

func TestAuthorizationHeader(t *testing.T) {
	c := login(t, &threatq.Server{})
	cases := map[string]struct {
		header string
		status int
	}{
		"as documented":       {"Bearer " + c.token, 200},
		"lower case":          {"bearer " + c.token, 401},
		"no scheme":           {c.token, 401},
		"no header":           {"", 401},
		"unknown token":       {"Bearer x", 401},
		"Basic is for /token": {"Basic " + base64.StdEncoding.EncodeToString([]byte("vtq:vtq-secret")), 401},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/api/users/current", nil)
			r.Header.Set("Authorization", tc.header)
			if got := c.send(r); got.status != tc.status {
				t.Errorf("GET with %q = %d, want %d", name, got.status, tc.status)
			}
		})
	}
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := login(t, &threatq.Server{TokenLife: time.Hour})
		time.Sleep(time.Hour - time.Second)
		c.get("/api/users/current")
		time.Sleep(time.Second)
		c.want(http.StatusUnauthorized, http.MethodGet, "/api/users/current", nil)
	})
}

func TestRevoke(t *testing.T) {
	c := login(t, &threatq.Server{})
	c.sim.Revoke()
	c.want(http.StatusUnauthorized, http.MethodGet, "/api/users/current", nil)
	login(t, c.sim).get("/api/users/current")
}

func TestRefreshTokenWorksOnce(t *testing.T) {
	c := &caller{t: t, sim: &threatq.Server{}}
	first := c.send(tokenRequest{query: "grant_type=client_credentials", basic: []string{"vtq", "vtq-secret"}}.request())
	refresh, _ := first.doc["refresh_token"].(string)
	again := tokenRequest{query: "grant_type=refresh_token&refresh_token=" + refresh}
	second := c.send(again.request())
	if second.status != http.StatusOK {
		t.Fatalf("refresh = %d %s, want 200", second.status, second.raw)
	}
	c.token, _ = second.doc["access_token"].(string)
	if got := c.get("/api/users/current").row()["email"]; got != "vtq" {
		t.Errorf("after a refresh the user is %v, want vtq as before", got)
	}
	if third := c.send(again.request()); third.status != http.StatusBadRequest {
		t.Errorf("second use of a refresh token = %d, want 400", third.status)
	}
}

func TestCurrentUserHasASource(t *testing.T) {
	row := login(t, &threatq.Server{}).get("/api/users/current").row()
	src, _ := row["source"].(map[string]any)
	if number(src["id"]) == 0 || src["name"] != threatq.DefaultEmail {
		t.Errorf("source = %v, want one with an id, named %s", src, threatq.DefaultEmail)
	}
}
