package vtq_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/verdict"
)

func TestEveryIndicatorIsEnriched(t *testing.T) {
	inWorld(t, func(w *world) {
		items := dataset.Demo()
		ids := w.add(items...)
		w.once()
		for i, item := range items {
			got := w.attributes(ids[i])
			if want := string(item.Class); got["Verdict"] != want {
				t.Errorf("indicator %d (%s, %s) has verdict %q, want %q", ids[i], item.Type, item.Note, got["Verdict"], want)
			}
			if item.Class == "" && len(got) > 0 {
				t.Errorf("indicator %d (%s, %s) bears %v, want nothing", ids[i], item.Type, item.Note, got)
			}
		}
	})
}

func TestASecondPassOverUnchangedDataCostsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.add(dataset.Demo()...)
		r := w.start()
		r.settle(1)
		asked, wrote := w.vt.Lookups(), w.tq.Writes()
		if asked == 0 || wrote == 0 {
			t.Fatalf("the first pass asked %d times and wrote %d times", asked, wrote)
		}
		w.sweep()
		r.settle(2)
		r.stop()
		if got := w.vt.Lookups() - asked; got != 0 {
			t.Errorf("the second pass asked the provider %d times, want 0", got)
		}
		if got := w.tq.Writes() - wrote; got != 0 {
			t.Errorf("the second pass wrote to ThreatQ %d times, want 0", got)
		}
	})
}

func TestAChangedVerdictIsUpdatedInPlace(t *testing.T) {
	inWorld(t, func(w *world) {
		file := dataset.Recipe{Kind: indicator.File, Object: hash("changing"), Class: verdict.ClassUndetected}
		ids := w.add(dataset.Item{Type: "SHA-256", Value: file.Object, Report: dataset.Report(file)})
		r := w.start()
		r.settle(1)
		before := rows(w, ids[0])
		file.Class = verdict.ClassMalicious
		w.report(dataset.Report(file))
		w.pass(49 * time.Hour) // Past the age of the answer, and the sweep behind it.
		r.settle(2)
		r.stop()
		if got := w.attributes(ids[0])["Verdict"]; got != "Malicious" {
			t.Errorf("the verdict is %q after it changed, want Malicious", got)
		}
		after := rows(w, ids[0])
		for name, id := range before {
			if got, ok := after[name]; ok && got != id {
				t.Errorf("attribute %q moved from row %d to row %d", name, id, got)
			}
		}
		if got := w.vt.Lookups(); got != 2 {
			t.Errorf("the provider was asked %d times, want 2", got)
		}
	}, "VTQ_REFRESH_CLEAN=24h")
}

func rows(w *world, id int64) map[string]int64 {
	all := map[string]int64{}
	for _, row := range w.tq.Attributes(id) {
		all[row.Name] = row.ID
	}
	return all
}

// TestTheThreeHashesOfAFileCostOneRequest has one worker hold all three at once, where there is no limit, and two workers, of which
// each may cost one request. Where permits are further apart than an answer takes, the number of workers does not matter.
func TestTheThreeHashesOfAFileCostOneRequest(t *testing.T) {
	cases := map[string]struct {
		perMinute     string
		workers, most int
	}{
		"one worker, permits further apart than the answer takes":  {"1", 1, 1},
		"two workers, permits further apart than the answer takes": {"1", 2, 1},
		"one worker, no limit":  {"0", 1, 1},
		"two workers, no limit": {"0", 2, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				ids := w.add(trio(t, dataset.Demo())...)
				var runs []*run
				for range c.workers {
					runs = append(runs, w.start())
				}
				for _, r := range runs {
					r.settle(1)
				}
				for _, r := range runs {
					r.stop()
				}
				if got := w.vt.Lookups(); got < 1 || got > c.most {
					t.Errorf("three hashes of a file cost %d requests, want 1 to %d", got, c.most)
				}
				for _, id := range ids[1:] {
					if diff := cmp.Diff(w.attributes(ids[0]), w.attributes(id)); diff != "" {
						t.Errorf("the hashes of one file differ (-first +other):\n%s", diff)
					}
				}
			}, "VT_REQUESTS_PER_MINUTE="+c.perMinute)
		})
	}
}

// trio finds the three hashes of one file.
func trio(t *testing.T, items []dataset.Item) []dataset.Item {
	t.Helper()
	files := map[string][]dataset.Item{}
	for _, item := range items {
		switch item.Type {
		case "MD5", "SHA-1", "SHA-256":
			files[item.Object] = append(files[item.Object], item)
		}
		if found := files[item.Object]; len(found) == 3 && found[0].Class == verdict.ClassMalicious {
			return found
		}
	}
	t.Fatal("the data set has no file under three hashes")
	return nil
}

