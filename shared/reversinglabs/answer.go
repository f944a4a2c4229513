package reversinglabs

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

var (
	errNoReport = errors.New("the answer holds no report")
	errInvalid  = errors.New("the service calls the hash invalid")
)

// A body is what stands under "rl": a sample in the answer about one file, samples and perhaps groups in that about many. The groups
// are known from sister calls and the vendor's cookbook; nobody saw them in this one.
type body struct {
	Sample  json.RawMessage `json:"sample"`
	Samples json.RawMessage `json:"samples"`
	Unknown json.RawMessage `json:"unknown_hashes"`
	Invalid json.RawMessage `json:"invalid_hashes"`
}

// decode reads the body of a 200. What is none is Transient.
func decode(response rest.Response) (body, error) {
	var envelope struct {
		RL json.RawMessage `json:"rl"`
	}
	if err := response.Decode(&envelope); err != nil {
		return body{}, err
	}
	if !isObject(envelope.RL) {
		return body{}, fault.New(fault.Transient, errNoReport)
	}
	var b body
	rest.Lenient(envelope.RL, &b)
	return b, nil
}

func isObject(raw json.RawMessage) bool { return bytes.HasPrefix(raw, []byte("{")) }

// isList tells whether a list stands there, perhaps an empty one in the way of services that were born with XML.
func isList(raw json.RawMessage) bool {
	return bytes.HasPrefix(raw, []byte("[")) || string(raw) == `""` || string(raw) == "null"
}

// A batch is an answer about many files, by the hash that was sent.
type batch struct {
	found            map[string]sample
	unknown, invalid map[string]bool
	// strays tells that something in the answer belongs to no hash that was sent, so that what is missing may be it.
	strays bool
}

// decodeMany reads an answer about many files. It must hold at least one of the lists that it can consist of, else everything would
// read as unknown. The entries come in any order, in any case, and perhaps twice: then the newer scan counts.
func decodeMany(response rest.Response, q question) (batch, error) {
	b, err := decode(response)
	if err != nil {
		return batch{}, err
	}
	if !isList(b.Samples) && (b.Samples != nil || !isList(b.Unknown) && !isList(b.Invalid)) {
		return batch{}, fault.New(fault.Transient, errNoReport)
	}
	told := batch{found: make(map[string]sample, len(q.Hashes))}
	sent := make(map[string]bool, len(q.Hashes))
	for _, hash := range q.Hashes {
		sent[hash] = true
	}
	var samples []sample
	rest.Lenient(b.Samples, &samples)
	for _, s := range samples {
		hash := s.hash(q.Type)
		if !sent[hash] {
			told.strays = true
			continue
		}
		if before, twice := told.found[hash]; !twice || before.latest().before(s.latest()) {
			told.found[hash] = s
		}
	}
	told.unknown = told.group(b.Unknown, sent)
	told.invalid = told.group(b.Invalid, sent)
	return told, nil
}

// group reads a list of hashes.
func (b *batch) group(raw json.RawMessage, sent map[string]bool) map[string]bool {
	var hashes []string
	rest.Lenient(raw, &hashes)
	all := make(map[string]bool, len(hashes))
	for _, hash := range hashes {
		hash = strings.ToLower(hash)
		all[hash] = true
		b.strays = b.strays || !sent[hash]
	}
	return all
}

// A sample is a file with its records. JSON that does not fit a field leaves it empty: "xref" is "" where there are no records.
type sample struct {
	MD5       string   `json:"md5"`
	SHA1      string   `json:"sha1"`
	SHA256    string   `json:"sha256"`
	FirstSeen string   `json:"first_seen_on"`
	Type      string   `json:"sample_type"`
	Records   []record `json:"xref"`
}

// hash is the file's hash of a type; empty where it is not told.
func (s sample) hash(typ verdict.HashType) string {
	return verdict.Hash(map[verdict.HashType]string{verdict.MD5: s.MD5, verdict.SHA1: s.SHA1, verdict.SHA256: s.SHA256}[typ], typ)
}
