// Package provider names the providers and the routes to them.
//
// A route is a named, ordered list of providers; the job of an indicator takes the route of its kind. Today there is one provider,
// VirusTotal, which answers all kinds, and the route that bears its name has it alone.
package provider

import "vtq.internal/shared/indicator"

// VirusTotal is the provider's name in subjects, and the name of the route on which it stands alone.
const VirusTotal = "virustotal"

// Routes lists all routes.
func Routes() []string { return []string{VirusTotal} }

// Route gives the route of a kind and the providers on it, first asked first.
func Route(indicator.Kind) (route string, providers []string) {
	return VirusTotal, []string{VirusTotal}
}
