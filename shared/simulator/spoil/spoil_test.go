package spoil_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/spoil"
)

func honest() spoil.Answer {
	return spoil.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"data":1}`)}
}

func TestSpoil(t *testing.T) {
	plain := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	for name, c := range map[string]struct {
		fault *spoil.Fault
		want  spoil.Answer
	}{
		"nothing":        {&spoil.Fault{}, honest()},
		"a status":       {&spoil.Fault{Status: 503}, spoil.Answer{Status: 503, Header: honest().Header, Body: honest().Body}},
		"empty":          {spoil.Empty(), spoil.Answer{Status: 200, Header: honest().Header, Body: []byte{}}},
		"half":           {spoil.Truncated(), spoil.Answer{Status: 200, Header: honest().Header, Body: []byte(`{"dat`)}},
		"half of none":   {&spoil.Fault{Body: []byte{}, Truncate: true}, spoil.Answer{Status: 200, Header: honest().Header, Body: []byte{}}},
		"another type":   {spoil.WrongContentType(), spoil.Answer{Status: 200, Header: plain, Body: honest().Body}},
		"slow is honest": {spoil.SlowBody(time.Second), honest()},
	} {
		t.Run(name, func(t *testing.T) {
			before := honest()
			if diff := cmp.Diff(c.want, c.fault.Spoil(before)); diff != "" {
				t.Errorf("Spoil() differs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(honest(), before); diff != "" {
				t.Errorf("the honest answer was changed (-want +got):\n%s", diff)
			}
		})
	}
	if bare := (&spoil.Fault{}).Spoil(spoil.Answer{}); bare.Header == nil {
		t.Error("Spoil() of an answer without headers has none to set")
	}
}

func TestCuts(t *testing.T) {
	var none *spoil.Fault
	if none.Cuts() || spoil.Empty().Cuts() || !spoil.ConnectionReset().Cuts() {
		t.Errorf("Cuts() = %t, %t, %t, want it of the reset alone", none.Cuts(), spoil.Empty().Cuts(), spoil.ConnectionReset().Cuts())
	}
}

func TestSend(t *testing.T) {
	for name, c := range map[string]struct {
		fault *spoil.Fault
		body  string
		takes time.Duration
	}{
		"at once": {&spoil.Fault{}, `{"data":1}`, 0},
		"slow":    {spoil.SlowBody(10 * time.Second), `{"data":1}`, 10 * time.Second},
		"huge":    {spoil.HugeBody(100_000), strings.Repeat(" ", 100_000) + `{"data":1}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, began := httptest.NewRecorder(), time.Now()
				c.fault.Send(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), honest())
				if took := time.Since(began); took != c.takes {
					t.Errorf("Send() took %v, want %v", took, c.takes)
				}
				if got := w.Body.String(); got != c.body {
					t.Errorf("Send() wrote %d bytes, want %d", len(got), len(c.body))
				}
			})
		})
	}
}
