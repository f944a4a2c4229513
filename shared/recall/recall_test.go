package recall_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/recall"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

const day = 24 * time.Hour

// A lab is a memory over a verdict stream, in a bubble.
type lab struct {
	*testing.T
	server *testkit.Server
	js     jetstream.JetStream
	memory *recall.Memory
	now    time.Time
}

func inLab(t *testing.T, f func(l *lab)) {
	t.Helper()
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		t.Helper()
		nc := s.Connect()
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatalf("opening JetStream: %v", err)
		}
		topology, err := stream.NewTopology(stream.Options{Routes: []string{"any"}, VerdictAge: 100 * day})
		if err != nil {
			t.Fatalf("making the topology: %v", err)
		}
		if err := stream.Ensure(t.Context(), js, topology); err != nil {
			t.Fatalf("creating the topology: %v", err)
		}
		verdicts, err := js.Stream(t.Context(), stream.Verdicts)
		if err != nil {
			t.Fatalf("opening the verdicts: %v", err)
		}
		f(&lab{T: t, server: s, js: js, now: time.Now().UTC().Truncate(time.Second), memory: &recall.Memory{
			Stream: verdicts, Provider: "virustotal", Policy: verdict.DefaultPolicy(),
			Refresh: verdict.Refresh{Malicious: 7 * day, Clean: 30 * day, NotFound: day},
		}})
	})
}

func md5() indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: "d41d8cd98f00b204e9800998ecf8427e"}
}

func sha1() indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: "da39a3ee5e6b4b0d3255bfef95601890afd80709"}
}

// said stores an answer of some age, told from others by how many engines speak, for the indicator with an id.
func (l *lab) said(object indicator.Object, id int64, age time.Duration, malicious int) {
	l.Helper()
	l.saidBy("virustotal", object, id, age, malicious)
}

func (l *lab) saidBy(provider string, object indicator.Object, id int64, age time.Duration, malicious int) {
	l.Helper()
	body, err := wire.EncodeVerdict(wire.Verdict{
		Indicator: indicator.Indicator{ID: id, Type: "MD5", Value: object.Value}, Object: object,
		Verdict: verdict.Verdict{
			Provider: provider, Kind: object.Kind, Asked: l.now.Add(-age), Found: malicious >= 0,
			Counts: verdict.Counts{verdict.Malicious: malicious, verdict.Undetected: 70},
		},
	})
	if err != nil {
		l.Fatalf("encoding a verdict: %v", err)
	}
	l.store(wire.VerdictAddress{Provider: provider, Key: object.Key(), ID: id}.Subject(), body)
}

func (l *lab) leads(from, to indicator.Object) {
	l.Helper()
	body, err := wire.EncodeAlias(wire.Alias{Key: to.Key()})
	if err != nil {
		l.Fatalf("encoding an alias: %v", err)
	}
	l.store(wire.AliasSubject("virustotal", from.Key()), body)
}

func (l *lab) store(subject string, body []byte) {
	l.Helper()
	if _, err := l.js.Publish(l.Context(), subject, body); err != nil {
		l.Fatalf("publishing to %s: %v", subject, err)
	}
}

