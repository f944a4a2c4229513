package threatq

import (
	"crypto/rand"
	"maps"
	"strings"
	"time"
)

// refreshLife bounds how long a refresh token is remembered: longer than any run of a test, short enough for a simulator
// that is left running.
const refreshLife = 30 * 24 * time.Hour

// A keyring holds the tokens that open the API.
type keyring struct {
	access, refresh map[string]grant
}

type grant struct {
	who     string
	expires time.Time
}

// newKeyring returns one without tokens: nothing opens it.
func newKeyring() keyring {
	return keyring{access: map[string]grant{}, refresh: map[string]grant{}}
}

// issue makes an access and a refresh token, and forgets what has expired.
func (k keyring) issue(who string, now time.Time, life time.Duration) (access, refresh string) {
	expired := func(_ string, g grant) bool { return !now.Before(g.expires) }
	maps.DeleteFunc(k.access, expired)
	maps.DeleteFunc(k.refresh, expired)
	access, refresh = rand.Text(), rand.Text()
	k.access[access] = grant{who: who, expires: now.Add(life)}
	k.refresh[refresh] = grant{who: who, expires: now.Add(refreshLife)}
	return access, refresh
}

// open tells who sent an Authorization header. A live instance refused "bearer" in lower case.
func (k keyring) open(header string, now time.Time) (who string, ok bool) {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return "", false
	}
	g, ok := k.access[token]
	return g.who, ok && now.Before(g.expires)
}

// redeem takes a refresh token, which works once.
func (k keyring) redeem(token string, now time.Time) (who string, ok bool) {
	g, ok := k.refresh[token]
	delete(k.refresh, token)
	return g.who, ok && now.Before(g.expires)
}