func TestTwoIndicatorsWithOneValueCostOneRequest(t *testing.T) {
	inWorld(t, func(w *world) {
		site := dataset.Recipe{Kind: indicator.Domain, Object: "quiet-harbor-metrics.com", Class: verdict.ClassSuspicious}
		ids := w.add(
			dataset.Item{Type: "FQDN", Value: "quiet-harbor-metrics.com", Report: dataset.Report(site)},
			dataset.Item{Type: "FQDN", Value: "Quiet-Harbor-Metrics[.]com."},
		)
		w.once()
		for _, id := range ids {
			if got := w.attributes(id)["Verdict"]; got != "Suspicious" {
				t.Errorf("indicator %d has verdict %q, want Suspicious", id, got)
			}
		}
		if got := w.vt.Lookups(); got != 1 {
			t.Errorf("one object cost %d requests, want 1", got)
		}
	})
}

func TestARecreatedIndicatorIsEnrichedWithoutARequest(t *testing.T) {
	inWorld(t, func(w *world) {
		site := dataset.Recipe{Kind: indicator.Domain, Object: "quiet-harbor-metrics.com", Class: verdict.ClassHarmless}
		item := dataset.Item{Type: "FQDN", Value: site.Object, Report: dataset.Report(site)}
		old := w.add(item)[0]
		r := w.start()
		r.settle(1)
		want := w.attributes(old)
		w.tq.DeleteIndicator(old)
		created := w.add(item)[0]
		if created == old {
			t.Fatalf("the indicator came back under its old id %d", old)
		}
		r.settle(3)
		r.stop()
		if diff := cmp.Diff(want, w.attributes(created)); diff != "" {
			t.Errorf("the recreated indicator differs (-old +new):\n%s", diff)
		}
		if got := w.vt.Lookups(); got != 1 {
			t.Errorf("the provider was asked %d times, want 1", got)
		}
	})
}

func TestAnIndicatorDeletedMeanwhileIsDropped(t *testing.T) {
	inWorld(t, func(w *world) {
		file := dataset.Recipe{Kind: indicator.File, Object: hash("gone"), Class: verdict.ClassMalicious}
		id := w.add(dataset.Item{Type: "SHA-256", Value: file.Object, Report: dataset.Report(file)})[0]
		w.vt.Latency = time.Minute / 4 // Long enough to be deleted while it is asked about.
		r := w.start()
		w.pass(5 * time.Second)
		w.tq.DeleteIndicator(id)
		r.settle(1)
		r.stop()
		if dead := w.deadLetters(); len(dead) > 0 {
			t.Errorf("a deleted indicator left dead letters: %v", dead)
		}
	})
}

func TestSomebodyElsesAttributesStay(t *testing.T) {
	inWorld(t, func(w *world) {
		site := dataset.Recipe{Kind: indicator.Domain, Object: "quiet-harbor-metrics.com", Class: verdict.ClassMalicious}
		id := w.add(dataset.Item{Type: "FQDN", Value: site.Object, Report: dataset.Report(site)})[0]
		theirs := w.tq.AddAttribute(id, tqsim.Attribute{
			Name: "VirusTotal Verdict", Value: "Benign", Sources: []tqsim.Source{{Name: "Analyst"}, {Name: "VirusTotal"}},
		})
		w.once()
		var values []string
		for _, row := range w.tq.Attributes(id) {
			if row.Name == "VirusTotal Verdict" {
				values = append(values, fmt.Sprint(row.ID == theirs, " ", row.Value))
			}
		}
		if diff := cmp.Diff([]string{"true Benign", "false Malicious"}, values); diff != "" {
			t.Errorf("rows of the verdict (-want +got):\n%s", diff)
		}
	})
}

// TestACrashAnywhereChangesNothing kills the pipeline again and again, at moments that a fixed sequence spreads over its work: the
// connection is cut and the server stopped under the stages, with no chance to settle anything.
func TestACrashAnywhereChangesNothing(t *testing.T) {
	undisturbed := map[int64]map[string]string{}
	inWorld(t, func(w *world) {
		for _, id := range w.add(dataset.Demo()...) {
			undisturbed[id] = nil
		}
		w.once()
		for id := range maps.Keys(undisturbed) {
			undisturbed[id] = w.attributes(id)
		}
	})
	inWorld(t, func(w *world) {
		w.add(dataset.Demo()...)
		const crashes = 25
		for i := range crashes {
			r := w.start()
			w.pass(time.Duration(37*(i+1)%410) * time.Millisecond)
			r.crash()
		}
		w.once()
		for id, want := range undisturbed {
			if diff := cmp.Diff(want, w.attributes(id)); diff != "" {
				t.Errorf("indicator %d differs after crashes (-undisturbed +crashed):\n%s", id, diff)
			}
		}
		if dead := w.deadLetters(); len(dead) > 0 {
			t.Errorf("crashes left dead letters: %v", dead)
		}
		inHand := 2 * w.settings.Lookup.Concurrency // One job in each loop of two lanes.
		if got, most := w.vt.Lookups(), demoObjects()+crashes*inHand; got > most {
			t.Errorf("the provider was asked %d times, want at most %d", got, most)
		}
	})
}

// demoObjects is how many objects the data set has that may be asked about.
func demoObjects() int {
	objects := map[string]bool{}
	for _, item := range dataset.Demo() {
		if item.Class != "" {
			objects[item.Object] = true
		}
	}
	return len(objects)
}
