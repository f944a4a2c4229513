package threatq

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"vtq.internal/shared/fault"
)

// MaxScore is the top of ThreatQ's scale, which begins at 0. Sums inside of ThreatQ may exceed it; its clients clamp them.
const MaxScore = 10

// score is a bare number (search index) or an object with its two parts (relational).
type score struct {
	bare, manual, generated decimal
}

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (s *score) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return s.bare.UnmarshalJSON(b)
	}
	var w struct {
		Manual    decimal `json:"manual_score"`
		Generated decimal `json:"generated_score"`
	}
	_ = json.Unmarshal(b, &w) // Both read anything.
	s.manual, s.generated = w.Manual, w.Generated
	return nil
}

// effective is the score that counts. One set by hand overrides the generated one, whether it is higher or not (the vendor's help
// centre; an older client took the higher of the two).
func (w wireRecord) effective() *float64 {
	for _, d := range []decimal{w.Score.manual, w.Manual, w.Score.bare, w.Score.generated, w.Generated} {
		if d.value != nil {
			clamped := min(max(*d.value, 0), MaxScore)
			return &clamped
		}
	}
	return nil
}

// Score reads the score that counts, from 0 to MaxScore: set by hand if there is such, else generated, with its fraction; nil when
// ThreatQ tells none. An indicator that is not there is of kind Gone.
func (c *Client) Score(ctx context.Context, id int64) (*float64, error) {
	w, err := c.relational(ctx, id, "score")
	if unsupported(err) {
		w, err = c.relational(ctx, id, "")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the score of indicator %d: %w", id, err)
	}
	return w.effective(), nil
}

// SetScore sets the score by hand, from 0 to MaxScore. That overrides, and freezes, what ThreatQ's own policy generates.
func (c *Client) SetScore(ctx context.Context, id int64, points int) error {
	if points < 0 || points > MaxScore {
		return fault.New(fault.Permanent, fmt.Errorf("setting the score of indicator %d: %d is not from 0 to %d", id, points, MaxScore))
	}
	var answer envelope[json.RawMessage]
	err := c.do(ctx, call{
		method: http.MethodPut, endpoint: "/api/indicator/{id}/scores", path: fmt.Sprintf("/api/indicator/%d/scores", id),
		body: map[string]int{"manual_score": points}, gone: true,
	}, &answer)
	if err == nil && !answer.Data.present {
		err = errHidden("scores")
	}
	if err != nil {
		return fmt.Errorf("setting the score of indicator %d: %w", id, err)
	}
	return nil
}
