package enrich

import (
	"context"
	"slices"
	"sync"

	"vtq.internal/shared/indicator"
)

// A shelf lets files be asked about side by side only when they are named by hashes of one sort. The MD5, the SHA-1 and the SHA-256 of
// a file are three objects until the provider says that they are one; asked about at the same time they would cost three requests. Jobs
// for hashes of one sort can not be about one file without being one object, so they need not wait for each other.
//
// There is one for each lane of the backlog: a file that is in hand in both lanes under two names may cost one request too many.
//
// A sort that waits keeps others from joining the one inside, so that each has its turn; when those inside have left, all who wait for the
// next sort's turn enter together, so that a request about many files finds them. The zero value is empty.
type shelf struct {
	mu     sync.Mutex
	inside int      // Jobs inside, all of one sort.
	sort   int      // Theirs: the digits of their hashes.
	queue  []*turns // Sorts that wait, first come first.
}

// turns are the jobs of one sort that wait.
type turns struct {
	sort    int
	waiting []chan struct{} // Each closed when its job is inside.
}

// enter waits until a job about an object may go on, or for the end of ctx, whose cause it returns. Who entered has to leave.
func (s *shelf) enter(ctx context.Context, object indicator.Object) (leave func(), err error) {
	if object.Kind != indicator.File {
		return func() {}, nil
	}
	leave = sync.OnceFunc(s.leave)
	inside := s.join(len(object.Value))
	select {
	case <-inside:
		return leave, nil
	case <-ctx.Done():
		s.forget(inside)
		return nil, context.Cause(ctx)
	}
}

// join gives what is closed when a job of a sort is inside.
func (s *shelf) join(sort int) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	inside := make(chan struct{})
	if s.inside == 0 || s.sort == sort && len(s.queue) == 0 {
		s.inside, s.sort = s.inside+1, sort
		close(inside)
		return inside
	}
	for _, t := range s.queue {
		if t.sort == sort {
			t.waiting = append(t.waiting, inside)
			return inside
		}
	}
	s.queue = append(s.queue, &turns{sort, []chan struct{}{inside}})
	return inside
}

// forget takes a job out of the queue that waits no longer, or has it leave where its turn came just then.
func (s *shelf) forget(inside chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.queue {
		if at := slices.Index(t.waiting, inside); at >= 0 {
			if t.waiting = slices.Delete(t.waiting, at, at+1); len(t.waiting) == 0 {
				s.queue = slices.Delete(s.queue, i, i+1)
			}
			return
		}
	}
	s.left()
}

func (s *shelf) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left()
}

// left needs the lock. It gives the next sort its turn when nobody is inside any more.
func (s *shelf) left() {
	if s.inside--; s.inside > 0 || len(s.queue) == 0 {
		return
	}
	next := s.queue[0]
	s.queue = s.queue[1:]
	s.sort, s.inside = next.sort, len(next.waiting)
	for _, inside := range next.waiting {
		close(inside)
	}
}
