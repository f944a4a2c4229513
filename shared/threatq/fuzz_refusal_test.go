package threatq_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/threatq"
)

// FuzzRefusals gives every call the same arbitrary error, under any status: it has a kind, stays one bounded line, and repeats nothing
// of what was sent, whatever the answer repeats.
func FuzzRefusals(f *testing.F) {
	const sent = "dropper-host.example"
	for _, body := range []string{
		``, `{}`, `{"errors":["The value ` + sent + ` is taken."]}`, `{"data":{"errors":{"value":[["` + strings.ToUpper(sent) + `"]]}}}`,
		`{"errors":"dropper-\u200bhost.example"}`, `{"errors":["a\u001b[31m\n` + sent + `"]}`, `{"errors":{"a":{"b":{"c":{"d":"e"}}}}}`,
		`{"errors":["` + strings.Repeat("word ", 99) + `"]}`, `<html>` + sent + `</html>`, `{"data":[{"error":"dropper-host . example"}]}`,
		`{"errors":["d41d8cd98f00b204e9800998ecf8427e"]}`,
	} {
		for _, status := range []uint16{200, 201, 400, 404, 409, 422, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status uint16, body string) {
		status = 200 + status%400
		if status < 300 {
			status = http.StatusOK
		}
		over := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			return clienttest.Answer(r, int(status), "application/json", body), nil
		})
		for name, ask := range calls() {
			err := ask(t.Context(), newClient(t, settings(afterLogin(over))))
			if err == nil {
				continue
			}
			text := err.Error()
			if fault.KindOf(err) == fault.Unknown {
				t.Errorf("%s: %q has no kind", name, text)
			}
			// Five messages of 200 runes, in lists of ours twice over; Resolve also lists ten names of 60.
			if len(text) > 10<<10 || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%s: %q is no bounded line", name, text)
			}
			if name != "Resolve" { // The name of a collection is a setting, and repeated to whoever set it.
				clienttest.AssertNoLeak(t, err, sent)
			}
			clienttest.AssertNoLeak(t, err, secret, token)
		}
	})
}

// FuzzLogin gives the login an arbitrary answer: a call either goes on with a token that fits a header, or ends with a fault that tells
// nothing of the answer.
func FuzzLogin(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `{"access_token":"abc","expires_in":3600}`, `{"access_token":7,"expires_in":"1e400"}`, `{"access_token":"a\r\nb"}`,
		`{"access_token":"` + strings.Repeat("t", 16<<10+1) + `"}`, `{"access_token":"ä","expires_in":-1}`, `<html>`, `{"access_token":["a"]}`,
		`{"access_token":"abc","expires_in":0.0000000001}`, `{"errors":["no such user ann@example.org"]}`,
	} {
		for _, status := range []uint16{200, 400, 401, 404, 429, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status uint16, body string) {
		status = 200 + status%400
		over := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/api/token" {
				return clienttest.Answer(r, int(status), "application/json", body), nil
			}
			got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok || got == "" || len(got) > 16<<10 || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%q made the token %q", body, got)
			}
			return clienttest.Answer(r, http.StatusOK, "application/json", userAnswer), nil
		})
		conf := settings(over)
		conf.Username, conf.Password, conf.ClientSecret = "ann@example.org", config.NewSecret(password), config.Secret{}
		for _, conf := range []threatq.Config{settings(over), conf} {
			_, err := newClient(t, conf).Check(t.Context())
			if err == nil || status >= 200 && status < 300 && json.Valid([]byte(body)) && fault.KindOf(err) == fault.Denied {
				continue
			}
			if kind := fault.KindOf(err); kind == fault.Unknown || kind == fault.Permanent {
				t.Errorf("status %d, %q: %v, a %v fault: jobs must not be lost to a login", status, body, err, kind)
			}
			if len(err.Error()) > 500 || len(body) > 16 && strings.Contains(err.Error(), body) {
				t.Errorf("status %d, %q: %v", status, body, err)
			}
			clienttest.AssertNoLeak(t, err, secret, password, "ann@example.org")
		}
	})
}
