package lookup_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/lookup"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
)

// A silent server never answers a question about the consumer nobody.
type silent struct{ *testkit.Server }

func (s silent) InProcessConn() (net.Conn, error) {
	conn, err := s.Server.InProcessConn()
	return silentConn{conn}, err
}

type silentConn struct{ net.Conn }

// Write asks something else instead, which somebody hears who says nothing.
func (c silentConn) Write(p []byte) (int, error) {
	return c.Conn.Write(bytes.ReplaceAll(p, []byte("$JS.API.CONSUMER.INFO.VTQ_JOBS.nobody"), []byte("nowhere.CONSUMER.INFO.VTQ_JOBS.nobody")))
}

// TestAComparisonKeepsNobodyWaiting has the first job answered while the server does not say how it is set up. Until it does, nothing is
// told of that, and none of it is trouble.
func TestAComparisonKeepsNobodyWaiting(t *testing.T) {
	inLab(t, func(l *lab) {
		nc, err := nats.Connect("", nats.InProcessServer(silent{l.server}))
		if err != nil {
			l.Fatal(err)
		}
		defer nc.Close()
		if _, err := nc.Subscribe("nowhere.>", func(*nats.Msg) {}); err != nil {
			l.Fatal(err)
		}
		nobody := stream.Consumer{Stream: stream.Jobs, Config: jetstream.ConsumerConfig{Durable: "nobody"}}
		l.more = func(o *lookup.Options) {
			o.Topology, _ = stream.NewTopology(stream.Options{Routes: provider.Only(provider.VirusTotal).RouteNames(), VerdictAge: 60 * day})
			o.Topology.Consumers = append(o.Topology.Consumers, nobody, nobody)
		}
		l.pushSites(1)
		r := l.begin(nc)
		l.drained(5 * time.Second)
		for _, after := range []time.Duration{time.Second, time.Minute} {
			l.sleep(after)
			all := values(l.T, r.registry)
			if drift, told := all["vtq_topology_drift"]; told {
				l.Errorf("vtq_topology_drift = %v %v later, want none, as nothing was seen", drift, after)
			}
			if n := all["vtq_fleet_trouble_total"]; n != 0 {
				l.Errorf("%v troubles %v later, want none", n, after)
			}
		}
		r.stop()
	})
}

// TestTendingBeginsWithTheWorker wants the turn that comes every few minutes to come at once, whatever it needs of the server.
func TestTendingBeginsWithTheWorker(t *testing.T) {
	inLab(t, func(l *lab) {
		watch := l.server.Connect()
		defer watch.Close()
		asked := make(chan struct{}, 10)
		if _, err := watch.Subscribe("$JS.API.DIRECT.GET."+stream.Spend, func(*nats.Msg) { asked <- struct{}{} }); err != nil {
			l.Fatal(err)
		}
		if err := watch.Flush(); err != nil {
			l.Fatal(err)
		}
		l.public = true
		r := l.start()
		defer r.stop()
		select {
		case <-asked:
		case <-time.After(10 * time.Second):
			l.Error("a worker that has begun did not read what was spent")
		}
	})
}
