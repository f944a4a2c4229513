package rest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"vtq.internal/shared/fault"
)

// Bounds of a transport.
const (
	// DialTimeout bounds reaching a host, name look-up included: three tries of TCP's first packet (1, 3 and 7 s).
	DialTimeout = 10 * time.Second
	// TLSTimeout bounds the handshake, two round trips.
	TLSTimeout = 10 * time.Second
	// DefaultHeaderTimeout bounds the wait for an answer to begin, unless Config says otherwise.
	DefaultHeaderTimeout = 60 * time.Second
	// IdleTimeout ends an unused connection before the server does: nginx, which ThreatQ runs on, closes after 75 s by default. A
	// connection that the server closes at the wrong moment costs a request. It is longer than the minute after which the next
	// requests of a small quota come.
	IdleTimeout = 70 * time.Second
	// MaxIdle bounds the connections kept for reuse: a thousand look-ups a minute at 200 ms use four at once.
	MaxIdle = 16
	// MaxHeader bounds the headers of an answer in bytes: the recorded ones have under 1 KiB.
	MaxHeader = 64 << 10
	// MaxCAFile bounds a file of CA certificates in bytes: the whole bundle of a Linux system has about 220 KiB.
	MaxCAFile = 2 << 20
)

// Config says how a service is reached.
type Config struct {
	// CAFile names a PEM file of certificates to trust beside the system's. Defaults to the system's alone.
	CAFile string
	// Proxy is the proxy to use, with its credentials, as http, https or socks5. Defaults to HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
	Proxy *url.URL
	// HeaderTimeout bounds the wait for an answer to begin. Defaults to DefaultHeaderTimeout.
	HeaderTimeout time.Duration
}

// NewTransport makes the transport of a client. Its errors name the CA file or the proxy setting, never the proxy's credentials.
func NewTransport(config Config) (*http.Transport, error) {
	roots, err := trusted(config.CAFile)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	proxy, err := proxyFunc(config.Proxy)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	timeout := config.HeaderTimeout
	if timeout <= 0 {
		timeout = DefaultHeaderTimeout
	}
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            (&net.Dialer{Timeout: DialTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    TLSTimeout,
		ResponseHeaderTimeout:  timeout,
		IdleConnTimeout:        IdleTimeout,
		MaxIdleConns:           MaxIdle,
		MaxIdleConnsPerHost:    MaxIdle,
		MaxResponseHeaderBytes: MaxHeader,
		DisableCompression:     true,
		Protocols:              &protocols,
	}, nil
}

// trusted is the system's pool with the certificates of a file added; nil, which means the system's, when no file is named.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	from, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // Only read from.
	pem, err := io.ReadAll(io.LimitReader(from, MaxCAFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(pem) > MaxCAFile:
		return nil, fmt.Errorf("%s has more than %d bytes; name a file of CA certificates in PEM form", file, MaxCAFile)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}

func proxyFunc(proxy *url.URL) (func(*http.Request) (*url.URL, error), error) {
	if proxy == nil {
		return http.ProxyFromEnvironment, nil
	}
	switch proxy.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, errors.New("must begin with http://, https:// or socks5://")
	}
	if proxy.Host == "" {
		return nil, errors.New("names no host")
	}
	return http.ProxyURL(proxy), nil
}

// proxyAnswer speaks for net/http, which would return the proxy's own words as the error.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if success(answer.StatusCode) {
		return nil
	}
	kind := fault.Transient
	if Kind(answer.StatusCode) == fault.Denied {
		kind = fault.Denied
	}
	return fault.New(kind, fmt.Errorf("the proxy refused the connection with status %d", answer.StatusCode))
}
