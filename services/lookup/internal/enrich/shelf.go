package enrich

import (
	"context"
	"sync"

	"vtq.internal/shared/indicator"
)

// A shelf lets files be asked about side by side only when they are named by hashes of one sort. The MD5, the SHA-1 and the SHA-256 of
// a file are three objects until the provider says that they are one; asked about at the same time they would cost three requests. Jobs
// for hashes of one sort can not be about one file without being one object, so they need not wait for each other.
//
// There is one for each lane of the backlog: a file that is in hand in both lanes under two names may cost one request too many.
//
// A sort that waits keeps others from joining the one inside, so that each has its turn. The zero value is empty.
type shelf struct {
	mu      sync.Mutex
	inside  int           // Jobs inside, all of one sort.
	sort    int           // Theirs: the digits of their hashes.
	waiting map[int]int   // By sort.
	changed chan struct{} // Closed, and replaced, when those inside have left.
}

// enter waits until a job about an object may go on, or for the end of ctx, whose cause it returns. Who entered has to leave.
func (s *shelf) enter(ctx context.Context, object indicator.Object) (leave func(), err error) {
	if object.Kind != indicator.File {
		return func() {}, nil
	}
	sort := len(object.Value)
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.inside > 0 && (s.sort != sort || s.awaited()) {
		if err := s.wait(ctx, sort); err != nil {
			return nil, err
		}
	}
	s.inside, s.sort = s.inside+1, sort
	return sync.OnceFunc(s.leave), nil
}

// awaited tells whether another sort than the one inside waits.
func (s *shelf) awaited() bool {
	for sort, n := range s.waiting {
		if sort != s.sort && n > 0 {
			return true
		}
	}
	return false
}

// wait waits, unlocked, until all who are inside have left.
func (s *shelf) wait(ctx context.Context, sort int) error {
	if s.changed == nil {
		s.changed, s.waiting = make(chan struct{}), map[int]int{}
	}
	changed, waiting := s.changed, s.waiting
	waiting[sort]++
	s.mu.Unlock()
	defer func() { s.mu.Lock(); waiting[sort]-- }()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *shelf) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside--
	if s.inside == 0 && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
