package writer_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/wire"
)

// TestABulkWriteThatFails is tried once more, and then everybody goes alone.
func TestABulkWriteThatFails(t *testing.T) {
	looked := map[string]int{simulator.EndpointQuery: 2, simulator.EndpointConsume: 1} // What was written is found by the second search.
	cases := map[string]struct {
		fail hook
		want map[string]int
	}{
		"the search fails once":     {times(1, simulator.EndpointQuery, simulator.InternalError()), looked},
		"the search fails":          {times(always, simulator.EndpointQuery, simulator.InternalError()), apart(map[string]int{simulator.EndpointQuery: 2}, 5)},
		"the write fails once":      {times(1, simulator.EndpointConsume, simulator.InternalError()), together(2)},
		"the write fails":           {times(always, simulator.EndpointConsume, simulator.InternalError()), apart(together(2), 5)},
		"the write is throttled":    {times(1, simulator.EndpointConsume, simulator.TooManyRequests(time.Second)), together(2)},
		"the line breaks before it": {times(1, simulator.EndpointConsume, simulator.CutConnection()), together(2)},
		"the answer is lost":        {times(1, simulator.EndpointConsume, simulator.LostAnswer()), looked},
		"the answer is cut":         {times(1, simulator.EndpointConsume, simulator.Truncated(100)), looked},
		"the whole is refused":      {times(always, simulator.EndpointConsume, simulator.OKWithErrors()), apart(together(1), 5)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inBulk(t, func(l *lab) {
				ids := l.add(5)
				l.fail(c.fail)
				l.say(ids)
				l.wants(name, l.counts(l.drain), c.want)
				l.bears(ids, fourteen()...)
				l.nothingDied()
				for _, one := range l.logs.settlements() {
					if one.Delivery != 1 || one.Settle != "ack" {
						l.Errorf("it was held against a message: %+v", one)
					}
				}
				told := l.logs.with(func(one line) bool { return strings.HasPrefix(one.Message, "a bulk write failed") })
				if left := c.want[simulator.EndpointAddAttributes] > 0 && name != "the whole is refused"; left != (len(told) == 1) || !left && len(told) > 1 {
					l.Errorf("it was told %d times that the bulk write failed: %+v", len(told), told)
				}
				l.fail(nil)
				l.replay()
				l.costs("a replay", 0, 0)
			})
		})
	}
}

// TestAnOutageInBulk is waited for, and then everything is written together after all.
func TestAnOutageInBulk(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.add(20)
		l.fail(everything(simulator.ServiceUnavailableHTML()))
		l.say(ids)
		r := l.start()
		l.sleep(3 * time.Hour)
		if got := r.value("vtq_threatq_down"); got != 1 {
			l.Errorf("vtq_threatq_down = %v in an outage, want 1", got)
		}
		l.fail(nil)
		l.wants("the time after", l.counts(func() { l.settled(2 * time.Minute) }), together(1))
		r.stop()
		l.bears(ids, fourteen()...)
		l.nothingDied()
	})
}

// TestAnItemThatIsRefusedFailsAlone with an error within an answer that says 200.
func TestAnItemThatIsRefusedFailsAlone(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.add(5)
		l.tq.ConsumeItemError = func(value string) string {
			if value == fmt.Sprintf("host-%d.com", ids[2]) {
				return "The indicator could not be saved."
			}
			return ""
		}
		l.fail(attributesOf(ids[2], &simulator.Fault{Status: http.StatusUnprocessableEntity, Body: `{"errors":["The value is bad."]}`}))
		l.say(ids)
		l.drain()
		l.bears(append(slices.Clone(ids[:2]), ids[3:]...), fourteen()...)
		l.bears(ids[2:3])
		letters := l.deadLetters()
		if len(letters) != 1 || !strings.Contains(letters[0].Header.Get(wire.HeaderReason), "The value is bad.") {
			l.Errorf("dead letters are %v, want one with ThreatQ's reason", letters)
		}
	})
}

