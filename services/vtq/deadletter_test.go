package vtq_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/deadletter"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
	"vtq.internal/shared/verdict"
)

// letters works on the dead letters of a world.
func (w *world) letters(work func(*deadletter.Box)) {
	w.t.Helper()
	nc := w.server.Connect()
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		w.t.Fatalf("opening JetStream: %v", err)
	}
	box, err := deadletter.Open(context.Background(), js)
	if err != nil {
		w.t.Fatal(err)
	}
	work(box)
}

// onlyLetter reads the only dead letter that there is.
func (w *world) onlyLetter() (only deadletter.Letter) {
	w.t.Helper()
	w.letters(func(box *deadletter.Box) {
		n := 0
		for letter, err := range box.List(context.Background(), deadletter.Filter{}) {
			if err != nil {
				w.t.Fatal(err)
			}
			only = letter
			n++
		}
		if n != 1 {
			w.t.Fatalf("%d dead letters, want 1: %q", n, w.deadLetters())
		}
	})
	return only
}

// redrive redrives everything, beside the pipeline.
func (w *world) redrive(want ...deadletter.Fate) {
	w.t.Helper()
	w.letters(func(box *deadletter.Box) {
		var fates []deadletter.Fate
		err := box.Redrive(context.Background(), deadletter.Filter{}, func(_ deadletter.Letter, fate deadletter.Fate) { fates = append(fates, fate) })
		if diff := cmp.Diff(want, fates); err != nil || diff != "" {
			w.t.Errorf("Redrive = %v, fates (-want +got):\n%s", err, diff)
		}
	})
}

// TestAPoisonousItemIsRedrivenOnceItIsMended has each stage meet an item that the other side calls bad. It dies, dies again when it is
// redriven too early, and ends as if nothing had happened. Its neighbours never notice.
func TestAPoisonousItemIsRedrivenOnceItIsMended(t *testing.T) {
	cases := map[string]struct {
		stage  string
		poison func(w *world, id int64, object string, mended *atomic.Bool)
	}{
		"at the provider": {"lookup", func(w *world, _ int64, object string, mended *atomic.Bool) {
			w.vt.Fail = func(r *http.Request) *vtsim.Fault {
				if mended.Load() || !strings.Contains(r.URL.Path, object) {
					return nil
				}
				return vtsim.ErrorBody(http.StatusBadRequest, "InvalidArgumentError", "poison")
			}
		}},
		"at ThreatQ": {"writer", func(w *world, id int64, _ string, mended *atomic.Bool) {
			written := attributesOf(id)
			w.tq.Fail = func(r *http.Request) *tqsim.Fault {
				if mended.Load() || r.Method == http.MethodGet || !strings.Contains(r.URL.Path, written) {
					return nil
				}
				return &tqsim.Fault{Status: http.StatusBadRequest, Body: `{"errors":["poison"]}`}
			}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				bad := dataset.Recipe{Kind: indicator.File, Object: hash("poison"), Class: verdict.ClassMalicious}
				good := dataset.Recipe{Kind: indicator.File, Object: hash("neighbour"), Class: verdict.ClassMalicious}
				ids := w.add(
					dataset.Item{Type: "SHA-256", Value: bad.Object, Report: dataset.Report(bad)},
					dataset.Item{Type: "SHA-256", Value: good.Object, Report: dataset.Report(good)},
				)
				var mended atomic.Bool
				c.poison(w, ids[0], bad.Object, &mended)
				r := w.start()
				r.settle(1)
				letter := w.onlyLetter()
				if death := letter.Death; death.Stage != c.stage || death.Kind != "permanent" || letter.History.Redriven != 0 ||
					!strings.Contains(death.Reason, "status 400") {
					t.Errorf("the letter is %+v with history %+v", letter.Death, letter.History)
				}

				w.redrive(deadletter.Redriven) // Too early.
				w.pass(time.Minute)
				again := w.onlyLetter()
				if h := again.History; h.Redriven != 1 || len(h.Deaths) != 1 || !strings.Contains(h.Deaths[0], c.stage+" permanent after 1: ") || again.ID == letter.ID {
					t.Errorf("the letter of the second death is %d with history %+v", again.ID, h)
				}

				mended.Store(true)
				w.redrive(deadletter.Redriven)
				w.pass(time.Minute)
				r.stop()
				if left := w.deadLetters(); left != nil {
					t.Errorf("dead letters are left: %q", left)
				}
				got, want := w.attributes(ids[0]), w.attributes(ids[1])
				if got["Verdict"] != string(verdict.ClassMalicious) {
					t.Errorf("the item that was mended bears %v", got)
				}
				if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
					t.Errorf("attributes of the item that was mended (-neighbour +mended):\n%s", diff)
				}
			})
		})
	}
}
