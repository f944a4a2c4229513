package reversinglabs

import (
	"crypto/subtle"
	"net/http"
)

// The credentials of a Server without Keys and Users. They protect nothing.
const (
	DefaultKey      = "4e5e4e5e4e5e4e5e4e5e4e5e4e5e4e5e4e5e4e5e"
	DefaultUser     = "u/vtq/simulated"
	DefaultPassword = "vtq-simulated"
)

// An Account is what one key or one user may spend.
type Account struct {
	Limits Limits
	// Contract is whose budget it spends: accounts with the same one share what was used. Defaults to a budget of its own.
	Contract string
	// Unlicensed accounts are known and may call nothing: 403.
	Unlicensed bool
}

// A User calls the native APIs with a name and a password.
type User struct {
	Account
	Password string
}

// authenticate finds who is asking, or the refusal: the suite knows keys, everything else names and passwords.
func (s *Server) authenticate(x *exchange) (refusal response, ok bool) {
	find := s.user
	if x.route.suite {
		find = s.key
	}
	var known bool
	x.account, x.call.Account, known = find(x.request)
	switch {
	case !known:
		refusal = s.fail(x, http.StatusUnauthorized, "WrongCredentialsError", "Unauthorized")
		if !x.route.suite {
			refusal.Header.Set("WWW-Authenticate", `Basic realm="Spectra Intelligence"`)
		}
		return refusal, false
	case x.account.Unlicensed:
		return s.fail(x, http.StatusForbidden, "ForbiddenError", "Forbidden"), false
	}
	if x.account.Contract == "" {
		x.account.Contract = x.call.Account
	}
	return response{}, true
}

// key takes the suite's header. How the vendor issues such a key is not documented.
func (s *Server) key(r *http.Request) (account Account, name string, known bool) {
	sent := r.Header.Get("X-Apikey")
	if s.Keys == nil {
		return Account{}, "key " + sent, sent == DefaultKey
	}
	account, known = s.Keys[sent]
	return account, "key " + sent, known && sent != ""
}

// user takes HTTP Basic, on every request anew.
func (s *Server) user(r *http.Request) (account Account, name string, known bool) {
	name, password, sent := r.BasicAuth()
	user, known := s.Users[name]
	if s.Users == nil && name == DefaultUser {
		user, known = User{Password: DefaultPassword}, true
	}
	same := subtle.ConstantTimeCompare([]byte(password), []byte(user.Password)) == 1
	return user.Account, "user " + name, sent && known && same
}
