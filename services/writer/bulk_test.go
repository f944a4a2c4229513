package writer_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

// inBulk is inLab for a writer that writes in bulk.
func inBulk(t *testing.T, f func(l *lab)) {
	t.Helper()
	inLab(t, func(l *lab) {
		l.config.Mode = "bulk"
		f(l)
	})
}

// say publishes verdicts of 14 engines.
func (l *lab) say(ids []int64) {
	l.Helper()
	for _, id := range ids {
		l.answer(id, found(14, "dga"))
	}
}

// counts are the requests about indicators while something is done, by endpoint.
func (l *lab) counts(do func()) map[string]int {
	l.Helper()
	before := l.tq.Counts()
	do()
	counts := l.tq.Counts()
	for name := range counts {
		counts[name] -= before[name]
	}
	maps.DeleteFunc(counts, func(name string, n int) bool {
		return n == 0 || strings.Contains(name, "token") || strings.Contains(name, "/users/") || strings.Contains(name, "/indicator/")
	})
	return counts
}

// wants compares such counts.
func (l *lab) wants(what string, got, want map[string]int) {
	l.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("requests of %s (-want +got):\n%s", what, diff)
	}
}

// together are the requests of bulk writes.
func together(n int) map[string]int {
	return map[string]int{simulator.EndpointQuery: n, simulator.EndpointConsume: n}
}

// apart are those of n indicators that are read and written by themselves, besides.
func apart(bulk map[string]int, n int) map[string]int {
	bulk[simulator.EndpointAttributes], bulk[simulator.EndpointAddAttributes] = n, n
	return bulk
}

// times fails one endpoint so many times.
func times(n int, endpoint string, fault *simulator.Fault) hook {
	var seen atomic.Int64
	return func(r *http.Request) *simulator.Fault {
		if r.Pattern != endpoint || seen.Add(1) > int64(n) {
			return nil
		}
		return fault
	}
}

const always = 1 << 30

// TestFirstVerdictsAreWrittenTogether at the edges of a batch.
func TestFirstVerdictsAreWrittenTogether(t *testing.T) {
	cases := map[string]struct {
		n    int
		want map[string]int
	}{
		"two cost no more alone": {2, map[string]int{simulator.EndpointAddAttributes: 2}},
		"three":                  {3, together(1)},
		"a full batch":           {threatq.MaxConsume, together(1)},
		"one more": {threatq.MaxConsume + 1, map[string]int{
			simulator.EndpointQuery: 1, simulator.EndpointConsume: 1, simulator.EndpointAddAttributes: 1,
		}},
	}
	for name, c := range cases {
		for _, tells := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, rows told %t", name, tells), func(t *testing.T) {
				inBulk(t, func(l *lab) {
					l.tq.ConsumeRows = tells
					ids := l.add(c.n)
					l.say(ids)
					got := l.counts(l.drain)
					delete(got, simulator.EndpointAttributes) // Whether who goes alone is read hangs on what else was seen.
					l.wants(name, got, c.want)
					l.bears(ids, fourteen()...)
					l.replay()
					l.costs("a replay", 0, 0)
					l.say(ids)
					l.costs("verdicts that say the same", 0, 0)
					l.nothingDied()
				})
			})
		}
	}
}

// TestWhatChangesAfterABulkWrite costs what it costs after any other.
func TestWhatChangesAfterABulkWrite(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.standing(4)
		l.answer(ids[0], found(2, "dga"))
		l.costs("a verdict with three other values", 1, 3)
		l.bears(ids[:1], two()...)
		l.bears(ids[1:], fourteen()...)
	})
}