// TestARowThatIsRefused by a bulk write that takes its indicator is written alone.
func TestARowThatIsRefused(t *testing.T) {
	inBulk(t, func(l *lab) {
		ids := l.add(5)
		l.tq.ConsumeRowError = func(value, name string) string {
			if value == fmt.Sprintf("host-%d.com", ids[2]) && name == "VT Verdict" {
				return "The attribute could not be saved."
			}
			return ""
		}
		l.say(ids)
		l.wants("five indicators", l.counts(l.drain), apart(together(1), 1))
		l.bears(ids, fourteen()...)
		l.nothingDied()
	})
}

// TestWritingInBulkIsNoWay is found out once.
func TestWritingInBulkIsNoWay(t *testing.T) {
	cases := map[string]*simulator.Fault{
		"not for this account": simulator.Forbidden(),
		"no such path":         simulator.NotFound(),
		"no such method":       {Status: http.StatusMethodNotAllowed, Body: `{}`},
		"nothing is said":      simulator.EmptyObject(),
		"it is queued":         {Status: http.StatusAccepted, Body: `{"data":[]}`},
		"nobody understands":   {Status: http.StatusOK, Body: `{"data":[{"job":17},{"job":18}]}`},
	}
	for name, fault := range cases {
		t.Run(name, func(t *testing.T) {
			inBulk(t, func(l *lab) {
				ids := l.add(20)
				l.fail(times(always, simulator.EndpointConsume, fault))
				l.say(ids[:10])
				r := l.start()
				l.settled(time.Minute)
				l.say(ids[10:])
				got := l.counts(func() { l.settled(time.Minute) })
				l.wants("the second batch", got, apart(map[string]int{}, 10))
				r.stop()
				l.bears(ids, fourteen()...)
				l.nothingDied()
				if told := l.logs.with(func(one line) bool { return strings.Contains(one.Message, "cannot be written in bulk") }); len(told) != 1 {
					l.Errorf("it was told %d times, want once", len(told))
				}
			})
		})
	}
}

// TestAnIndicatorThatIsDeletedMeanwhile comes back under another id, which nothing can prevent and somebody is told.
func TestAnIndicatorThatIsDeletedMeanwhile(t *testing.T) {
	cases := map[string]time.Duration{"between the search and the write": 0, "and the search does not know yet": time.Minute}
	for name, lag := range cases {
		t.Run(name, func(t *testing.T) {
			inBulk(t, func(l *lab) {
				l.tq.IndexLag = lag
				ids := l.add(5)
				l.sleep(2 * lag)
				if lag > 0 {
					l.tq.DeleteIndicator(ids[1])
				}
				l.fail(func(r *http.Request) *simulator.Fault {
					if r.Pattern == simulator.EndpointConsume {
						l.tq.DeleteIndicator(ids[1])
					}
					return nil
				})
				l.say(ids)
				r := l.start()
				l.settled(time.Minute)
				r.stop()
				l.bears(append(slices.Clone(ids[:1]), ids[2:]...), fourteen()...)
				l.nothingDied()
				if got := r.value("vtq_writer_bulk_total", "misplaced"); got != 1 || l.logs.loud("an indicator was gone") != 1 {
					l.Errorf("%v are counted as misplaced and %d told, want 1 each", got, l.logs.loud("an indicator was gone"))
				}
				if got := r.value("vtq_writer_bulk_total", "alone"); got != 0 {
					l.Errorf("%v are counted as left to be written alone, want 0", got)
				}
				if got := r.value("vtq_writer_settled_total", "gone", "ack"); got != 1 {
					l.Errorf("%v deliveries are counted as gone, want 1", got)
				}
			})
		})
	}
}

