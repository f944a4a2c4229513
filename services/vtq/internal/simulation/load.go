package simulation

import (
	"net/netip"
	"strings"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/simulator/dataset"
	vtsim "vtq.internal/shared/simulator/virustotal"
)

// Load makes seeds of the report files below a directory: one indicator each, as ThreatQ would store it. An object that was recorded
// more than once has one report at a time, so the n-th report of every object is in the n-th round. Files that are no reports, or
// whose object cannot be named, are among the skipped.
func Load(dir string) (rounds [][]Seed, skipped []vtsim.Skip, err error) {
	reports, skipped, err := vtsim.Reports(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, recordings := range vtsim.ByObject(reports) {
		n := 0
		for _, report := range recordings {
			item, ok := itemOf(report)
			if !ok {
				skipped = append(skipped, vtsim.Skip{Path: report.Path, Reason: "a report that does not name its object"})
				continue
			}
			if n == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[n] = append(rounds[n], Seed{Item: item, Path: report.Path})
			n++
		}
	}
	return rounds, skipped, nil
}

// itemOf names the object of a report as ThreatQ would. It fails for a URL that the report gives a hash of only.
func itemOf(r vtsim.Report) (item dataset.Item, ok bool) {
	item = dataset.Item{Value: r.Value, Report: r.Raw}
	switch r.Kind {
	case vtsim.File:
		item.Type = hashType(r.Value)
	case vtsim.URL:
		scheme, rest, found := strings.Cut(r.Value, "://")
		if !found {
			return item, false
		}
		// ThreatQ strips the scheme, and what feeds put into this attribute is all that is left of it.
		item.Type, item.Value = indicator.TypeURL, rest
		item.Attributes = []dataset.Attribute{{Name: "Scheme", Value: scheme}}
	case vtsim.Domain:
		item.Type = indicator.TypeFQDN
	case vtsim.IPAddress:
		item.Type = addressType(r.Value)
	}
	return item, item.Type != ""
}

// hashType tells by the hex digits: 128, 160 or 256 bits.
func hashType(hash string) string {
	switch 4 * len(hash) {
	case 128:
		return indicator.TypeMD5
	case 160:
		return indicator.TypeSHA1
	}
	return indicator.TypeSHA256
}

func addressType(address string) string {
	if parsed, err := netip.ParseAddr(address); err == nil && parsed.Is4() {
		return indicator.TypeIP
	}
	return indicator.TypeIPv6
}
