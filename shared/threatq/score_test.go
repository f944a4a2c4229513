package threatq_test

import (
	"net/http"
	"testing"

	"vtq.internal/shared/fault"
	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

func TestScoreIsReadAndSet(t *testing.T) {
	sim := &simulator.Server{}
	id := sim.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.example", Score: 4.5})
	client := overSimulator(t, sim)
	read := func() float64 {
		t.Helper()
		got, err := client.Score(t.Context(), id)
		if err != nil || got == nil {
			t.Fatalf("Score = %v, %v", got, err)
		}
		return *got
	}
	if got := read(); got != 4.5 {
		t.Errorf("generated score %v, want 4.5", got)
	}
	for _, points := range []int{0, 2, threatq.MaxScore} {
		if err := client.SetScore(t.Context(), id, points); err != nil {
			t.Errorf("SetScore(%d) = %v", points, err)
		}
		if got := read(); got != float64(points) {
			t.Errorf("score %v after it was set to %d", got, points)
		}
	}
	for _, points := range []int{-1, threatq.MaxScore + 1} {
		if err := client.SetScore(t.Context(), id, points); fault.KindOf(err) != fault.Permanent {
			t.Errorf("SetScore(%d) = %v, want Permanent", points, err)
		}
	}
	sim.DeleteIndicator(id)
	if _, err := client.Score(t.Context(), id); fault.KindOf(err) != fault.Gone {
		t.Errorf("Score of a deleted indicator = %v, want Gone", err)
	}
	if err := client.SetScore(t.Context(), id, 5); fault.KindOf(err) != fault.Gone {
		t.Errorf("SetScore of a deleted indicator = %v, want Gone", err)
	}
}

func TestScoreWithoutRelations(t *testing.T) {
	broken := canned{status: http.StatusInternalServerError, body: `{}`}
	client, _ := scripted(t, map[string][]canned{
		"GET /api/indicators/1": {broken, {body: `{"data":{"id":1,"value":"a","score":"6.00"}}`}},
		"GET /api/indicators/2": says(`{"data":{"id":2,"value":"b"}}`),
	})
	if got, err := client.Score(t.Context(), 1); err != nil || got == nil || *got != 6 {
		t.Errorf("Score without relations = %v, %v; want 6", got, err)
	}
	if got, err := client.Score(t.Context(), 2); err != nil || got != nil {
		t.Errorf("Score that is not told = %v, %v; want none", got, err)
	}
}

func TestSetScoreOnWhatIsHidden(t *testing.T) {
	client, _ := scripted(t, map[string][]canned{"PUT /api/indicator/1/scores": says(`{}`)})
	if err := client.SetScore(t.Context(), 1, 5); !isHidden(err) {
		t.Errorf("SetScore = %v, want ErrHidden", err)
	}
}
