package reversinglabs

import (
	"cmp"
	"net/netip"
	"strings"
)

// reputations answers TCA-0407: URLs, domains and addresses in one list. One that nobody knows has an entry in which nobody
// says anything, as sister APIs have it.
func (s *Server) reputations(x *exchange) response {
	q, refusal, ok := s.read(x)
	if !ok {
		return refusal
	}
	if refusal, ok := s.sized(x, len(q.Locations)); !ok {
		return refusal
	}
	valid, entries := make([]string, 0, len(q.Locations)), make([]object, 0, len(q.Locations))
	for _, l := range q.Locations {
		kind, known := l.kind()
		if !known || !isLocation(kind, l.Location) {
			continue
		}
		valid = append(valid, l.Location)
		entries = append(entries, s.reputation(kind, l.Location))
	}
	return page(q.Format, object{"entries": s.shuffled(entries)}, valid...)
}

// kind is what the query says that the location is, or what it looks like.
func (l location) kind() (kind Kind, known bool) {
	switch l.Type {
	case "url":
		return URL, true
	case "ip":
		return IPAddress, true
	case "domain":
		return Domain, true
	case "":
	default:
		return "", false
	}
	if _, err := netip.ParseAddr(l.Location); err == nil {
		return IPAddress, true
	}
	if strings.ContainsAny(l.Location, "/:?#") {
		return URL, true
	}
	return Domain, true
}

func (s *Server) reputation(kind Kind, sent string) object {
	types := map[Kind]string{URL: "url", IPAddress: "ip", Domain: "domain"}
	entry := object{"requested_network_location": sent, "type": types[kind], "associated_malware": false}
	r := s.at(kind, sent)
	if r == nil {
		entry["third_party_reputations"] = (&record{}).statistics(false)
		return entry
	}
	entry["third_party_reputations"] = r.statistics(false)
	entry["associated_malware"] = kind != URL && r.count(malicious) > 0
	setText(entry, "first_seen", cmp.Or(stamp(r.first), r.looked()))
	setText(entry, "last_seen", cmp.Or(stamp(r.last), r.looked()))
	if kind == URL { // The recorded answer has these for the URL alone.
		setText(entry, "classification", r.classification())
		if r.count(malicious) > 0 {
			entry["reason"], entry["categories"] = "third_party_reputation", []string{"phishing"}
		}
	}
	return entry
}
