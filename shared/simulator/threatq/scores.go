package threatq

import (
	"encoding/json"
	"net/http"
)

// maxScore ends the scale that the user interface names. Generated scores may sum up to more.
const maxScore = 10

// putScore sets the manual score, in the body or as a parameter; null returns to the generated one.
func (c *call) putScore() reply {
	rec := c.s.store.edit(c.number("id"), c.now)
	if rec == nil {
		return missing()
	}
	raw, err := c.manualScore()
	if err != nil {
		return refuse(err)
	}
	var manual *int
	if json.Unmarshal(raw, &manual) != nil || (manual != nil && (*manual < 0 || *manual > maxScore)) {
		return refuse(wrong("manual_score"))
	}
	rec.manual = manual
	c.s.store.commit(rec, c.now)
	return data(http.StatusOK, rec.scores())
}

// manualScore finds the score where one of the vendor's connectors (query) or the others (body) put it.
func (c *call) manualScore() (json.RawMessage, error) {
	if q := c.r.URL.Query(); q.Has("manual_score") {
		return json.RawMessage(q.Get("manual_score")), nil
	}
	var body map[string]json.RawMessage
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	raw, ok := body["manual_score"]
	if !ok {
		return nil, required("manual_score")
	}
	return raw, nil
}
