package virustotal_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/virustotal"
)

func hasSuffix(err error, want string) bool {
	return err != nil && strings.HasSuffix(err.Error(), want)
}

// assertSilent checks the errors of a look-up of every kind and of the quota page, where the key itself stands in the path.
func assertSilent(t *testing.T, client *virustotal.Client, ctx context.Context, want fault.Kind) { //nolint:revive // T first, as in every helper.
	t.Helper()
	for _, object := range []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()} {
		_, err := client.Look(ctx, object)
		clienttest.AssertNoLeak(t, err, key, object.Value, base64.RawURLEncoding.EncodeToString([]byte(object.Value)))
		if got := fault.KindOf(err); got != want {
			t.Errorf("Look of a %s: %v (%v), want %v", object.Kind, err, got, want)
		}
	}
	_, err := client.Quotas(ctx)
	clienttest.AssertNoLeak(t, err, key)
}

func TestAnswersLeakNothing(t *testing.T) {
	// An echo holds everything that must not get out.
	echo := strings.Join([]string{key, emptyMD5().Value, lureURL().Value, lureDomain().Value, address().Value}, " ")
	cases := map[string]struct {
		status     int
		kind, body string
		want       fault.Kind
	}{
		"401 that echoes the key":  {401, jsonType, errorBody("WrongCredentialsError", "Wrong API key: "+key), fault.Denied},
		"400 that echoes the item": {400, jsonType, errorBody("InvalidArgumentError", echo), fault.Permanent},
		"404 page":                 {404, "text/html", "<html>" + echo, fault.Unknown},
		"429":                      {429, jsonType, errorBody(echo, echo), fault.Quota},
		"503":                      {503, "text/html", echo, fault.Transient},
		"redirect":                 {302, "text/html", echo, fault.Denied},
		"200 page":                 {200, "text/html", echo, fault.Transient},
		"200 cut short":            {200, jsonType, `{"data":{"` + echo, fault.Transient},
		"200 of another shape":     {200, jsonType, `{"data":"` + echo + `"}`, fault.Transient},
		"200 of no report":         {200, jsonType, `{"data":{"id":"` + echo + `"}}`, fault.Transient},
		"200 about another":        {200, jsonType, `{"data":{"type":"` + echo + `","attributes":{}}}`, fault.Transient},
		"200 of another coding":    {200, jsonType, echo, fault.Transient},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				answer := clienttest.Answer(r, c.status, c.kind, c.body)
				answer.Header.Set("Location", "https://elsewhere.test/"+echo+"?"+echo)
				answer.Header.Set("Retry-After", echo)
				if name == "200 of another coding" {
					answer.Header.Set("Content-Encoding", echo)
				}
				return answer, nil
			}))
			if c.want == fault.Unknown { // Look's judgement of a 404, and Quotas' of its own.
				c.want = fault.Transient
			}
			assertSilent(t, client, t.Context(), c.want)
		})
	}
}

func TestBrokenConnectionsLeakNothing(t *testing.T) {
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"unanswered":      raw(""),
		"no HTTP":         raw(key + "\r\n\r\n"),
		"an odd header":   raw("HTTP/1.1 200 OK\r\n" + key + "\r\n\r\n"),
		"body cut short":  raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"" + key),
		"an endless page": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat(key, 100)) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			assertSilent(t, over(t, server.URL), t.Context(), fault.Transient)
		})
	}
}

func over(t *testing.T, base string) *virustotal.Client {
	t.Helper()
	transport, err := rest.NewTransport(rest.Config{})
	if err != nil {
		t.Fatalf("NewTransport: %v", err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, transport, func(c *virustotal.Config) { c.BaseURL = base })
}

func TestUnreachableServicesLeakNothing(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // It complains of the handshakes that fail.
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, base := range map[string]string{
		"connection refused":   gone.URL,
		"an unknown authority": secure.URL,
		"no TLS":               strings.Replace(plain.URL, "http:", "https:", 1),
	} {
		t.Run(name, func(t *testing.T) { assertSilent(t, over(t, base), t.Context(), fault.Transient) })
	}
}

var errLeaving = errors.New("leaving")

func TestInterruptionLeaksNothing(t *testing.T) {
	waiting := clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, &net.OpError{Op: "read", Err: errors.New(key)}
	})
	t.Run("canceled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(errLeaving) })
			assertSilent(t, newClient(t, waiting), ctx, fault.Interrupted)
		})
	})
	t.Run("too late", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			assertSilent(t, newClient(t, waiting), t.Context(), fault.Transient)
			if took, want := time.Since(start), 5*virustotal.DefaultTimeout; took != want {
				t.Errorf("five requests took %v, want %v", took, want)
			}
		})
	})
}
