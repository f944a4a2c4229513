package vtq_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
)

// A malady is what is wrong with ThreatQ, and what comes of it.
type malady struct {
	fault func(*patient, *http.Request) *tqsim.Fault // Nil for a request with which nothing is wrong.
	early bool                                       // It is so from the beginning; else from the second write on.
	heals time.Duration                              // After so long; 0 where it stays as it is.

	refused int    // Write requests in vain that each of the others may cost.
	letter  string // How the reason of the only dead letter begins; empty where there is none.
	tries   int    // Write requests on the bad one, where there is a letter; 0 where that is not the matter.
	apart   bool   // And one more for each of its rows, to find which of them is refused.
	lacks   string // The row that the bad one lacks; every row where it is empty and there is a letter.
}

// maladies are what ThreatQ does to a pipeline, from the outage of everything to the refusal of one row.
func maladies() map[string]malady {
	const hour, minutes = time.Hour, 10 * time.Minute
	return map[string]malady{
		"down for an hour":               {fault: everything(tqsim.CutConnection()), heals: hour, refused: 1},
		"down from the beginning":        {fault: everything(tqsim.CutConnection()), early: true, heals: hour},
		"in maintenance":                 {fault: everything(tqsim.ServiceUnavailableHTML()), heals: hour, refused: 1},
		"slow":                           {fault: everything(&tqsim.Fault{Stall: 30 * time.Second})},
		"throttling, and says how long":  {fault: everything(tqsim.TooManyRequests(2 * time.Minute)), heals: minutes, refused: 1},
		"throttling, and does not say":   {fault: everything(tqsim.TooManyRequests(0)), heals: minutes, refused: 1},
		"throttling, and waits are long": {fault: everything(&tqsim.Fault{Status: http.StatusServiceUnavailable, RetryAfter: minutes}), heals: minutes, refused: 1},
		"answering with a page":          {fault: everything(tqsim.OKHTML()), heals: minutes, refused: 1},
		"answers end in the middle":      {fault: everything(tqsim.Truncated(10)), heals: minutes},
		"each write is cut off once":     {fault: firstWrites(tqsim.Truncated(10))},
		"the session ends in the middle": {fault: endOfSession, refused: 1},
		"refusing every session":         {fault: everything(tqsim.Unauthorized()), heals: hour, refused: 1},
		"refusing the credentials":       {fault: logins, heals: hour, refused: 1},
		"failing on one":                 {fault: writesOf(tqsim.InternalError()), letter: "tried 20 times, at last: ", tries: stream.MaxAttempts},
		"refusing one with 200":          {fault: writesOf(tqsim.OKWithErrors()), letter: "First Error", tries: 1, apart: true},
		"refusing one row with 200":      {fault: rowOf("VirusTotal Tags", tqsim.OKWithErrors()), letter: "First Error", lacks: "VirusTotal Tags"},
	}
}

func everything(fault *tqsim.Fault) func(*patient, *http.Request) *tqsim.Fault {
	return func(*patient, *http.Request) *tqsim.Fault { return fault }
}

// firstWrites has something wrong with the first write on each.
func firstWrites(fault *tqsim.Fault) func(*patient, *http.Request) *tqsim.Fault {
	return func(p *patient, r *http.Request) *tqsim.Fault {
		if !written(r) || p.requests[indicatorOf(r)] > 1 {
			return nil
		}
		return fault
	}
}

// endOfSession has every session end at once, as when ThreatQ starts anew.
func endOfSession(p *patient, r *http.Request) *tqsim.Fault {
	if written(r) && p.revoked == "" {
		p.tq.Revoke()
		p.revoked = r.Header.Get("Authorization")
	}
	return nil
}

// logins has no session go on, and none begin.
func logins(_ *patient, r *http.Request) *tqsim.Fault {
	if r.Pattern == tqsim.EndpointToken {
		return &tqsim.Fault{Status: http.StatusBadRequest, Body: `{"error":"invalid_credentials"}`}
	}
	return tqsim.Unauthorized()
}

// writesOf has something wrong with the writes on the bad one.
func writesOf(fault *tqsim.Fault) func(*patient, *http.Request) *tqsim.Fault {
	return func(p *patient, r *http.Request) *tqsim.Fault {
		if !written(r) || indicatorOf(r) != p.bad() {
			return nil
		}
		return fault
	}
}

// rowOf has something wrong with one row of the bad one.
func rowOf(name string, fault *tqsim.Fault) func(*patient, *http.Request) *tqsim.Fault {
	return func(p *patient, r *http.Request) *tqsim.Fault {
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Contains(body, []byte(name)) {
			return nil
		}
		return writesOf(fault)(p, r)
	}
}

// TestWhateverAilsThreatQ ends in the right rows and the right dead letters, and touches nobody else's.
func TestWhateverAilsThreatQ(t *testing.T) {
	var want map[int64]map[string]int
	inWard(t, malady{}, func(p *patient) {
		p.treat()
		want = p.rows()
	})
	for name, c := range maladies() {
		t.Run(name, func(t *testing.T) {
			inWard(t, c, func(p *patient) {
				p.treat()
				got := p.rows()
				switch {
				case c.lacks != "":
					lacking(t, want[p.bad()], got[p.bad()], c.lacks)
					got[p.bad()] = want[p.bad()]
				case c.letter != "" && len(got[p.bad()]) > 0:
					t.Errorf("the bad indicator bears %v, want nothing", got[p.bad()])
				case c.letter != "":
					got[p.bad()] = want[p.bad()]
				}
				for _, id := range p.ids {
					if diff := cmp.Diff(want[id], got[id]); diff != "" {
						t.Errorf("rows of indicator %d (-healthy +got):\n%s", id, diff)
					}
				}
				p.lettersAre(c)
				p.wroteOnce(c, len(want[p.bad()]))
			})
		})
	}
}

// lacking checks that one row is missing, and no other.
func lacking(t *testing.T, want, got map[string]int, name string) {
	t.Helper()
	for r := range want {
		if missing := got[r] == 0; missing != strings.HasPrefix(r, name+"=") {
			t.Errorf("row %q of the bad indicator is missing: %t", r, missing)
		}
	}
	if len(got) != len(want)-1 {
		t.Errorf("the bad indicator bears %d rows, want %d", len(got), len(want)-1)
	}
}
