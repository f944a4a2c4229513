package threatq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

const (
	pathToken = "/api/token"

	// refreshShare and maxRefreshMargin say how long before its end a token is no longer used: a tenth of its life, so that a short one
	// is used at all, and at most a minute, which is as long as an exchange takes.
	refreshShare, maxRefreshMargin = 10, time.Minute
	// assumedLife is the life of a token whose login did not tell it: what ThreatQ's own SDK assumes of every token.
	assumedLife = 30 * time.Minute
	// maxLife bounds the life that is believed. Instances say 1 h to 2 days.
	maxLife = 30 * 24 * time.Hour
	// maxToken bounds a token in bytes: twice what common servers take as a header.
	maxToken = 16 << 10
)

// An identity logs in by one of the two grants.
type identity struct {
	clientID, username     string
	clientSecret, password config.Secret
}

func newIdentity(conf Config) (identity, error) {
	who := identity{
		clientID: conf.ClientID, username: conf.Username,
		clientSecret: conf.ClientSecret, password: conf.Password,
	}
	switch {
	case who.clientID == "":
		return who, errors.New("ThreatQ's credentials: the client id is missing")
	case who.user() && !who.password.IsSet():
		return who, errors.New("ThreatQ's credentials: the user's password is missing")
	case !who.user() && !who.clientSecret.IsSet():
		return who, errors.New("ThreatQ's credentials: the OAuth client's secret is missing")
	}
	return who, nil
}

// user tells the password grant from client credentials.
func (i identity) user() bool { return i.username != "" }

// settings names what to check when the login is refused.
func (i identity) settings() string {
	if i.user() {
		return "THREATQ_USERNAME, THREATQ_PASSWORD and THREATQ_CLIENT_ID (the API password in an administrator's profile, " +
			"not the id of an OAuth client)"
	}
	return "THREATQ_CLIENT_ID and THREATQ_CLIENT_SECRET"
}

// request is the login in the encoding that most of ThreatQ's clients use for the grant: a JSON body for a user, the query and
// HTTP Basic for an OAuth client.
func (i identity) request(c *Client) (rest.Request, error) {
	what := call{method: http.MethodPost, endpoint: pathToken, path: pathToken}
	if i.user() {
		what.body = map[string]string{
			"grant_type": "password", "email": i.username, "password": i.password.Reveal(), "client_id": i.clientID,
		}
		return c.request(what)
	}
	what.query = url.Values{"grant_type": {"client_credentials"}}
	r, err := c.request(what)
	if err != nil {
		return r, err
	}
	basic := http.Request{Header: r.Header}
	basic.SetBasicAuth(i.clientID, i.clientSecret.Reveal())
	return r, nil
}

// wireToken is what a login gives. Its refresh token, which some instances leave out, is of no use to us; its type is ignored, since
// it may come in lower case, which the API refuses.
type wireToken struct {
	Access text    `json:"access_token"`
	Life   decimal `json:"expires_in"`
}

// login asks for a new token, and tells how long it is good for.
func (c *Client) login(ctx context.Context) (config.Secret, time.Duration, error) {
	token, err := c.askToken(ctx)
	if err != nil {
		return config.Secret{}, 0, fmt.Errorf("logging in to ThreatQ: %w", err)
	}
	return config.NewSecret(string(token.Access)), token.life(), nil
}

func (c *Client) askToken(ctx context.Context) (wireToken, error) {
	var token wireToken
	r, err := c.identity.request(c)
	if err != nil {
		return token, err
	}
	answer, err := c.send(ctx, r)
	if err != nil {
		return token, err
	}
	if err := c.identity.refusal(answer); err != nil {
		return token, err
	}
	if err := answer.Decode(&token); err != nil {
		return token, err
	}
	if !sendable(string(token.Access)) {
		return token, answer.FaultOf(fault.Denied, "yet without a usable access token; is THREATQ_URL the address of ThreatQ?")
	}
	return token, nil
}

// refusal says what a login's status means. ThreatQ answers bad credentials with 400; whatever else refuses the request itself will
// refuse the next one too, until somebody mends a setting. The body is left alone: it may repeat the account's name.
func (i identity) refusal(answer rest.Response) error {
	switch {
	case answer.Status == http.StatusNotFound:
		return answer.FaultOf(fault.Denied, hintURL)
	case rest.Kind(answer.Status) == fault.Permanent, answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden:
		return answer.FaultOf(fault.Denied, hintLogin+i.settings())
	}
	return answer.Fault("")
}

// life is how long the token is good for.
func (w wireToken) life() time.Duration {
	if w.Life.value == nil || *w.Life.value <= 0 {
		return assumedLife
	}
	return time.Duration(min(*w.Life.value, maxLife.Seconds()) * float64(time.Second))
}

// sendable tells a text that can stand in a header.
func sendable(token string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, odd)
}
