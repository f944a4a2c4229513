package virustotal

import (
	"fmt"
	"sync"
)

// store holds reports under every id that finds them.
type store struct {
	mu      sync.RWMutex
	reports map[objectKey][]byte
}

type objectKey struct {
	kind Kind
	id   string
}

func (s *store) add(r Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reports == nil {
		s.reports = map[objectKey][]byte{}
	}
	s.reports[objectKey{r.Kind, r.ID}] = r.Raw
	for _, alias := range r.aliases {
		s.reports[objectKey{r.Kind, alias}] = r.Raw
	}
}

func (s *store) find(o object) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.reports[objectKey{o.kind, o.id}]
}

// AddReport files a report exactly as the service returns it: {"data": {"type", "id", "attributes"}}. It is then served, as it
// is, to whoever asks for the object: a file under each of its hashes, a URL under the SHA-256 of its canonical form. A report
// of an object that has one already takes its place. Reports may be added while the Server serves. The body is kept, not
// copied.
func (s *Server) AddReport(raw []byte) error {
	report, err := ParseReport(raw)
	if err != nil {
		return fmt.Errorf("adding a report: %w", err)
	}
	s.store.add(report)
	return nil
}
