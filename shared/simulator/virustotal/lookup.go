package virustotal

import (
	"bytes"
	"encoding/json"
	"net/http"

	"vtq.internal/shared/simulator/spoil"
)

// lookUp answers one look-up: limits first, then the identifier, then what is known.
func (s *Server) lookUp(x *exchange, key Key) spoil.Answer {
	if after := s.spend(x, key); after > 0 {
		return s.rateHeaders(s.rejected(x.call.At, after), x, key)
	}
	answer := s.find(x, key)
	if answer.Status == http.StatusNotFound && s.FreeNotFound {
		s.refund(x, key)
	}
	return s.rateHeaders(answer, x, key)
}

func (s *Server) find(x *exchange, key Key) spoil.Answer {
	object, refusal := s.identify(x.route)
	if refusal != nil {
		return *refusal
	}
	report := s.store.find(object)
	if report == nil && s.Synthesize != nil {
		report = s.Synthesize(string(object.kind), object.text())
	}
	if report == nil {
		return s.notFound(x.route)
	}
	if !key.GTI || x.request.Header.Get("X-Tool") == "" {
		report = withoutGTI(report)
	}
	return spoil.Answer{Status: http.StatusOK, Header: http.Header{}, Body: report}
}

// notFound echoes the id as it was sent: the MD5 in a recorded answer about an MD5, the base64 of a URL in the vendor's
// documentation. The texts for domains and addresses are guesses in the same manner.
func (s *Server) notFound(r route) spoil.Answer {
	noun := map[Endpoint]string{Files: "File", URLs: "URL", Domains: "Domain", IPAddresses: "IP address"}[r.endpoint]
	return s.fail(http.StatusNotFound, "NotFoundError", noun+" \""+r.id+"\" not found")
}

// identify reads the id of a look-up, strictly: what it refuses cost the caller a request.
func (s *Server) identify(r route) (object, *spoil.Answer) {
	var refusal spoil.Answer
	switch r.endpoint {
	case Files:
		if hash, ok := hashOf(r.id); ok {
			return object{kind: File, id: hash}, nil
		}
		// What is no hash gets another text than an unknown hash: seen for "files/None".
		refusal = s.fail(http.StatusNotFound, "NotFoundError", "Resource not found")
	case URLs:
		if o, ok := urlOf(r.id); ok {
			return o, nil
		}
		refusal = s.notFound(r)
	case Domains:
		if name, ok := domainOf(r.id); ok {
			return object{kind: Domain, id: name}, nil
		}
		refusal = s.invalid("Domain \"" + r.id + "\" is not a valid domain pattern") // Recorded 2020-12-28.
	default:
		if address, ok := addressOf(r.id); ok {
			return object{kind: IPAddress, id: address}, nil
		}
		refusal = s.invalid("\"" + r.id + "\" is not a valid IP address")
	}
	return object{}, &refusal
}

func (s *Server) invalid(message string) spoil.Answer {
	return s.fail(http.StatusBadRequest, "InvalidArgumentError", message)
}

// withoutGTI leaves out what only Google Threat Intelligence adds. A report without it is returned as it is.
func withoutGTI(report []byte) []byte {
	if !bytes.Contains(report, []byte(`"gti_assessment"`)) && !bytes.Contains(report, []byte(`"mandiant_ic_score"`)) {
		return report
	}
	var body, data, attributes map[string]json.RawMessage
	if json.Unmarshal(report, &body) != nil || json.Unmarshal(body["data"], &data) != nil ||
		json.Unmarshal(data["attributes"], &attributes) != nil {
		return report
	}
	delete(attributes, "gti_assessment")
	delete(attributes, "mandiant_ic_score")
	data["attributes"] = marshal(attributes)
	body["data"] = marshal(data)
	return marshal(body)
}