// TestABulkWriteLeavesTheIndicatorAlone but for its attributes, and for the source that ThreatQ adds to what it takes in.
func TestABulkWriteLeavesTheIndicatorAlone(t *testing.T) {
	for _, status := range []string{"Active", "Expired", "Indirect", "Review", "Whitelisted", "Of this site"} {
		t.Run(status, func(t *testing.T) {
			inBulk(t, func(l *lab) {
				l.tq.ConsumeStatus = "Review"
				score, ids := 4, l.add(2)
				for _, value := range []string{"host-3.com", "http://host-4.com/A"} {
					kind := map[bool]string{true: "URL", false: "FQDN"}[strings.Contains(value, "/")]
					ids = append(ids, l.tq.AddIndicator(simulator.Indicator{
						Type: kind, Value: value, KeepScheme: true, Status: status, ManualScore: &score, Tags: []string{"t"},
						Sources: []simulator.Source{{Name: "Feed"}},
						Attributes: []simulator.Attribute{
							{Name: "VT Tags", Value: "dga", Sources: []simulator.Source{{Name: "Feed"}}}, {Name: "Port", Value: "80"},
						},
					}))
				}
				before := map[int64]simulator.Indicator{}
				for in := range l.tq.Indicators() {
					before[in.ID] = in
				}
				l.sleep(time.Minute)
				l.say(ids[:3])
				l.answerAbout(ids[3], "http://host-4.com/A", found(14, "dga"))
				l.wants("four indicators", l.counts(l.drain), together(1))
				want := append([]string{"Feed,VirusTotal:VT Tags=dga", "Feed:Port=80"}, fourteen()[:3]...)
				l.bears(ids[2:], want...)
				if l.tq.Len() != len(ids) {
					l.Errorf("there are %d indicators, want %d", l.tq.Len(), len(ids))
				}
				for _, id := range ids[2:] {
					was := before[id]
					is, _ := l.tq.Indicator(id)
					was.Sources = append(was.Sources, simulator.Source{Name: simulator.DefaultClientID})
					was.Attributes, is.Attributes, was.TouchedAt = nil, nil, is.TouchedAt
					if diff := cmp.Diff(was, is); diff != "" {
						l.Errorf("indicator %d (-before +after):\n%s", id, diff)
					}
				}
				l.replay()
				l.costs("a replay", 0, 0)
			})
		})
	}
}

// TestWhatTheSearchDoesNotShow is written alone: new indicators, and values that another bears as well.
func TestWhatTheSearchDoesNotShow(t *testing.T) {
	inBulk(t, func(l *lab) {
		l.tq.IndexLag = time.Hour
		old := l.add(4)
		l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "HOST-2.com"})
		l.sleep(2 * time.Hour)
		fresh := l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "host-6.com"})
		ids := append(slices.Clone(old), fresh)
		l.say(ids)
		l.wants("five indicators", l.counts(l.drain), apart(together(1), 2))
		l.bears(ids, fourteen()...)
		l.bears([]int64{5})
	})
}

// TestRowsThatAreForgotten are found by the search, and then read where they are exact.
func TestRowsThatAreForgotten(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.standing(5)
		for _, id := range ids {
			l.forget(jetstream.WithPurgeSubject(wire.WrittenSubject(id)))
			l.answer(id, found(2, "dga"))
		}
		got := l.counts(l.drain)
		l.wants("five indicators", got, map[string]int{
			simulator.EndpointQuery: 1, simulator.EndpointAttributes: 5, simulator.EndpointUpdateAttribute: 15,
		})
		l.bears(ids, two()...)
	})
}

// TestRowsThatAreForgottenWhileThreatQFails are not taken for what a bulk write has written that failed: the ledger learns that it has
// forgotten them.
func TestRowsThatAreForgottenWhileThreatQFails(t *testing.T) {
	for _, endpoint := range []string{simulator.EndpointQuery, simulator.EndpointConsume} {
		t.Run(endpoint, func(t *testing.T) {
			inBulk(t, func(l *lab) {
				ids := append(l.standing(3), l.add(3)...)
				for _, id := range ids[:3] {
					l.forget(jetstream.WithPurgeSubject(wire.WrittenSubject(id)))
				}
				l.say(ids)
				l.fail(times(1, endpoint, simulator.InternalError()))
				r := l.start()
				l.settled(time.Minute)
				r.stop()
				l.bears(ids, fourteen()...)
				if read, written := r.value("vtq_writer_ledger_total", "read"), r.value("vtq_writer_bulk_total", "written"); read != 3 || written != 3 {
					l.Errorf("%v indicators were read and %v written in bulk, want 3 each", read, written)
				}
			})
		})
	}
}

// TestScoresAreSetOneByOne, after a bulk write.
func TestScoresAreSetOneByOne(t *testing.T) {
	inBulk(t, func(l *lab) {
		l.config.Score = "raise-only"
		ids := l.add(6)
		l.say(ids)
		l.fail(times(1, simulator.EndpointScores, simulator.CutConnection()))
		l.drain()
		l.bears(ids, fourteen()...)
		for _, id := range ids {
			if in, _ := l.tq.Indicator(id); in.ManualScore == nil || *in.ManualScore != 9 {
				l.Errorf("indicator %d has the score %v, want 9", id, in.ManualScore)
			}
		}
		l.nothingDied()
		l.replay()
		l.costs("a replay", 0, 0)
	})
}
