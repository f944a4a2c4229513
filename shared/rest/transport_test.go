package rest_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/testkit/clienttest"
)

// secure starts an HTTPS server and returns it with a file that holds its certificate.
func secure(t *testing.T, config *tls.Config) (server *httptest.Server, caFile string) {
	t.Helper()
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.TLS = config
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, write(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func ask(t *testing.T, target string, config rest.Config) (rest.Response, error) {
	t.Helper()
	request := get(1 << 10)
	var err error
	if request.URL, err = url.Parse(target); err != nil {
		t.Fatal(err)
	}
	return rest.Client{Transport: newTransport(t, config)}.Do(t.Context(), request)
}

func TestCAFileIsTrusted(t *testing.T) {
	server, caFile := secure(t, nil)
	got, err := ask(t, server.URL, rest.Config{CAFile: caFile})
	if err != nil {
		t.Fatalf("Do: %v", err)
	}
	if string(got.Body) != "HTTP/1.1" {
		t.Errorf("spoke %s to a server that offers HTTP/2, want HTTP/1.1", got.Body)
	}
}

func TestTLSFailures(t *testing.T) {
	modern, caFile := secure(t, nil)
	old, oldFile := secure(t, &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	cases := map[string]struct{ target, caFile, want string }{
		"an unknown authority": {modern.URL, "", "verifying the server's certificate: signed by an authority that neither the system nor the CA file knows"},
		"another host":         {strings.Replace(modern.URL, "127.0.0.1", "localhost", 1), caFile, "verifying the server's certificate: issued for another host"},
		"an old protocol":      {old.URL, oldFile, "remote error: tls: protocol version not supported"},
		"no TLS at all":        {strings.Replace(plain.URL, "http:", "https:", 1), "", "the server does not speak TLS on this port"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ask(t, c.target, rest.Config{CAFile: c.caFile})
			if err == nil || fault.KindOf(err) != fault.Transient || !strings.HasSuffix(err.Error(), ": "+c.want) {
				t.Errorf("Do = %v: %v, want transient: %s", fault.KindOf(err), err, c.want)
			}
		})
	}
}

func TestBadCAFiles(t *testing.T) {
	cases := map[string]struct{ file, want string }{
		"missing":     {filepath.Join(t.TempDir(), "none.pem"), "no such file"},
		"a folder":    {t.TempDir(), "is a directory"},
		"empty":       {write(t, nil), "holds no certificate in PEM form"},
		"no PEM":      {write(t, []byte("hello")), "holds no certificate in PEM form"},
		"at the edge": {write(t, make([]byte, rest.MaxCAFile)), "holds no certificate in PEM form"},
		"too large":   {write(t, make([]byte, rest.MaxCAFile+1)), "has more than 2097152 bytes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := rest.NewTransport(rest.Config{CAFile: c.file})
			if err == nil || !strings.HasPrefix(err.Error(), "CA file: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("NewTransport = %v, want CA file: ... %s", err, c.want)
			}
		})
	}
}

func TestProxy(t *testing.T) {
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.RequestURI)
		if r.Header.Get("Proxy-Authorization") == "" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer proxy.Close()
	anonymous, _ := url.Parse(proxy.URL)
	known := *anonymous
	known.User = url.UserPassword("me", "SECRET")

	if _, err := ask(t, "http://service.test/x", rest.Config{Proxy: &known}); err != nil {
		t.Errorf("over the proxy: %v", err)
	}
	if len(seen) != 1 || seen[0] != "GET http://service.test/x" {
		t.Errorf("the proxy saw %q", seen)
	}
	for proxy, want := range map[*url.URL]fault.Kind{anonymous: fault.Denied, &known: fault.Transient} {
		_, err := ask(t, "https://service.test/x", rest.Config{Proxy: proxy})
		if fault.KindOf(err) != want || !strings.Contains(err.Error(), "the proxy refused the connection with status") {
			t.Errorf("CONNECT: %v (%v), want %v", err, fault.KindOf(err), want)
		}
		clienttest.AssertNoLeak(t, err, "SECRET")
	}
}

func TestBadProxies(t *testing.T) {
	for text, want := range map[string]string{
		"ftp://me:SECRET@proxy.test": "proxy: must begin with http://, https:// or socks5://",
		"http:///SECRET":             "proxy: names no host",
	} {
		proxy, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := rest.NewTransport(rest.Config{Proxy: proxy}); err == nil || err.Error() != want {
			t.Errorf("NewTransport(%q) = %v, want %s", text, err, want)
		}
	}
}
