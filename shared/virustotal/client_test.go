package virustotal_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/virustotal"
)

// key has the shape of a real one.
const key = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2"

// Objects to ask about. The three hashes are those of one empty file.
func emptyMD5() indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: "d41d8cd98f00b204e9800998ecf8427e"}
}

func emptySHA1() indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: "da39a3ee5e6b4b0d3255bfef95601890afd80709"}
}

func emptySHA256() indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
}

func lureURL() indicator.Object {
	return indicator.Object{Kind: indicator.URL, Value: "http://lure.example.com/?a=1&b=~~"}
}

func lureDomain() indicator.Object {
	return indicator.Object{Kind: indicator.Domain, Value: "lure.example.com"}
}

func address() indicator.Object {
	return indicator.Object{Kind: indicator.IP, Value: "203.0.113.7"}
}

func newClient(t *testing.T, transport http.RoundTripper, changes ...func(*virustotal.Config)) *virustotal.Client {
	t.Helper()
	config := virustotal.Config{APIKey: key, Tool: "vtq/1.0", Transport: transport}
	for _, change := range changes {
		change(&config)
	}
	client, err := virustotal.New(config)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return client
}

// answers is a transport that answers everything alike.
func answers(status int, contentType, body string) clienttest.Transport {
	return func(r *http.Request) (*http.Response, error) {
		return clienttest.Answer(r, status, contentType, body), nil
	}
}

// look asks about an object that is answered with a report of the given attributes.
func look(t *testing.T, object indicator.Object, attributes string, changes ...func(*virustotal.Config)) verdict.Verdict {
	t.Helper()
	client := newClient(t, answers(http.StatusOK, "application/json", `{"data":{"attributes":`+attributes+`}}`), changes...)
	v, err := client.Look(t.Context(), object)
	if err != nil {
		t.Fatalf("Look(%v) answered %s: %v", object, attributes, err)
	}
	return v
}

func TestRequests(t *testing.T) {
	cases := map[string]struct {
		object indicator.Object
		want   string
	}{
		"a hash":           {emptySHA1(), "/api/v3/files/da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		"a hash in caps":   {indicator.Object{Kind: indicator.File, Value: strings.ToUpper(emptyMD5().Value)}, "/api/v3/files/" + emptyMD5().Value},
		"a URL":            {lureURL(), "/api/v3/urls/aHR0cDovL2x1cmUuZXhhbXBsZS5jb20vP2E9MSZiPX5-"},
		"a name":           {lureDomain(), "/api/v3/domains/lure.example.com"},
		"a name to escape": {indicator.Object{Kind: indicator.Domain, Value: "a?b#c%64.test"}, "/api/v3/domains/a%3Fb%23c%2564.test"},
		"an IPv4 address":  {address(), "/api/v3/ip_addresses/203.0.113.7"},
		"an IPv6 address":  {indicator.Object{Kind: indicator.IP, Value: "2001:db8::1"}, "/api/v3/ip_addresses/2001:db8::1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				got = append(got, r.Method+" "+r.URL.String())
				return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":{"attributes":{}}}`), nil
			}))
			if _, err := client.Look(t.Context(), c.object); err != nil {
				t.Fatalf("Look(%v): %v", c.object, err)
			}
			if want := "GET https://www.virustotal.com" + c.want; len(got) != 1 || got[0] != want {
				t.Errorf("Look(%v) sent %q, want %q", c.object, got, want)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	want := map[string]string{
		"X-Apikey": key, "X-Tool": "vtq/1.0", "User-Agent": "vtq/1.0; gzip", "Accept-Encoding": "gzip", "Accept": "application/json",
	}
	client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		for name, value := range want {
			if got := r.Header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		}
		return clienttest.Answer(r, http.StatusOK, "application/json", `{"data":{"attributes":{}}}`), nil
	}))
	if _, err := client.Look(t.Context(), address()); err != nil {
		t.Fatalf("Look: %v", err)
	}
}

func TestBaseURLWithAPath(t *testing.T) {
	var got string
	client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		got = r.URL.String()
		return clienttest.Answer(r, http.StatusServiceUnavailable, "", ""), nil
	}), func(c *virustotal.Config) { c.BaseURL = "http://gateway.test:8080/a%2Fb/api/v3/" })
	_, err := client.Look(t.Context(), emptyMD5())
	if want := "http://gateway.test:8080/a%2Fb/api/v3/files/" + emptyMD5().Value; got != want {
		t.Errorf("sent to %s, want %s", got, want)
	}
	want := "looking up a file: GET gateway.test:8080/a/b/api/v3/files/{id}: status 503 (Service Unavailable)"
	if err == nil || err.Error() != want {
		t.Errorf("Look: %v, want %s", err, want)
	}
}

// TestSizes walks the edge of MaxBody, unpacked: package rest walks the others.
func TestSizes(t *testing.T) {
	const frame = `{"data":{"attributes":{}}}`
	for over, want := range map[int]fault.Kind{0: fault.Unknown, 1: fault.Permanent} {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = io.WriteString(w, frame+strings.Repeat(" ", virustotal.MaxBody-len(frame)+over))
		_ = w.Close()
		client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			answer := clienttest.Answer(r, http.StatusOK, "application/json", packed.String())
			answer.Header.Set("Content-Encoding", "gzip")
			return answer, nil
		}))
		if _, err := client.Look(t.Context(), lureURL()); fault.KindOf(err) != want || (err != nil) != (over > 0) {
			t.Errorf("an answer of MaxBody+%d bytes: %v (%v), want %v", over, err, fault.KindOf(err), want)
		}
	}
}

func TestConfigPrintsWithoutItsKey(t *testing.T) {
	config := virustotal.Config{APIKey: key, Provider: "virustotal"}
	client := newClient(t, answers(http.StatusOK, "", ""))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{config, &config, []any{config}, struct{ C virustotal.Config }{config}, client, *client} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, key) || strings.Contains(got, fmt.Sprintf("%x", key)) {
				t.Errorf("%s of %T prints the key: %s", verb, value, got)
			}
		}
	}
	if got := fmt.Sprint(config); got != "virustotal.Config{Provider: virustotal, APIKey: [redacted]}" {
		t.Errorf("a config prints as %s", got)
	}
}
