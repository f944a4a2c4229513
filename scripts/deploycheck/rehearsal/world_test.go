package rehearsal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/rehearsal"
	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/simulator/virustotal"
)

func TestItems(t *testing.T) {
	for _, n := range []int{0, 1, dataset.DemoItems, dataset.DemoItems + 7} {
		if got := len(rehearsal.Items(n)); got != n {
			t.Errorf("len(Items(%d)) = %d, want %[1]d", n, got)
		}
	}
	if got := rehearsal.Objects(rehearsal.Items(dataset.DemoItems)); got != dataset.DemoObjects {
		t.Errorf("the items are of %d objects, want all %d", got, dataset.DemoObjects)
	}
	kinds := map[string]bool{}
	for _, item := range rehearsal.Items(20) {
		kinds[item.Type] = true
	}
	if len(kinds) < 5 {
		t.Errorf("the first 20 are of types %v, want them mixed", kinds)
	}
}

func newWorld(t *testing.T, n int) *rehearsal.World {
	t.Helper()
	w, err := rehearsal.NewWorld(rehearsal.Items(n), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// TestUnanswered wants each verdict once.
func TestUnanswered(t *testing.T) {
	w := newWorld(t, 30)
	w.Arrive(20)
	if err := w.Unanswered(); err == nil || !strings.Contains(err.Error(), "20 of 30") {
		t.Errorf("Unanswered() = %v, want to be told who is missing", err)
	}
	w.Arrive(20)
	ours := []threatq.Source{{Name: "VirusTotal"}}
	for i, item := range rehearsal.Items(30) {
		if item.Class != "" {
			w.ThreatQ.AddAttribute(int64(i+1), threatq.Attribute{Name: "VirusTotal Verdict", Value: string(item.Class), Sources: ours})
		}
	}
	if err := w.Unanswered(); err != nil {
		t.Errorf("Unanswered() = %v, want nil", err)
	}
	w.ThreatQ.AddAttribute(1, threatq.Attribute{Name: "VirusTotal Verdict", Value: "Other", Sources: ours})
	if err := w.Unanswered(); err == nil || !strings.Contains(err.Error(), "the verdict on indicator 1 ") {
		t.Errorf("Unanswered() = %v, want the indicator with two", err)
	}
}

// TestLastDeed lets the provider count a request whose answer nobody is given.
func TestLastDeed(t *testing.T) {
	w := newWorld(t, 1)
	life, variable, url, err := w.Desk(t.Context(), "lookup", "lookup-0")
	if err != nil || variable != "VT_BASE_URL" {
		t.Fatalf("Desk() = %s, %v, want VT_BASE_URL", variable, err)
	}
	if got := ask(t.Context(), t, url); got != "404 Not Found" {
		t.Errorf("a request is answered %s, want 404 Not Found", got)
	}
	last := life.Doom()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-last; cancel() }() // Who asks dies.
	if got := ask(ctx, t, url); got != "" {
		t.Errorf("the last request is answered %s, want no answer", got)
	}
	if got := ask(t.Context(), t, url); got != "404 Not Found" {
		t.Errorf("a request of another is answered %s, want 404 Not Found", got)
	}
	if j := w.Calls.Judge(); j.All != 3 || w.VirusTotal.Lookups() != 3 {
		t.Errorf("%d requests were noted and %d counted, want 3", j.All, w.VirusTotal.Lookups())
	}
}

// ask asks about a name that nobody knows, and gives the status; "" without one.
func ask(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/domains/unknown.example.com", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Apikey", virustotal.DefaultKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return ""
	}
	_ = answer.Body.Close()
	return answer.Status
}
