package writer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/verdict"
)

func TestVerdictsAreWritten(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(2)
		l.answer(ids[0], found(14, "dga", "phishing"))
		l.answer(ids[1], verdict.Verdict{Provider: "virustotal", Kind: "domain", Asked: time.Now()})
		l.drain()
		want := []string{
			"VirusTotal:VT Verdict=Malicious", "VirusTotal:VT Detections=14/70", "VirusTotal:VT Malicious Count=14", "VirusTotal:VT Tags=dga, phishing",
		}
		if diff := cmp.Diff(want, l.rows(ids[0])); diff != "" {
			l.Errorf("attributes of a malicious object (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"VirusTotal:VT Verdict=Not Found"}, l.rows(ids[1])); diff != "" {
			l.Errorf("attributes of an unknown object (-want +got):\n%s", diff)
		}
		if got := l.tq.Writes(); got != 2 {
			l.Errorf("%d write requests for two bare indicators, want one each", got)
		}
	})
}

func TestASecondPassWritesNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Score = "on"
		ids := l.add(20)
		for range 2 {
			for _, id := range ids {
				l.answer(id, found(14, "dga"))
			}
			l.drain()
		}
		if got, want := l.tq.Writes(), 2*len(ids); got != want {
			l.Errorf("two passes over the same verdicts made %d write requests, want %d: attributes and score of each, once", got, want)
		}
	})
}

func TestAChangedVerdictIsUpdatedInPlace(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.answer(id, found(14, "dga"))
		l.drain()
		before := map[string]int64{}
		for _, row := range l.tq.Attributes(id) {
			before[row.Name] = row.ID
		}
		l.answer(id, found(2, "parked"))
		l.drain()
		after := map[string]int64{}
		for _, row := range l.tq.Attributes(id) {
			after[row.Name] = row.ID
		}
		if diff := cmp.Diff(before, after); diff != "" {
			l.Errorf("rows by name (-before +after):\n%s", diff)
		}
		want := []string{
			"VirusTotal:VT Verdict=Suspicious", "VirusTotal:VT Detections=2/70", "VirusTotal:VT Malicious Count=2", "VirusTotal:VT Tags=parked",
		}
		if diff := cmp.Diff(want, l.rows(id)); diff != "" {
			l.Errorf("attributes after the change (-want +got):\n%s", diff)
		}
	})
}

func TestAValueThatVanishedIsTakenAway(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.answer(id, found(14, "dga"))
		l.drain()
		l.answer(id, verdict.Verdict{Provider: "virustotal", Kind: "domain", Asked: time.Now()})
		l.drain()
		if diff := cmp.Diff([]string{"VirusTotal:VT Verdict=Not Found"}, l.rows(id)); diff != "" {
			l.Errorf("attributes of an object that the provider forgot (-want +got):\n%s", diff)
		}
	})
}

func TestSomebodyElsesRowsStay(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		for _, a := range []simulator.Attribute{
			{Name: "VT Verdict", Value: "Harmless", Sources: []simulator.Source{{Name: "Analyst"}, {Name: "VirusTotal"}}},
			{Name: "VT Tags", Value: "theirs", Sources: []simulator.Source{{Name: "Feed"}}},
			{Name: "VT Malicious Count", Value: "14", Sources: []simulator.Source{{Name: "Feed"}}},
			{Name: "Country", Value: "NL", Sources: []simulator.Source{{Name: "VirusTotal"}}},
		} {
			l.tq.AddAttribute(id, a)
		}
		for _, v := range []verdict.Verdict{found(14, "ours"), found(3), found(14)} {
			l.answer(id, v)
			l.drain()
		}
		want := []string{
			"Analyst,VirusTotal:VT Verdict=Harmless", "Feed:VT Tags=theirs", "Feed,VirusTotal:VT Malicious Count=14",
			"VirusTotal:Country=NL", "VirusTotal:VT Verdict=Malicious", "VirusTotal:VT Detections=14/70",
		}
		if diff := cmp.Diff(want, l.rows(id)); diff != "" {
			l.Errorf("attributes (-want +got):\n%s", diff)
		}
	})
}

// TestAVerdictForNobodyIsPassedOver has one that only serves as a cache.
func TestAVerdictForNobodyIsPassedOver(t *testing.T) {
	inLab(t, func(l *lab) {
		l.answer(0, found(14))
		l.drain()
		if got := l.tq.Requests(); got != 0 {
			l.Errorf("ThreatQ was asked %d times, want 0", got)
		}
		l.nothingDied()
	})
}

func TestADeletedIndicatorIsDropped(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(2)
		l.tq.DeleteIndicator(ids[0])
		l.answer(ids[0], found(14))
		l.answer(ids[1], found(14))
		r := l.start()
		l.settled(time.Minute)
		r.stop()
		l.verdictsAre("Malicious", ids[1])
		l.nothingDied()
		if got := r.value("vtq_writer_settled_total", "gone", "ack"); got != 1 {
			l.Errorf("%v deliveries are counted as gone, want 1", got)
		}
	})
}

func TestIndicatorsAreWrittenAFewAtATime(t *testing.T) {
	inLab(t, func(l *lab) {
		l.config.Concurrency = 3
		l.tq.Latency = time.Second
		for _, id := range l.add(30) {
			l.answer(id, found(14))
		}
		began := time.Now()
		l.drain()
		if got := l.tq.PeakWrites(); got != 3 {
			l.Errorf("up to %d indicators were written at a time, want 3", got)
		}
		if took := time.Since(began); took > time.Minute {
			l.Errorf("30 indicators took %v, want it done side by side", took)
		}
	})
}

func TestScores(t *testing.T) {
	score := func(n int) *int { return &n }
	cases := map[string]struct {
		setting string
		manual  *int
		then    int // Malicious votes of a second verdict.
		want    int
	}{
		"off":                         {"off", nil, 14, 3},
		"on":                          {"on", nil, 14, 9},
		"on does not lower":           {"on", score(10), 14, 10},
		"raise-only does not go back": {"raise-only", nil, 0, 9},
		"replace":                     {"replace", score(10), 14, 9},
		"replace goes back":           {"replace", nil, 0, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.config.Score = c.setting
				id := l.tq.AddIndicator(simulator.Indicator{Type: "FQDN", Value: "a.com", Score: 3.7, ManualScore: c.manual})
				l.answer(id, found(14))
				l.drain()
				l.answer(id, found(c.then))
				l.drain()
				in, _ := l.tq.Indicator(id)
				got := 3
				if in.ManualScore != nil {
					got = *in.ManualScore
				}
				if got != c.want {
					l.Errorf("the score is %d, want %d", got, c.want)
				}
			})
		})
	}
}
