package reversinglabs

import (
	"cmp"
	"strings"
)

// location answers one URL, domain or address: TCA-0403, TCA-0405, TCA-0406.
func (s *Server) location(x *exchange) response {
	q, refusal, ok := s.read(x)
	if !ok {
		return refusal
	}
	kind, sent := URL, q.URL
	switch x.route.endpoint {
	case DomainReport:
		kind, sent = Domain, q.Domain
	case IPReport:
		kind, sent = IPAddress, q.IP
	default:
	}
	if !isLocation(kind, sent) {
		return s.bad(x, "Malformed network location")
	}
	r := s.at(kind, sent)
	if r == nil {
		return s.notFound(x)
	}
	return page(q.Format, r.networkReport(sent), sent)
}

// locations answers a list of one kind. That answers come in entries, that one which is not known has none, and that an invalid
// one is passed over are guesses from the sister APIs.
func (s *Server) locations(x *exchange) response {
	q, refusal, ok := s.read(x)
	if !ok {
		return refusal
	}
	kind, all := URL, q.URLs
	switch x.route.endpoint {
	case DomainReportBulk:
		kind, all = Domain, q.Domains
	case IPReportBulk:
		kind, all = IPAddress, q.IPs
	default:
	}
	if refusal, ok := s.sized(x, len(all)); !ok {
		return refusal
	}
	valid, entries := make([]string, 0, len(all)), make([]object, 0, len(all))
	for _, sent := range all {
		if !isLocation(kind, sent) {
			continue
		}
		valid = append(valid, sent)
		if r := s.at(kind, sent); r != nil {
			entries = append(entries, r.networkReport(sent))
		}
	}
	return page(q.Format, object{"entries": s.shuffled(entries)}, valid...)
}

// at finds what is known about a location.
func (s *Server) at(kind Kind, sent string) *record {
	name := sent
	if kind != URL {
		name = fileUnder(kind, sent)
	}
	return s.known(kind, fileUnder(kind, sent), name)
}

// networkReport is what one location's report has: members that all three have, and those of the kind.
func (r *record) networkReport(sent string) object {
	body := object{"third_party_reputations": object{"statistics": r.statistics(r.kind == IPAddress), "sources": r.sources()}}
	switch r.kind {
	case URL:
		body["requested_url"], body["analysis"] = sent, r.visits()
		setText(body, "classification", r.classification())
		return body
	case Domain:
		// The address is one of those kept for documentation: nobody is to look at it further.
		body["requested_domain"], body["top_threats"] = sent, r.threats()
		body["last_dns_records"] = []object{{"type": "A", "value": "192.0.2.1", "provider": "ReversingLabs"}}
		setText(body, "last_dns_records_time", r.looked())
	case IPAddress:
		body["requested_ip"] = sent
		setText(body, "last_seen", cmp.Or(stamp(r.last), r.looked()))
	case File:
	}
	setText(body, "modified_time", r.looked())
	body["downloaded_files_statistics"] = statistics(r.count(malicious), 0)
	return body
}

// looked is when the location was last looked at, empty where nobody said.
func (r *record) looked() string { return cmp.Or(stamp(r.analysed), stamp(r.latest().at)) }

// count is 0 for a category that the report has not.
func (r *record) count(category string) int { return r.counts[category] }

// statistics of the third parties: clean is what VirusTotal calls harmless. Recorded ones have a member for doubts about an address,
// and none about a name or a URL without doubts.
func (r *record) statistics(doubts bool) object {
	counts := object{
		"malicious": r.count(malicious), "clean": r.count(harmless), "undetected": r.count(undetected),
		"total": r.count(malicious) + r.count(suspicious) + r.count(harmless) + r.count(undetected),
	}
	if doubts || r.count(suspicious) > 0 {
		counts["suspicious"] = r.count(suspicious)
	}
	return counts
}

// sources are the third parties one by one.
func (r *record) sources() []object {
	sources := []object{}
	for _, e := range r.latest().engines {
		detection := e.category
		switch e.category {
		case harmless:
			detection = "clean"
		case malicious, suspicious, undetected:
		default:
			continue
		}
		source := object{"source": e.scanner, "detection": detection}
		setText(source, "update_time", r.looked())
		if e.category == malicious {
			setText(source, "detect_time", r.looked())
			if r.kind == IPAddress {
				source["categories"] = []string{} // Recorded so, of addresses alone.
			}
		}
		sources = append(sources, source)
	}
	return sources
}

// classification is the service's verdict: one source is enough, as in the recorded report with one of eleven.
func (r *record) classification() string {
	switch {
	case r.count(malicious) > 0:
		return malicious
	case r.count(suspicious) > 0:
		return suspicious
	case r.count(harmless) > 0:
		return "known"
	}
	return "unknown"
}

// visits are made up, but for their times and the URL: one visit, which found no file.
func (r *record) visits() object {
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.value, "https://"), "http://"), "/")
	visit := object{
		"analysis_id": sha1Of(r.value)[:16], "analysis_time": r.looked(), "final_url": r.value, "http_response_code": 200,
		"availability_status": "online", "domain": host, "serving_ip_address": "192.0.2.1",
	}
	return object{
		"first_analysis": cmp.Or(stamp(r.first), r.looked()), "analysis_count": 1, "last_analysis": visit,
		"statistics": statistics(0, 0), "analysis_history": []object{visit},
	}
}

// statistics of downloaded files.
func statistics(malicious, known int) object {
	return object{"malicious": malicious, "known": known, "suspicious": 0, "unknown": 0, "total": malicious + known}
}

// threats are what a malicious domain gives to whoever loads from it.
func (r *record) threats() []object {
	threats := []object{}
	if n := r.count(malicious); n > 0 {
		threats = append(threats, object{"threat_name": "Win32.Malware." + generic, "threat_level": 5, "files_count": n})
	}
	return threats
}
