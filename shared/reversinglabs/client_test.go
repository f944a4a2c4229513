package reversinglabs_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/reversinglabs"
	"vtq.internal/shared/testkit/clienttest"
)

const (
	user     = "u/someone/secret-user"
	password = "s3cr3t p4ssw0rd: with/everything+in~it"
	jsonType = "application/json; charset=utf-8"
)

// The hashes of one file, the empty one, and of another.
const (
	md5    = "d41d8cd98f00b204e9800998ecf8427e"
	sha1   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	other  = "21841b32c6165b27dddbd4d6eb3a672defe54271"
)

func file(hash string) indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: hash}
}

func files(hashes ...string) []indicator.Object {
	all := make([]indicator.Object, 0, len(hashes))
	for _, hash := range hashes {
		all = append(all, file(hash))
	}
	return all
}

// numbered is a SHA-1 of its own for each n.
func numbered(n int) string { return fmt.Sprintf("%040x", n) }

func newClient(t *testing.T, transport http.RoundTripper, changes ...func(*reversinglabs.Config)) *reversinglabs.Client {
	t.Helper()
	config := reversinglabs.Config{User: user, Password: password, Tool: "vtq/1.0", Transport: transport}
	for _, change := range changes {
		change(&config)
	}
	client, err := reversinglabs.New(config)
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

// untouched is a transport that nothing may reach.
func untouched(t *testing.T) clienttest.Transport {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		t.Errorf("a request was spent: %s", r.URL)
		return clienttest.Answer(r, http.StatusNotFound, "", ""), nil
	}
}

// A sent request is what reached the wire.
type sent struct {
	line, body string
	header     http.Header
}

// keep is a transport that keeps what it was sent, and answers with a body.
func keep(t *testing.T, into *[]sent, body string) clienttest.Transport {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		*into = append(*into, sent{r.Method + " " + r.URL.String(), string(content), r.Header})
		return clienttest.Answer(r, http.StatusOK, jsonType, body), nil
	}
}

func TestRequests(t *testing.T) {
	t.Run("one", func(t *testing.T) {
		for typ, hash := range map[string]string{"md5": md5, "sha1": sha1, "sha256": sha256} {
			var got []sent
			if _, err := newClient(t, keep(t, &got, `{"rl":{"sample":{}}}`)).Look(t.Context(), file(strings.ToUpper(hash))); err != nil {
				t.Fatalf("Look: %v", err)
			}
			want := "GET https://data.reversinglabs.com/api/xref/v2/query/" + typ + "/" + hash + "?format=json&history=false"
			if len(got) != 1 || got[0].line != want || got[0].body != "" {
				t.Errorf("Look sent %q, want %q", got, want)
			}
		}
	})
	t.Run("many", func(t *testing.T) {
		var got []sent
		client := newClient(t, keep(t, &got, `{"rl":{"samples":[]}}`), func(c *reversinglabs.Config) { c.BaseURL = "http://gateway.test:8080/rl/" })
		if _, err := client.LookMany(t.Context(), files(sha1, strings.ToUpper(other), sha1, "no hash")); err != nil {
			t.Fatalf("LookMany: %v", err)
		}
		const line = "POST http://gateway.test:8080/rl/api/xref/v2/bulk_query/json?format=json&history=false"
		const body = `{"rl":{"query":{"hash_type":"sha1","hashes":["` + sha1 + `","` + other + `"]}}}`
		if len(got) != 1 || got[0].line != line || got[0].body != body || got[0].header.Get("Content-Type") != "application/json" {
			t.Errorf("LookMany sent %q, want %q with %s", got, line, body)
		}
	})
}

func TestHeaders(t *testing.T) {
	want := http.Header{
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))},
		"User-Agent":    {"vtq/1.0"}, "Accept": {"application/json"}, "Accept-Encoding": {"gzip"},
	}
	var got []sent
	if _, err := newClient(t, keep(t, &got, `{"rl":{"sample":{}}}`)).Look(t.Context(), file(md5)); err != nil {
		t.Fatalf("Look: %v", err)
	}
	if diff := cmp.Diff(want, got[0].header); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

// TestSizes walks the edges of both bounds, unpacked.
func TestSizes(t *testing.T) {
	cases := map[string]struct {
		frame string
		limit int
		do    func(*reversinglabs.Client) error
	}{
		"one": {`{"rl":{"sample":{}}}`, reversinglabs.MaxOne, func(c *reversinglabs.Client) error {
			_, err := c.Look(t.Context(), file(md5))
			return err
		}},
		"many": {`{"rl":{"samples":[]}}`, reversinglabs.MaxMany, func(c *reversinglabs.Client) error {
			_, err := c.LookMany(t.Context(), files(md5))
			return err
		}},
	}
	for name, c := range cases {
		for over, want := range map[int]fault.Kind{0: fault.Unknown, 1: fault.Permanent} {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = io.WriteString(w, c.frame+strings.Repeat(" ", c.limit-len(c.frame)+over))
			_ = w.Close()
			err := c.do(newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
				answer := clienttest.Answer(r, http.StatusOK, jsonType, packed.String())
				answer.Header.Set("Content-Encoding", "gzip")
				return answer, nil
			})))
			if fault.KindOf(err) != want || (err != nil) != (over > 0) {
				t.Errorf("%s: an answer of %d bytes above the limit: %v (%v), want %v", name, over, err, fault.KindOf(err), want)
			}
		}
	}
}

func TestNothingPrintsTheCredentials(t *testing.T) {
	config := reversinglabs.Config{User: user, Password: password, Provider: "reversinglabs"}
	client := newClient(t, answers(http.StatusOK, "", ""))
	login := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{config, &config, []any{config}, struct{ C reversinglabs.Config }{config}, client, *client} {
			got := fmt.Sprintf(verb, value)
			for _, secret := range []string{user, password, login} {
				if strings.Contains(got, secret) || strings.Contains(got, fmt.Sprintf("%x", secret)) {
					t.Errorf("%s of %T prints %s: %s", verb, value, secret, got)
				}
			}
		}
	}
	if got := fmt.Sprint(config); got != "reversinglabs.Config{Provider: reversinglabs, User, Password: [redacted]}" {
		t.Errorf("a config prints as %s", got)
	}
}