func TestFind(t *testing.T) {
	verdictOf := func(id int64) string {
		return wire.VerdictAddress{Provider: "virustotal", Key: md5().Key(), ID: id}.Subject()
	}
	cases := map[string]struct {
		before    func(l *lab)
		after     time.Duration // The age of what does not count any more; 0 for none.
		found     string
		malicious int // Of what was found.
	}{
		"nothing":                      {func(*lab) {}, 0, recall.Miss, 0},
		"asked for another indicator":  {func(l *lab) { l.said(md5(), 8, day, 9) }, 0, recall.Hit, 9},
		"asked for nobody":             {func(l *lab) { l.said(md5(), 0, day, 9) }, 0, recall.Hit, 9},
		"not found is an answer":       {func(l *lab) { l.said(md5(), 8, day-time.Minute, -1) }, 0, recall.Hit, -1},
		"not found grows old":          {func(l *lab) { l.said(md5(), 8, day, -1) }, 0, recall.Miss, 0},
		"about another object":         {func(l *lab) { l.said(sha1(), 8, day, 9) }, 0, recall.Miss, 0},
		"from another provider":        {func(l *lab) { l.saidBy("other", md5(), 8, day, 9) }, 0, recall.Miss, 0},
		"stale":                        {func(l *lab) { l.said(md5(), 8, 7*day, 9) }, 0, recall.Miss, 0},
		"of that age, and clean":       {func(l *lab) { l.said(md5(), 8, 7*day, 0) }, 0, recall.Hit, 0},
		"the one that grew old":        {func(l *lab) { l.said(md5(), 8, 2*day, 9) }, 2 * day, recall.Miss, 0},
		"before the one that grew old": {func(l *lab) { l.said(md5(), 8, 3*day, 9) }, 2 * day, recall.Miss, 0},
		"after the one that grew old":  {func(l *lab) { l.said(md5(), 8, 2*day-time.Second, 9) }, 2 * day, recall.Hit, 9},
		"the newest of three": {func(l *lab) {
			l.said(md5(), 8, 3*day, 3)
			l.said(md5(), 9, 2*day, 2)
			l.said(md5(), 7, day, 1)
		}, 0, recall.Hit, 1},
		"by another hash":               {func(l *lab) { l.said(sha1(), 8, day, 9); l.leads(md5(), sha1()) }, 0, recall.Alias, 9},
		"stale by another hash":         {func(l *lab) { l.said(sha1(), 8, 8*day, 9); l.leads(md5(), sha1()) }, 0, recall.Miss, 0},
		"grown old by another hash":     {func(l *lab) { l.said(sha1(), 8, day, 9); l.leads(md5(), sha1()) }, day, recall.Miss, 0},
		"stale, but not by another":     {func(l *lab) { l.said(md5(), 8, 8*day, 9); l.said(sha1(), 8, day, 5); l.leads(md5(), sha1()) }, 0, recall.Alias, 5},
		"its own before another's":      {func(l *lab) { l.said(md5(), 8, 2*day, 9); l.said(sha1(), 8, day, 5); l.leads(md5(), sha1()) }, 0, recall.Hit, 9},
		"an alias that leads nowhere":   {func(l *lab) { l.leads(md5(), sha1()) }, 0, recall.Miss, 0},
		"an alias that leads to itself": {func(l *lab) { l.leads(md5(), md5()) }, 0, recall.Miss, 0},
		"aliases in a row": {func(l *lab) {
			third := indicator.Object{Kind: indicator.File, Value: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
			l.leads(md5(), sha1())
			l.leads(sha1(), third)
			l.said(third, 8, day, 9)
		}, 0, recall.Miss, 0},
		"an unreadable verdict": {func(l *lab) { l.store(verdictOf(8), []byte("no JSON")) }, 0, recall.Miss, 0},
		"of a newer schema":     {func(l *lab) { l.store(verdictOf(8), []byte(`{"schema":2}`)) }, 0, recall.Miss, 0},
		"unreadable, and an alias": {func(l *lab) {
			l.store(verdictOf(8), []byte("no JSON"))
			l.said(sha1(), 8, day, 5)
			l.leads(md5(), sha1())
		}, 0, recall.Alias, 5},
		"an unreadable alias": {func(l *lab) { l.store(wire.AliasSubject("virustotal", md5().Key()), []byte("no JSON")) }, 0, recall.Miss, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				c.before(l)
				var after time.Time
				if c.after > 0 {
					after = l.now.Add(-c.after)
				}
				v, found, err := l.memory.Find(l.Context(), md5(), after)
				if err != nil || found != c.found {
					l.Fatalf("Find = %q, %v, want %q", found, err, c.found)
				}
				if found == recall.Miss {
					c.malicious = 0
				}
				if got := v.Counts.Of(verdict.Malicious); got != c.malicious {
					l.Errorf("found the answer of %d engines, want that of %d", got, c.malicious)
				}
			})
		})
	}
}

func TestWithoutAStreamItIsTransient(t *testing.T) {
	inLab(t, func(l *lab) {
		l.server.Stop()
		_, found, err := l.memory.Find(l.Context(), md5(), time.Time{})
		if err == nil || fault.KindOf(err) != fault.Transient {
			l.Errorf("Find without a server = %q, %v of kind %v, want a transient fault", found, err, fault.KindOf(err))
		}
		l.server.Start()
	})
}
