package simulation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"vtq.internal/shared/lifecycle"
	"vtq.internal/shared/provider"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	tqsim "vtq.internal/shared/simulator/threatq"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// Options say where the simulators listen and how they behave.
type Options struct {
	// Providers are those that are served, of VirusTotal and ReversingLabs, first asked first. Defaults to VirusTotal alone.
	Providers []string
	// ThreatQ, VirusTotal and ReversingLabs are addresses to listen on, as in net.Listen. Defaults to loopback ports that the system
	// picks.
	ThreatQ, VirusTotal, ReversingLabs string
	// PerMinute and PerDay are the requests that may be made at VT_BASE_URL, whoever answers there. 0 means without limit.
	PerMinute, PerDay int
	// BesidePerMinute and BesidePerDay are the same of ReversingLabs beside VirusTotal; of many hashes in one request each counts against
	// the day. 0 means without limit.
	BesidePerMinute, BesidePerDay int
	// ThreatQLatency, VirusTotalLatency and ReversingLabsLatency are how long every answer takes. Defaults to none.
	ThreatQLatency, VirusTotalLatency, ReversingLabsLatency time.Duration
}

// serves tells whether a provider is served.
func (o Options) serves(name string) bool { return slices.Contains(o.Providers, name) }

// contract is the budget that the key and the user of ReversingLabs share.
const contract = "simulated"

// keys is what VirusTotal knows of who asks.
func (o Options) keys() map[string]vtsim.Key {
	return map[string]vtsim.Key{vtsim.DefaultKey: {Limits: vtsim.Limits{Minute: o.PerMinute, Day: o.PerDay}, Private: true}}
}

// account is what ReversingLabs knows of who asks. Only days count there: a pace is for whoever asks to keep.
func (o Options) account() rlsim.Account {
	perDay := o.PerDay
	if o.serves(provider.VirusTotal) {
		perDay = o.BesidePerDay
	}
	return rlsim.Account{Contract: contract, Limits: rlsim.Limits{Day: perDay}}
}

const (
	// loopback is reached from this machine alone.
	loopback = "127.0.0.1:0"
	// headerTimeout bounds how long a client may take to say what it wants: one that stands open and silent is a mistake.
	headerTimeout = 10 * time.Second
)

// A Simulation is the simulators, and the ports that they are served on. A provider that is not served knows nothing, and is asked by
// nobody.
type Simulation struct {
	ThreatQ       *tqsim.Server
	VirusTotal    *vtsim.Server
	ReversingLabs *rlsim.Server

	options Options
	doors   []door
}

// doorThreatQ is the name of ThreatQ's door; the others are called after their providers.
const doorThreatQ = "ThreatQ"

// A door is a port and who answers there.
type door struct {
	name     string
	listener net.Listener
	handler  http.Handler
}

// Listen takes the ports. Nothing is answered before Run.
func Listen(ctx context.Context, o Options) (*Simulation, error) {
	if len(o.Providers) == 0 {
		o.Providers = []string{provider.VirusTotal}
	}
	s := &Simulation{
		ThreatQ:    &tqsim.Server{Latency: o.ThreatQLatency},
		VirusTotal: &vtsim.Server{Keys: o.keys(), Latency: o.VirusTotalLatency},
		ReversingLabs: &rlsim.Server{
			Keys:    map[string]rlsim.Account{rlsim.DefaultKey: o.account()},
			Users:   map[string]rlsim.User{rlsim.DefaultUser: {Password: rlsim.DefaultPassword, Account: o.account()}},
			Latency: o.ReversingLabsLatency,
		},
		options: o,
	}
	err := s.open(ctx, doorThreatQ, o.ThreatQ, s.ThreatQ)
	for _, name := range o.Providers {
		switch name {
		case provider.VirusTotal:
			err = errors.Join(err, s.open(ctx, name, o.VirusTotal, s.VirusTotal))
		case provider.ReversingLabs:
			err = errors.Join(err, s.open(ctx, name, o.ReversingLabs, s.ReversingLabs))
		default:
			err = errors.Join(err, fmt.Errorf("simulating %s: there is no simulator of it", provider.Title(name)))
		}
	}
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
		return fmt.Errorf("listening for the simulated %s: %w", provider.Title(name), err)
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
		group.Add("simulated "+provider.Title(d.name), d.run)
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
