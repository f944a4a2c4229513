package simulation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"vtq.internal/shared/lifecycle"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// Options say where the simulators listen and how they behave.
type Options struct {
	// ThreatQ and VirusTotal are addresses to listen on, as in net.Listen. Defaults to loopback ports that the system picks.
	ThreatQ, VirusTotal string
	// PerMinute and PerDay are the requests that the API key may make. 0 means without limit.
	PerMinute, PerDay int
	// ThreatQLatency and VirusTotalLatency are how long every answer takes. Defaults to none.
	ThreatQLatency, VirusTotalLatency time.Duration
}

const (
	// loopback is reached from this machine alone.
	loopback = "127.0.0.1:0"
	// headerTimeout bounds how long a client may take to say what it wants: one that stands open and silent is a mistake.
	headerTimeout = 10 * time.Second
)

// A Simulation is both simulators, and the ports that they are served on.
type Simulation struct {
	ThreatQ    *tqsim.Server
	VirusTotal *vtsim.Server

	options Options
	doors   []door
}

// A door is a port and who answers there.
type door struct {
	name     string
	listener net.Listener
	handler  http.Handler
}

// Listen takes the ports. Nothing is answered before Run.
func Listen(ctx context.Context, o Options) (*Simulation, error) {
	s := &Simulation{
		ThreatQ: &tqsim.Server{Latency: o.ThreatQLatency},
		VirusTotal: &vtsim.Server{
			Keys:    map[string]vtsim.Key{vtsim.DefaultKey: {Limits: vtsim.Limits{Minute: o.PerMinute, Day: o.PerDay}, Private: true}},
			Latency: o.VirusTotalLatency,
		},
		options: o,
	}
	err := errors.Join(s.open(ctx, "ThreatQ", o.ThreatQ, s.ThreatQ), s.open(ctx, "VirusTotal", o.VirusTotal, s.VirusTotal))
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// open takes the port of one simulator.
func (s *Simulation) open(ctx context.Context, name, address string, handler http.Handler) error {
	if address == "" {
		address = loopback
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for the simulated %s: %w", name, err)
	}
	s.doors = append(s.doors, door{name, listener, handler})
	return nil
}

// Close gives up the ports of a simulation that is not run.
func (s *Simulation) Close() {
	for _, d := range s.doors {
		_ = d.listener.Close() // Nothing was written to it.
	}
}

// Run answers until ctx ends, and then returns nil.
func (s *Simulation) Run(ctx context.Context) error {
	var group lifecycle.Group
	for _, d := range s.doors {
		group.Add("simulated "+d.name, d.run)
	}
	return group.Run(ctx)
}

// run answers at one port.
func (d door) run(ctx context.Context) error {
	server := &http.Server{Handler: d.handler, ReadHeaderTimeout: headerTimeout}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // Cut short: a simulator has nothing to finish.
	if err := server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Environment is what to set so that vtq, or any other client, finds the simulators: NAME=value, as in os.Environ.
func (s *Simulation) Environment() []string {
	return []string{
		"THREATQ_URL=http://" + s.doors[0].listener.Addr().String(),
		"THREATQ_CLIENT_ID=" + tqsim.DefaultClientID,
		"THREATQ_CLIENT_SECRET=" + tqsim.DefaultClientSecret,
		"VT_BASE_URL=http://" + s.doors[1].listener.Addr().String() + "/api/v3",
		"VT_PROVIDER=virustotal",
		"VT_API_KEY=" + vtsim.DefaultKey,
		"VT_REQUESTS_PER_MINUTE=" + strconv.Itoa(s.options.PerMinute),
		"VT_REQUESTS_PER_DAY=" + strconv.Itoa(s.options.PerDay),
		"VT_REQUESTS_PER_MONTH=0",
	}
}
