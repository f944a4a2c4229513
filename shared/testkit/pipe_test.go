package testkit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/testkit"
)

// slow answers each request with its path, an hour later.
func slow(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(time.Hour):
		_, _ = io.WriteString(w, r.URL.Path)
	case <-r.Context().Done():
	}
}

func get(ctx context.Context, transport http.RoundTripper, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := testkit.Serve(t, http.HandlerFunc(slow))
		defer stop()
		for _, host := range []string{"a.example", "b.example:8080"} {
			began := time.Now()
			got, err := get(t.Context(), transport, "http://"+host+"/path")
			if err != nil || got != "/path" || time.Since(began) != time.Hour {
				t.Errorf("GET from %s = %q, %v after %v, want the path after an hour", host, got, err, time.Since(began))
			}
		}
	})
}

func TestServeHearsTheEndOfAContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := testkit.Serve(t, http.HandlerFunc(slow))
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := get(ctx, transport, "http://a.example/"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("GET = %v, want the end of its context", err)
		}
	})
}

// TestServeStops relies on synctest to fail when a goroutine is left.
func TestServeStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := testkit.Serve(t, http.HandlerFunc(slow))
		if _, err := get(t.Context(), transport, "http://a.example/"); err != nil {
			t.Fatal(err)
		}
		stop()
		stop()
		if _, err := get(t.Context(), transport, "http://a.example/"); err == nil {
			t.Error("GET after stop succeeds")
		}
	})
}
