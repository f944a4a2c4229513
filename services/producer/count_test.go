package producer_test

import (
	"net/http"
	"testing"

	simulator "vtq.internal/shared/simulator/threatq"
)

// mixed puts three names into ThreatQ that may be asked about, and three that may not.
func (l *lab) mixed() {
	l.add(3)
	l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "printer.local"})
	l.tq.AddIndicator(simulator.Indicator{Type: "CVE", Value: "CVE-2024-12345"})
	l.tq.AddIndicator(simulator.Indicator{Type: "CVE", Value: "CVE-2024-12346"})
}

// notAsked is what the line says of those.
const notAsked = `"internal_name":1`

// TestTheEndOfAWalkSaysWhatItCameTo does so for each walk by itself.
func TestTheEndOfAWalkSaysWhatItCameTo(t *testing.T) {
	inLab(t, func(l *lab) {
		l.mixed()
		r := l.start()
		r.walked(2)
		l.answerAll()
		r.walked(r.Walks() + 1)
		r.stop()
		for _, want := range []string{
			`"walk":"sweep",`, `"published":{"fresh":3},"skipped":{` + notAsked + `,"unsupported_type":2}`,
			`"published":{},"skipped":{` + notAsked + `,"pending":3,"unsupported_type":2}`,
			`"published":{},"skipped":{"fresh":3,` + notAsked + `,"unsupported_type":2}`,
		} {
			if l.logs.count("walk finished", want) == 0 {
				l.Errorf("no walk says %s; the log says:\n%s", want, l.logs.text())
			}
		}
	})
}

// TestAPageThatIsDoneAgainCountsOnce has a walk that begins again behind its first page.
func TestAPageThatIsDoneAgainCountsOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.PageSize = 2
		l.mixed()
		l.onPage(func(n int, _ string, _ *http.Request) *simulator.Fault {
			if n == 3 {
				return &simulator.Fault{Status: http.StatusBadRequest, Body: `{"errors":["unable to parse cursorMark"]}`}
			}
			return nil
		})
		r := l.start()
		r.walked(1)
		r.stop()
		if want := `"skipped":{` + notAsked + `,"pending":`; l.logs.count(`"walk":"sweep"`, want, `"unsupported_type":2}`) != 1 {
			l.Errorf("the sweep does not say %s and so on; the log says:\n%s", want, l.logs.text())
		}
	})
}
