// Package simulation serves a simulated ThreatQ and simulated providers, VirusTotal, ReversingLabs or both, on loopback ports, with
// something in them.
//
//	sim, err := simulation.Listen(ctx, simulation.Options{PerMinute: 240})
//	err = sim.Fill(simulation.Synthetic())
//	err = sim.Run(ctx)       // Until ctx ends.
//
// What they are filled with is a list of seeds: an indicator as an administrator would find it in ThreatQ, and the report about its
// object, which each provider tells in the words of its own API. Seeds come from the project's own synthetic data, or from report files
// as the real service returns them (Load).
//
// Environment tells how to reach them, as settings of vtq. The credentials in it are those that the simulators were born with: they
// protect nothing, and the ports are on loopback unless somebody asks for another address.
package simulation
