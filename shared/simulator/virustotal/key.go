package virustotal

import (
	"net/http"

	"vtq.internal/shared/simulator/spoil"
)

// DefaultKey is the API key of a Server without Keys: 64 hex digits, as the service hands them out.
const DefaultKey = "51a1a7ed51a1a7ed51a1a7ed51a1a7ed51a1a7ed51a1a7ed51a1a7ed51a1a7ed"

// A Key is an API key and the account behind it.
type Key struct {
	Limits   Limits
	Private  bool   // May call what is behind the paid tier.
	GTI      bool   // Has Google Threat Intelligence: reports keep their gti_assessment for a request with x-tool.
	Inactive bool   // The account was never confirmed, or was closed.
	User     string // The account's name in the users path. Defaults to "user".
	Group    string // Whose limits it shares, one of Server.Groups. Defaults to no group.
}

// authenticate finds the account behind a key, or the refusal.
func (s *Server) authenticate(sent string) (Key, *spoil.Answer) {
	key, known := s.key(sent)
	var refusal spoil.Answer
	switch {
	case sent == "":
		refusal = s.fail(http.StatusUnauthorized, "AuthenticationRequiredError", "X-Apikey header is missing")
	case !known:
		// The service repeats the key that was sent (recorded 2020-09-03), so an error body is as secret as the key.
		refusal = s.fail(http.StatusUnauthorized, "WrongCredentialsError", "Wrong API key: "+sent)
	case key.Inactive:
		refusal = s.fail(http.StatusUnauthorized, "UserNotActiveError", "User is not active")
	default:
		return key, nil
	}
	return Key{}, &refusal
}

func (s *Server) key(sent string) (Key, bool) {
	key, known := s.Keys[sent]
	if s.Keys == nil && sent == DefaultKey {
		key, known = Key{Limits: PublicLimits()}, true
	}
	if key.User == "" {
		key.User = "user"
	}
	return key, known
}
