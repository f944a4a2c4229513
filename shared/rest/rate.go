package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// epoch is the least number that a rate header's reset may be a time by, in seconds since 1970, and not a wait: 2001.
const epoch = 1_000_000_000

// exhausted is how long nothing remains, when an answer says so in the X-RateLimit headers that many services have; else zero, and at
// most MaxRetryAfter. No standard tells whether a reset is a wait or a time; the figure does.
func (r Response) exhausted() time.Duration {
	if strings.TrimSpace(r.Header.Get("X-Ratelimit-Remaining")) != "0" && r.Status != http.StatusTooManyRequests {
		return 0
	}
	reset, err := strconv.ParseInt(strings.TrimSpace(r.Header.Get("X-Ratelimit-Reset")), 10, 64)
	if err != nil || reset <= 0 {
		return 0
	}
	if reset >= epoch { // Services cut off what is below a second.
		return min(max(time.Unix(min(reset, 1<<40)+1, 0).Sub(r.Now()), 0), MaxRetryAfter)
	}
	return min(time.Duration(min(reset, int64(MaxRetryAfter/time.Second)))*time.Second, MaxRetryAfter)
}

// Now is the server's time where it is told: what it dates is measured by its own clock.
func (r Response) Now() time.Time {
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

// noticeKey is where a context keeps its notice.
type noticeKey struct{}

// WithNotice has f called when an answer to a request under ctx says that nothing remains for a while after it. A refusal says so by
// its fault.
func WithNotice(ctx context.Context, f func(wait time.Duration)) context.Context {
	return context.WithValue(ctx, noticeKey{}, f)
}

// notice calls whom the context names.
func notice(ctx context.Context, response Response) {
	f, ok := ctx.Value(noticeKey{}).(func(time.Duration))
	if wait := response.exhausted(); ok && response.Status != http.StatusTooManyRequests && wait > 0 {
		f(wait)
	}
}
