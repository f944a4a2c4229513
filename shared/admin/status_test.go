package admin_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"vtq.internal/shared/admin"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

func TestStatusOfAProcess(t *testing.T) {
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		b := admin.New("vtq-test", "vtq/v1.2.3")
		told := status(t, b)
		if told["service"] != "vtq-test" || told["version"] != "vtq/v1.2.3" || told["since"] != testkit.Epoch().Format(time.RFC3339) {
			t.Errorf("the status is of %v %v since %v, want what New was told", told["service"], told["version"], told["since"])
		}
		if got, want := part(t, b, "ready"), `{"ok":false,"reasons":["NATS: not reached yet"]}`; got != want {
			t.Errorf("ready = %s, want %s", got, want)
		}
		if got, want := part(t, b, "nats"), `{"reconnects":0,"state":"not reached yet"}`; got != want {
			t.Errorf("nats = %s, want %s", got, want)
		}
		nc := s.Connect()
		defer nc.Close()
		b.Reached(nc)
		s.Stop()
		s.Start()
		time.Sleep(time.Minute)
		if got := part(t, b, "nats"); !strings.Contains(got, `"reconnects":1,`) || !strings.Contains(got, `"state":"connected"`) {
			t.Errorf("nats = %s, want a connection that came back once", got)
		}
	})
}

func TestStatusOfLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admin.New("vtq-test", "vtq/dev")
		if got := part(t, b, "loops"); got != "null" {
			t.Errorf("without loops their part is %s, want none", got)
		}
		b.Pulse("a").Beat(time.Hour)
		b.Pulse("b").Beat(0)
		b.Pulse("c").Rest()
		b.Pulse("d")
		time.Sleep(10 * time.Minute)
		want := `[{"due_in_s":3000,"last_s":600,"name":"a","state":"beating"},{"due_in_s":-600,"last_s":600,"name":"b","state":"late"},` +
			`{"last_s":600,"name":"c","state":"resting"},{"name":"d","state":"not begun"}]`
		if diff := cmp.Diff(want, part(t, b, "loops")); diff != "" {
			t.Errorf("loops: -want +got\n%s", diff)
		}
	})
}

// TestStatusOfStages follows what stages count. It was last done when that was seen.
func TestStatusOfStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := admin.New("vtq-test", "vtq/dev")
		settled := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vtq_lookup_settled_total", Help: "As the stages have it."}, []string{"settle"})
		open := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "vtq_breaker_open", Help: "As the stages have it."}, []string{"provider"})
		down := prometheus.NewGauge(prometheus.GaugeOpts{Name: "vtq_threatq_down", Help: "As the stages have it."})
		b.Registerer().MustRegister(settled, open, down)
		settled.WithLabelValues("ack")
		check := func(when, stages, outages string) {
			t.Helper()
			if got := part(t, b, "stages"); got != stages {
				t.Errorf("%s stages = %s, want %s", when, got, stages)
			}
			if got := part(t, b, "down"); got != outages {
				t.Errorf("%s down = %s, want %s", when, got, outages)
			}
		}
		check("at first", `{"lookup":{"done":0}}`, `{"threatq":false}`)
		settled.WithLabelValues("ack").Add(2)
		settled.WithLabelValues("nak").Inc()
		open.WithLabelValues("virustotal").Set(1)
		down.Set(1)
		check("then", `{"lookup":{"done":3,"last":"2000-01-01T00:00:00Z"}}`, `{"threatq":true,"virustotal":true}`)
		time.Sleep(time.Hour)
		open.WithLabelValues("virustotal").Set(0)
		check("much later", `{"lookup":{"done":3,"last":"2000-01-01T00:00:00Z"}}`, `{"threatq":true,"virustotal":false}`)
		settled.WithLabelValues("ack").Inc()
		check("after one more", `{"lookup":{"done":4,"last":"2000-01-01T01:00:00Z"}}`, `{"threatq":true,"virustotal":false}`)
	})
}

// A treasury is a server with all streams.
func treasury(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	all, err := stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Ensure(t.Context(), js, all); err != nil {
		t.Fatal(err)
	}
	return js
}

// TestStatusOfAccounts reads what the workers share.
func TestStatusOfAccounts(t *testing.T) {
	account := wire.Account{Provider: provider.VirusTotal, Name: "main"}
	testkit.Bubble(t, func(t *testing.T, s *testkit.Server) {
		b := admin.New("vtq-test", "vtq/dev")
		b.Account(account.Provider, account.Name)
		check := func(when, want string) {
			t.Helper()
			if diff := cmp.Diff(want, part(t, b, "accounts")); diff != "" {
				t.Errorf("%s accounts: -want +got\n%s", when, diff)
			}
		}
		unknown := `[{"account":"main","day":null,"month":null,"provider":"virustotal","unknown":true}]`
		check("before NATS is reached", unknown)
		nc := s.Connect()
		defer nc.Close()
		b.Reached(nc)
		check("a moment later, as nobody is asked so often,", unknown)
		js := treasury(t, nc)
		time.Sleep(5 * time.Second)
		check("with nothing spent", `[{"account":"main","day":null,"month":null,"provider":"virustotal"}]`)

		spend(t, js, account.SpendSubject("20800101"), "+41")
		spend(t, js, account.SpendSubject("207912"), "+4000")
		now := time.Now().UTC()
		put(t, js, account, wire.ProviderState{
			Outage:   &wire.Outage{Fault: "denied", Cause: "the words of somebody", Since: now, Until: now.Add(time.Hour)},
			Operator: &wire.Pause{Since: now, Until: now.Add(2 * time.Hour), Why: "the words of somebody"},
			Spent:    map[wire.Lane]time.Time{wire.Fresh: now.Add(time.Minute), wire.Refresh: now.Add(3 * time.Hour)},
		})
		time.Sleep(2 * time.Minute)
		check("in trouble", `[{"account":"main","day":41,"month":null,"outage":{"fault":"denied","since":"2080-01-01T00:00:05Z",`+
			`"until":"2080-01-01T01:00:05Z"},"paused_until":"2080-01-01T02:00:05Z","provider":"virustotal",`+
			`"spent_until":{"refresh":"2080-01-01T03:00:05Z"}}]`)

		s.Stop()
		time.Sleep(time.Minute)
		check("without NATS", unknown)
	})
}

func spend(t *testing.T, js jetstream.JetStream, subject, by string) {
	t.Helper()
	message := nats.NewMsg(subject)
	message.Header.Set("Nats-Incr", by)
	if _, err := js.PublishMsg(t.Context(), message); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, js jetstream.JetStream, account wire.Account, state wire.ProviderState) {
	t.Helper()
	body, err := wire.EncodeState(state)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), stream.State)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(t.Context(), account.StateKey(), body); err != nil {
		t.Fatal(err)
	}
}
