package scaling_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/scripts/deploycheck/scaling"
)

// TestAnswersOfPrometheus are taken as KEDA takes them: a number, nothing for none, or an error.
func TestAnswersOfPrometheus(t *testing.T) {
	const nothing, failure = 1, 0
	result := func(text string) string { return `{"data":{"result":[` + text + `]}}` }
	cases := map[string]struct {
		status int
		body   string
		want   int // Replicas, of one request each.
	}{
		"a number":       {http.StatusOK, result(`{"value":[1,"3"]}`), 3},
		"a fraction":     {http.StatusOK, result(`{"value":[1,"2.1"]}`), 3},
		"a large number": {http.StatusOK, result(`{"value":[1,"1e9"]}`), 4},
		"less than none": {http.StatusOK, result(`{"value":[1,"-5"]}`), nothing},
		"no series":      {http.StatusOK, result(``), nothing},
		"NaN":            {http.StatusOK, result(`{"value":[1,"NaN"]}`), nothing},
		"infinity":       {http.StatusOK, result(`{"value":[1,"+Inf"]}`), nothing},
		"two series":     {http.StatusOK, result(`{"value":[1,"3"]},{"value":[1,"3"]}`), failure},
		"words":          {http.StatusOK, result(`{"value":[1,"three"]}`), failure},
		"no JSON":        {http.StatusOK, `<html>`, failure},
		"an error":       {http.StatusServiceUnavailable, result(`{"value":[1,"3"]}`), failure},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer web.Close()
			o := object(t, "lookup")
			o.Spec.Triggers = []chart.Trigger{{
				Type: "prometheus", Name: "budget",
				Metadata: map[string]string{"serverAddress": web.URL, "query": "budget", "threshold": "1"},
			}}
			o.Spec.Advanced.ScalingModifiers.Formula, o.Spec.Advanced.ScalingModifiers.Target = "budget", "1"
			keda, err := scaling.Admit(o)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := keda.Replicas(t.Context()); got != c.want || (err != nil) != (c.want == failure) {
				t.Errorf("Replicas() = %d, %v of %s; want %d", got, err, c.body, c.want)
			}
		})
	}
}
