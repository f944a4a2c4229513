package reversinglabs

import (
	"net/http"

	"vtq.internal/shared/simulator/spoil"
)

// suite answers the two look-ups that are compatible with VirusTotal.
func (s *Server) suite(x *exchange) response {
	kind, name := File, ""
	id, ok := hashOf(x.route.id)
	if x.route.endpoint == URLs {
		kind = URL
		id, name, ok = urlOf(x.route.id)
	}
	if !ok {
		return s.notFound(x) // As VirusTotal has it: what is no id is not known.
	}
	if name == "" {
		name = id
	}
	r := s.known(kind, id, name)
	if r == nil {
		return s.notFound(x)
	}
	return response{
		Answer: spoil.Answer{
			Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: marshal(object{"data": s.reduced(r)}),
		},
		billable: []string{name},
	}
}

// reduced is a report in the suite's schema, which the vendor's migration guide prints.
func (s *Server) reduced(r *record) object {
	id, attributes := r.names.sha256, object{}
	collection := "files"
	if r.kind == File {
		setText(attributes, "sha256", r.names.sha256)
		setText(attributes, "sha1", r.names.sha1)
		setText(attributes, "md5", r.names.md5)
		if id == "" {
			id = r.names.primary()
		}
	} else {
		id, collection = fileUnder(r.kind, r.value), "urls"
		attributes["url"] = r.value
	}
	r.analysis(attributes)
	setTime(attributes, "first_submission_date", r.first.Unix(), r.first.IsZero())
	setTime(attributes, "last_analysis_date", r.analysed.Unix(), r.analysed.IsZero())
	data := object{"id": id, "attributes": attributes}
	if s.TypeAndLinks {
		data["type"] = r.kind
		data["links"] = object{"self": "https://data.reversinglabs.com" + suiteRoot + collection + "/" + id}
	}
	return data
}

// analysis adds counts and engines in the categories that the suite has, which are two for files. A report without counts stays
// without.
func (r *record) analysis(attributes object) {
	if r.counts == nil {
		return
	}
	stats := object{}
	for _, category := range r.categories() {
		stats[category] = r.counts[category]
	}
	results := object{}
	for _, e := range r.latest().engines {
		if _, served := stats[e.category]; served {
			results[e.name] = r.result(e)
		}
	}
	// The counts are the reported ones, and may be more than the engines: so are VirusTotal's own.
	attributes["last_analysis_stats"], attributes["last_analysis_results"] = stats, results
}

// categories are those of the migration guide: nothing fails, nothing times out, and no file is harmless or suspicious.
func (r *record) categories() []string {
	if r.kind == File {
		return []string{malicious, undetected}
	}
	return []string{malicious, suspicious, harmless, undetected}
}

// result is one engine's answer: what it calls a file is a text or null, what it calls a URL is a list.
func (r *record) result(e engine) object {
	answer := object{"engine_name": e.name, "category": e.category}
	if r.kind == File {
		answer["result"] = nil
		if e.result != "" {
			answer["result"] = e.result
		}
		return answer
	}
	names := []string{}
	if e.result != "" && (e.category == malicious || e.category == suspicious) {
		names = append(names, e.result)
	}
	answer["threat_names"] = names
	return answer
}

// setText leaves out what is not known.
func setText(o object, name, text string) {
	if text != "" {
		o[name] = text
	}
}

// setTime takes seconds, and whether they mean anything: the beginning of 1970 is a time like any other.
func setTime(o object, name string, seconds int64, unknown bool) {
	if !unknown {
		o[name] = seconds
	}
}
