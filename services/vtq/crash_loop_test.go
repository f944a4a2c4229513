package vtq_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
)

// attributesOf is the path under which the attributes of an indicator are written.
func attributesOf(id int64) string { return fmt.Sprintf("/indicators/%d/attributes", id) }

// TestACrashLoopEnds has a message kill whoever works on it, in the middle of its request: it comes again after AckWait, and ends as a
// dead letter, before the work on it begins once more.
func TestACrashLoopEnds(t *testing.T) {
	const poison, quiet = "poison", 20 * time.Minute // Quiet is longer than any wait before a message comes again.
	cases := map[string]struct {
		stage string
		most  int           // Deliveries.
		wait  time.Duration // The longest before it comes again.
		watch func(w *world, id int64, reached func())
	}{
		"a job": {"lookup", stream.MaxAttempts, stream.LookupAckWait + time.Minute, func(w *world, _ int64, reached func()) {
			w.vt.Fail = func(r *http.Request) *vtsim.Fault {
				if strings.Contains(r.URL.Path, hash(poison)) {
					reached()
				}
				return nil
			}
		}},
		// What a killed writer had begun keeps the next one from it for a while: the message is given back, too.
		"a verdict": {"writer", 5 * stream.MaxAttempts, stream.WriterAckWait + 15*time.Minute, func(w *world, id int64, reached func()) {
			w.tq.Fail = func(r *http.Request) *tqsim.Fault {
				if r.Method != http.MethodGet && strings.Contains(r.URL.Path, attributesOf(id)) {
					reached()
					return tqsim.InternalError() // Which its killed worker does not live to hear of.
				}
				return nil
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				file := dataset.Recipe{Kind: indicator.File, Object: hash(poison), Class: verdict.ClassMalicious}
				id := w.add(dataset.Item{Type: "SHA-256", Value: file.Object, Report: dataset.Report(file)})[0]
				at := make(chan struct{}, 1)
				c.watch(w, id, func() {
					select {
					case at <- struct{}{}:
					default: // It is dying of the first.
					}
				})
				deaths := 0
				for alive := true; alive && deaths <= c.most; {
					r := w.start()
					began := time.Now()
					select {
					case <-at:
						r.die()
						if took := time.Since(began); deaths > 0 && took > c.wait {
							t.Errorf("it came again after %v, want it within %v", took, c.wait)
						}
						deaths++
						w.pass(time.Second) // What its requests have left behind ends.
						select {
						case <-at:
						default:
						}
					case <-time.After(quiet):
						alive = false
						r.stop()
					}
				}
				if deaths < 2 || deaths > c.most {
					t.Errorf("it killed %d processes, want at most %d", deaths, c.most)
				}
				letter := w.onlyLetter()
				if letter.Death.Stage != c.stage || letter.Death.Attempts != c.most+1 || letter.Death.Reason != fmt.Sprintf("delivered %d times, at most %d", c.most+1, c.most) {
					t.Errorf("the letter is %+v, want %s to have ended it at delivery %d", letter.Death, c.stage, c.most+1)
				}
			})
		})
	}
}
