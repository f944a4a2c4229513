package reversinglabs

import (
	"fmt"
	"sync"
)

// store holds records under every id that finds them.
type store struct {
	mu      sync.RWMutex
	records map[objectKey]*record
}

type objectKey struct {
	kind Kind
	id   string
}

func (s *store) add(r *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records == nil {
		s.records = map[objectKey]*record{}
	}
	for _, id := range r.ids() {
		s.records[objectKey{r.kind, id}] = r
	}
}

// find knows ids in the form in which add files them.
func (s *store) find(kind Kind, id string) *record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.records[objectKey{kind, id}]
}

// AddReport files what VirusTotal reports about an object: {"data": {"type", "id", "attributes"}}. The suite serves of it what
// the vendor's own does, and the native APIs say the same in their words, so that the same object can be asked about at
// VirusTotal, at the suite and natively and has as many malicious and undetected engines at each. Engines of other categories are
// left out where a place has none. A report of an object that has one already takes its place. Reports may be added while the
// Server serves. The body is not kept.
func (s *Server) AddReport(raw []byte) error {
	r, err := parseReport(raw)
	if err != nil {
		return fmt.Errorf("adding a report: %w", err)
	}
	s.store.add(r)
	return nil
}

// AddSample files a file as TCA-0103 returns it: {"rl": {"sample": {…}}}, its history included. It is otherwise as AddReport.
func (s *Server) AddSample(raw []byte) error {
	r, err := parseSample(raw)
	if err != nil {
		return fmt.Errorf("adding a sample: %w", err)
	}
	s.store.add(r)
	return nil
}

// known finds a record by the id that it is filed under, or has it made up. Name is how Synthesize would know the object.
func (s *Server) known(kind Kind, id, name string) *record {
	if r := s.store.find(kind, id); r != nil || s.Synthesize == nil {
		return r
	}
	raw := s.Synthesize(string(kind), name)
	if raw == nil {
		return nil
	}
	r, err := parseReport(raw)
	if err != nil {
		return nil // What is no report is no answer.
	}
	return r
}
