package reversinglabs

import (
	"cmp"
	"slices"
)

// hash answers one hash, of TCA-0101 or TCA-0103.
func (s *Server) hash(x *exchange) response {
	parameters := x.request.URL.Query()
	format := cmp.Or(parameters.Get("format"), formatXML) // The default of single queries (vendor documentation).
	if !isFormat(format) {
		return s.bad(x, "Unknown response format")
	}
	hash, ok := hashOf(x.route.id)
	if !ok || len(hash) != digits(x.route.hashType) {
		return s.bad(x, "Malformed hash")
	}
	r := s.known(File, hash, hash)
	if r == nil {
		return s.notFound(x)
	}
	if x.route.endpoint == Presence {
		body := r.presence(parameters.Get("extended") == yes, parameters.Get("show_hashes") == yes)
		body["query_hash"] = object{x.route.hashType: x.route.id}
		return page(format, object{"malware_presence": body}, hash)
	}
	return page(format, object{"sample": s.sample(r, parameters.Get("history") == yes)}, hash)
}

// yes is how a parameter is switched on.
const yes = "true"

// A batch is a bulk query of hashes, sorted by what is known of each.
type batch struct {
	valid            []string // In lower case, as often as they were sent.
	invalid, unknown []string // As sent.
	known            []found  // Each file once.
}

// A found is a file, and the hash by which it was asked for, as sent.
type found struct {
	*record
	asked string
}

// hashes answers a bulk query of TCA-0101 or TCA-0103. It is 200 whatever it finds, and costs its valid hashes, unknown ones
// included. The two differ in what an unknown hash is: an entry there, left out here.
func (s *Server) hashes(x *exchange) response {
	q, refusal, ok := s.read(x)
	if !ok {
		return refusal
	}
	if refusal, ok := s.sized(x, len(q.Hashes)); !ok {
		return refusal
	}
	if digits(q.HashType) == 0 {
		return s.bad(x, "Unknown hash type")
	}
	b := s.sort(q)
	body := object{}
	if x.route.endpoint == PresenceBulk {
		body["entries"] = s.entries(x, q.HashType, b)
	} else {
		body["samples"] = s.samples(x, b)
	}
	if len(b.invalid) > 0 && (s.Groups || x.route.endpoint == PresenceBulk) {
		body["invalid_hashes"] = b.invalid
	}
	if len(b.unknown) > 0 && s.Groups && x.route.endpoint == XrefBulk {
		body["unknown_hashes"] = b.unknown
	}
	return page(q.Format, body, b.valid...)
}

// sort looks every hash up. One of another type than the query's is invalid, however well formed.
func (s *Server) sort(q query) batch {
	var b batch
	var seen []*record
	for _, sent := range q.Hashes {
		hash, ok := hashOf(sent)
		if !ok || len(hash) != digits(q.HashType) {
			b.invalid = append(b.invalid, sent)
			continue
		}
		// Whether the service answers a repeated hash twice is not known: here it bills twice and answers once.
		repeated := slices.Contains(b.valid, hash)
		b.valid = append(b.valid, hash)
		if repeated {
			continue
		}
		r := s.known(File, hash, hash)
		switch {
		case r == nil:
			b.unknown = append(b.unknown, sent)
		case !slices.Contains(seen, r):
			seen = append(seen, r)
			b.known = append(b.known, found{r, sent})
		}
	}
	return b
}

// samples are the records of the known hashes, in the order in which they were sent.
func (s *Server) samples(x *exchange, b batch) []object {
	history := x.request.URL.Query().Get("history") == yes
	samples := make([]object, 0, len(b.known))
	for _, f := range b.known {
		samples = append(samples, s.sample(f.record, history))
	}
	return s.shuffled(samples)
}

// entries are the verdicts on the known hashes, and what is said of the others.
func (s *Server) entries(x *exchange, hashType string, b batch) []object {
	parameters := x.request.URL.Query()
	entries := make([]object, 0, len(b.known)+len(b.unknown))
	for _, f := range b.known {
		entry := f.presence(parameters.Get("extended") == yes, parameters.Get("show_hashes") == yes)
		entry["query_hash"] = object{hashType: f.asked}
		entries = append(entries, entry)
	}
	for _, sent := range b.unknown {
		entries = append(entries, object{"status": unknown, "query_hash": object{hashType: sent}})
	}
	return s.shuffled(entries)
}

// shuffled is the list in the order that the Server answers in.
func (s *Server) shuffled(list []object) []object {
	if s.Shuffle {
		disorder(list)
	}
	return list
}
