package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vtq.internal/shared/admin"
)

// get asks a board, and gives code and body.
func get(t *testing.T, b *admin.Board, path string) (code int, body string) {
	t.Helper()
	return ask(t, b, http.MethodGet, path)
}

func ask(t *testing.T, b *admin.Board, method, path string) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	return w.Code, w.Body.String()
}

// holds compares what probes say with lines of the form "/path: code reason, reason".
func holds(t *testing.T, b *admin.Board, when string, want ...string) {
	t.Helper()
	for _, line := range want {
		path, says, _ := strings.Cut(line, ": ")
		code, body := get(t, b, path)
		got := http.StatusText(code)
		if lines := strings.TrimSpace(body); code != http.StatusOK {
			got = strings.ReplaceAll(lines, "\n", ", ")
		}
		if got != says {
			t.Errorf("%s %s says %q, want %q", when, path, got, says)
		}
	}
}

// status reads /status.
func status(t *testing.T, b *admin.Board) map[string]any {
	t.Helper()
	code, body := get(t, b, "/status")
	var told map[string]any
	if err := json.Unmarshal([]byte(body), &told); err != nil || code != http.StatusOK {
		t.Fatalf("/status answers %d, %v:\n%s", code, err, body)
	}
	return told
}

// part of a status, as JSON.
func part(t *testing.T, b *admin.Board, key string) string {
	t.Helper()
	text, err := json.Marshal(status(t, b)[key])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
