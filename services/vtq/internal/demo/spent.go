package demo

import (
	"crypto/sha1" //nolint:gosec // How ReversingLabs names a URL, and no protection of anything.
	"encoding/base64"
	"encoding/hex"
	"strings"

	"vtq.internal/shared/provider"
	rlsim "vtq.internal/shared/simulator/reversinglabs"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// requests is what the simulators have counted so far.
func (r *round) requests() Requests {
	return Requests{Provider: r.asked(), ThreatQ: r.sim.ThreatQ.Requests(), Writes: r.sim.ThreatQ.Writes()}
}

// asked is how many requests the providers have had.
func (r *round) asked() int {
	return r.sim.VirusTotal.Lookups() + r.sim.ReversingLabs.Requests().Total()
}

// spent adds what each provider has had to the outcome, both passes together, and what was asked twice by any of them.
func (r *round) spent(out *Outcome) {
	for i := range out.Providers {
		switch p := &out.Providers[i]; p.Name {
		case provider.VirusTotal:
			p.Requests += r.sim.VirusTotal.Lookups()
			p.Spent += r.sim.VirusTotal.Lookups()
			p.PerDay += r.perDay()
		case provider.ReversingLabs:
			p.Requests += r.sim.ReversingLabs.Requests().Total()
			p.Spent += r.sim.ReversingLabs.Billed()
		}
	}
	for _, times := range r.objects() {
		out.AskedTwice += times - 1
	}
}

// objects counts how often each hash, URL, name and address was asked about, whoever was asked.
func (r *round) objects() map[string]int {
	all := map[string]int{}
	for _, call := range r.sim.VirusTotal.Calls() {
		switch {
		case !call.Counted:
		case call.Endpoint == vtsim.URLs:
			all[sha1Of(call.ID)]++
		default:
			all[strings.ToLower(call.ID)]++
		}
	}
	for item, times := range r.sim.ReversingLabs.Items() {
		all[item] += times
	}
	for _, call := range r.sim.ReversingLabs.Calls() {
		if call.Outcome == rlsim.NotFound { // Which is not billed, and therefore not among the items.
			all[strings.ToLower(call.ID)]++
		}
	}
	return all
}

// sha1Of turns the id of a URL at VirusTotal into that at ReversingLabs.
func sha1Of(id string) string {
	link, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return id // Some other id, which is as good where nobody else can have the same.
	}
	sum := sha1.Sum(link) //nolint:gosec // As above.
	return hex.EncodeToString(sum[:])
}
