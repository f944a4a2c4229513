package threatq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/fault"
)

// A session holds the token that all requests share.
type session struct {
	mu    sync.Mutex
	token config.Secret
	// until is when the token is no longer used. It carries Go's monotonic reading, so a clock that is set does not move it.
	until time.Time
	// under is the login under way, nil when there is none.
	under *login
}

// A login is one attempt to get a token. Its result is there once done is closed.
type login struct {
	done  chan struct{}
	token config.Secret
	err   error
}

// join gives the token while it is good, else the login to wait for; begin says that the caller has to perform it.
func (s *session) join() (token config.Secret, wait *login, begin bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.IsSet() && time.Now().Before(s.until) {
		return s.token, nil, false
	}
	if s.under == nil {
		s.under, begin = &login{done: make(chan struct{})}, true
	}
	return config.Secret{}, s.under, begin
}

// end takes over the result of the login under way and tells everyone who waits for it.
func (s *session) end(token config.Secret, life time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.token, s.until = token, time.Now().Add(life-min(life/refreshShare, maxRefreshMargin))
	}
	s.under.token, s.under.err = token, err
	close(s.under.done)
	s.under = nil
}

// drop forgets a token that was refused, unless another request has replaced it already.
func (s *session) drop(token config.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token.Equal(token) {
		s.token = config.Secret{}
	}
}

// token gives a good token, after a login if need be. Requests that need one at the same time share one login, and its failure.
func (c *Client) token(ctx context.Context) (config.Secret, error) {
	token, login, begin := c.session.join()
	if login == nil {
		return token, nil
	}
	if begin {
		// Others wait for the login too, so it outlives the request that began it. The client's timeout bounds it.
		go func() { c.session.end(c.login(context.WithoutCancel(ctx))) }()
	}
	select {
	case <-login.done:
		return login.token, login.err
	case <-ctx.Done():
		return config.Secret{}, ended(ctx)
	}
}

// ended classifies the end of a context.
func ended(ctx context.Context) error {
	err := fmt.Errorf("waiting for a login to ThreatQ: %w", context.Cause(ctx))
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.New(fault.Interrupted, err)
	}
	return fault.New(fault.Transient, err)
}
