package reversinglabs_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
)

// secrets are what no error may tell: the credentials in the form of the header too, and the hashes.
func secrets() []string {
	return []string{user, password, base64.StdEncoding.EncodeToString([]byte(user + ":" + password)), md5, sha1, other}
}

// assertSilent checks the errors of both calls.
func assertSilent(t *testing.T, client *reversinglabs.Client, ctx context.Context, want fault.Kind) { //nolint:revive // T first, as in every helper.
	t.Helper()
	_, one := client.Look(ctx, file(md5))
	_, many := client.LookMany(ctx, files(sha1, other))
	for _, err := range []error{one, many} {
		clienttest.AssertNoLeak(t, err, secrets()...)
		if got := fault.KindOf(err); got != want {
			t.Errorf("%v (%v), want %v", err, got, want)
		}
	}
}

func TestAnswersLeakNothing(t *testing.T) {
	echo := strings.Join(secrets(), " ")
	cases := map[string]struct {
		status     int
		kind, body string
		want       fault.Kind
	}{
		"401 that echoes the user": {401, "text/plain", echo, fault.Denied},
		"403":                      {403, jsonType, echo, fault.Denied},
		"404 page":                 {404, "text/html", "<html>" + echo, fault.Transient},
		"429 of the rate":          {429, "text/plain", "Rate limit exceeded for " + echo, fault.Quota},
		"429":                      {429, "text/plain", echo, fault.Quota},
		"500":                      {500, "text/plain", echo, fault.Transient},
		"redirect":                 {302, "text/html", echo, fault.Denied},
		"200 page":                 {200, "text/html", echo, fault.Transient},
		"200 cut short":            {200, jsonType, `{"rl":{"` + echo, fault.Transient},
		"200 of another shape":     {200, jsonType, `{"rl":"` + echo + `"}`, fault.Transient},
		"200 of no report":         {200, jsonType, `{"rl":{"message":"` + echo + `"}}`, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			assertSilent(t, newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				answer := clienttest.Answer(r, c.status, c.kind, c.body)
				answer.Header.Set("Location", "https://elsewhere.test/"+echo+"?"+echo)
				answer.Header.Set("Www-Authenticate", echo)
				return answer, nil
			})), t.Context(), c.want)
		})
	}
}

func TestAnswersOfABatchLeakNothing(t *testing.T) {
	body := `{"rl":{"samples":[7],"invalid_hashes":["` + sha1 + `"]}}`
	answered, err := newClient(t, answers(http.StatusOK, jsonType, body)).LookMany(t.Context(), files(sha1, other, "None of these"))
	if err != nil {
		t.Fatalf("LookMany: %v", err)
	}
	for _, a := range answered {
		clienttest.AssertNoLeak(t, a.Err, append(secrets(), "None of these")...)
	}
}

func TestBrokenConnectionsLeakNothing(t *testing.T) {
	for name, answer := range map[string]string{
		"unanswered":     "",
		"no HTTP":        user + password + "\r\n\r\n",
		"body cut short": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"" + password,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					panic(err)
				}
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}))
			defer server.Close()
			assertSilent(t, over(t, server.URL), t.Context(), fault.Transient)
		})
	}
}

// over is a client of a server on loopback.
func over(t *testing.T, base string, changes ...func(*reversinglabs.Config)) *reversinglabs.Client {
	t.Helper()
	transport, err := rest.NewTransport(rest.Config{})
	if err != nil {
		t.Fatalf("NewTransport: %v", err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, transport, append(changes, func(c *reversinglabs.Config) { c.BaseURL = base })...)
}

func TestUnreachableServicesLeakNothing(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	assertSilent(t, over(t, gone.URL), t.Context(), fault.Transient)
}

func TestInterruptionLeaksNothing(t *testing.T) {
	waiting := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, &net.OpError{Op: "read", Err: errors.New(password)}
	})
	t.Run("canceled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(errors.New("leaving")) })
			assertSilent(t, newClient(t, waiting), ctx, fault.Interrupted)
		})
	})
	t.Run("too late", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			assertSilent(t, newClient(t, waiting), t.Context(), fault.Transient)
			if took, want := time.Since(start), 2*reversinglabs.DefaultTimeout; took != want {
				t.Errorf("two requests took %v, want %v", took, want)
			}
		})
	})
}
