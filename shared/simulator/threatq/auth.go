package threatq

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// What the zero Credentials accept. They open nothing but a simulator.
const (
	DefaultClientID     = "vtq"
	DefaultClientSecret = "vtq-secret"
	DefaultEmail        = "vtq@example.org"
	DefaultPassword     = "vtq-password"
	DefaultUserClientID = "vtq-user-client"
)

// DefaultTokenLife is the expires_in of the vendor's recorded token answer.
const DefaultTokenLife = 172_799 * time.Second

// Credentials are what the token endpoint accepts. An empty field stands for its Default constant.
type Credentials struct {
	// ClientID and ClientSecret are an OAuth client's, for the grant client_credentials.
	ClientID, ClientSecret string
	// Email and Password are a user's, for the grant password.
	Email, Password string
	// UserClientID is the client_id that goes with Email and Password: the "API password" in the profile of an
	// administrator, which is not the id of an OAuth client.
	UserClientID string
}

// orDefaults fills in what is empty, field by field: a test that sets a password keeps the default client.
func (c Credentials) orDefaults() Credentials {
	return Credentials{
		ClientID:     cmp.Or(c.ClientID, DefaultClientID),
		ClientSecret: cmp.Or(c.ClientSecret, DefaultClientSecret),
		Email:        cmp.Or(c.Email, DefaultEmail),
		Password:     cmp.Or(c.Password, DefaultPassword),
		UserClientID: cmp.Or(c.UserClientID, DefaultUserClientID),
	}
}

// Revoke makes every token issued so far invalid, the refresh tokens too.
func (s *Server) Revoke() {
	defer s.lock()()
	s.keyring = newKeyring()
}

// token answers a login. The vendor's clients send the parameters in six ways, so the server evidently merges them.
func (c *call) token() reply {
	p := c.tokenParameters()
	accepted := c.s.Credentials.orDefaults()
	switch p["grant_type"] {
	case "client_credentials":
		if p["client_id"] != accepted.ClientID || p["client_secret"] != accepted.ClientSecret {
			return badLogin()
		}
		return c.issue(accepted.ClientID)
	case "password":
		if p["email"] != accepted.Email || p["password"] != accepted.Password || p["client_id"] != accepted.UserClientID {
			return badLogin()
		}
		return c.issue(accepted.Email)
	case "refresh_token":
		who, ok := c.s.keyring.redeem(p["refresh_token"], c.now)
		if !ok {
			return badLogin()
		}
		return c.issue(who)
	default:
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "The grant type is missing or not supported.")
	}
}

// issue makes a pair of tokens. An instance may leave the refresh token out, even with an OAuth client; clients fall back to a
// full login.
func (c *call) issue(who string) reply {
	life := cmp.Or(c.s.TokenLife, DefaultTokenLife)
	access, refresh := c.s.keyring.issue(who, c.now, life)
	out := object{"access_token": access, "token_type": cmp.Or(c.s.TokenType, "Bearer")}
	if !c.s.OmitExpiry {
		out["expires_in"] = int(life / time.Second)
	}
	if !c.s.OmitRefreshToken {
		out["refresh_token"] = refresh
	}
	return respond(http.StatusOK, out)
}

// tokenParameters merges query, body (JSON object or form) and Basic credentials.
func (c *call) tokenParameters() map[string]string {
	p := map[string]string{}
	adopt(p, c.r.URL.Query())
	switch c.mediaType() {
	case mediaJSON:
		var fields map[string]any // the SDK sends a JSON array, which is harmless and says nothing
		_ = json.Unmarshal(c.body, &fields)
		for k, v := range fields {
			if text, ok := v.(string); ok {
				p[k] = text
			}
		}
	case "application/x-www-form-urlencoded":
		form, _ := url.ParseQuery(string(c.body)) // what does not parse is not there
		adopt(p, form)
	}
	if id, secret, ok := c.r.BasicAuth(); ok {
		p["client_id"], p["client_secret"] = id, secret
	}
	return p
}

// adopt takes the first value of each parameter, of which no client sends two.
func adopt(p map[string]string, values url.Values) {
	for k := range values {
		p[k] = values.Get(k)
	}
}

// badLogin is a 400, not a 401: three of the vendor's clients test for it. The body is unverified.
func badLogin() reply {
	return oauthError(http.StatusBadRequest, "invalid_credentials", "The user credentials were incorrect.")
}

// unauthorized is the answer to a missing, expired, revoked or oddly spelt token. The status is documented, the body is not.
func unauthorized() reply {
	return oauthError(http.StatusUnauthorized, "access_denied", "The resource owner or authorization server denied the request.")
}

// oauthError is the error body of OAuth 2.0, which the token endpoint is inferred to use.
func oauthError(status int, code, description string) reply {
	return respond(status, object{"error": code, "error_description": description})
}

// currentUser is the cheap probe of credentials.
func (c *call) currentUser() reply {
	src := c.s.store.source(c.who, "users", c.now)
	return data(http.StatusOK, object{
		"id": 1, "email": c.who, "display_name": c.who,
		"source": object{"id": src.id, "type": src.kind, "reference_id": src.reference, "name": src.name},
	})
}