// TestWhereverABulkWriterCrashes, the next one ends where an undisturbed one would have, whatever the search shows by then.
func TestWhereverABulkWriterCrashes(t *testing.T) {
	for at := 1; at <= 2; at++ {
		for _, after := range []bool{false, true} {
			for _, lag := range []time.Duration{0, 10 * time.Minute} {
				for says, want := range map[int][]string{14: fourteen(), 2: two()} {
					t.Run(fmt.Sprintf("at request %d, after it %t, lag %v, then says %d", at, after, lag, says), func(t *testing.T) {
						inBulk(t, func(l *lab) {
							l.tq.IndexLag, l.config.Concurrency = lag, 1
							ids := l.add(5)
							l.sleep(2 * lag)
							l.say(ids)
							l.crash(at, after)
							if says != 14 {
								for _, id := range ids {
									l.answer(id, found(says, "dga"))
								}
							}
							l.drain()
							l.bears(ids, want...)
							l.nothingDied()
							l.replay()
							l.costs("a replay", 0, 0)
						})
					})
				}
			}
		}
	}
}

// TestTwoBulkWriters have the same verdicts, while the first stands still between its claims and its write.
func TestTwoBulkWriters(t *testing.T) {
	for _, lasts := range []time.Duration{30 * time.Second, 10 * time.Minute} {
		for _, cutOff := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, cut off %t", lasts, cutOff), func(t *testing.T) {
				inBulk(t, func(l *lab) {
					ids := l.add(10)
					l.say(ids)
					end := l.frozen(lasts, cutOff)
					l.sleep(10 * time.Second)
					l.replay()
					second := l.start()
					l.sleep(20 * time.Minute)
					l.settled(time.Hour)
					end()
					second.stop()
					l.bears(ids, fourteen()...)
					l.nothingDied()
					if second.value("vtq_writer_ledger_total", "elsewhere") == 0 {
						l.Error("the second writer never gave a verdict back, want it kept away")
					}
					l.replay()
					l.drain() // What the first one has put in doubt is read once.
					l.replay()
					l.costs("a replay", 0, 0)
				})
			})
		}
	}
}

// TestBulkWritersShareTheWork side by side.
func TestBulkWritersShareTheWork(t *testing.T) {
	inBulk(t, func(l *lab) {
		l.tq.Latency = 20 * time.Second
		first, second := l.start(), l.start()
		ids := l.add(40)
		l.say(ids)
		l.settled(time.Hour)
		first.stop()
		second.stop()
		l.bears(ids, fourteen()...)
		for _, one := range l.logs.settlements() {
			if one.Delivery != 1 || one.Settle != "ack" {
				l.Errorf("a verdict in hand was delivered again: %+v", one)
			}
		}
	})
}

// TestStoppingInABulkWrite finishes it, or gives everything back.
func TestStoppingInABulkWrite(t *testing.T) {
	for _, grace := range []time.Duration{0, time.Minute} {
		t.Run(grace.String(), func(t *testing.T) {
			inBulk(t, func(l *lab) {
				l.grace, l.tq.Latency = grace, 4*time.Second
				ids := l.add(40)
				l.say(ids)
				r := l.start()
				l.sleep(12 * time.Second) // The login and the search are over.
				began := time.Now()
				r.stop()
				if took := time.Since(began); took > min(grace, 20*time.Second)+time.Second {
					l.Errorf("stopping took %v with a grace of %v", took, grace)
				}
				l.drain()
				l.bears(ids, fourteen()...)
				l.nothingDied()
			})
		})
	}
}

// A bomb panics over the first bulk write.
type bomb struct {
	http.RoundTripper
	thrown *atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (b bomb) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/consume") && b.thrown.CompareAndSwap(false, true) {
		secret()
	}
	return b.RoundTripper.RoundTrip(r)
}

// TestAPanicInBulk leaves everything to be written alone.
func TestAPanicInBulk(t *testing.T) {
	inBulk(t, func(l *lab) {
		l.library = client(l.T, bomb{l.pipe, &atomic.Bool{}})
		ids := l.add(4)
		l.say(ids)
		l.wants("four indicators", l.counts(l.drain), apart(map[string]int{simulator.EndpointQuery: 1}, 4))
		l.bears(ids, fourteen()...)
		l.nothingDied()
	})
}
