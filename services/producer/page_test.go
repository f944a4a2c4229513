package producer_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
)

func TestAPageTooLargeIsHalved(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		huge := strings.Repeat(" ", 64_000<<10+1) // A byte over the bound of a page.
		var limits []string
		l.onPage(func(_ int, _ string, r *http.Request) *simulator.Fault {
			limit := r.URL.Query().Get("limit")
			limits = append(limits, limit)
			if limit == "10" {
				return &simulator.Fault{Status: http.StatusOK, Body: huge}
			}
			return nil
		})
		l.sweepOnce()
		l.publishedOnce(ids)
		if len(limits) < 9 || limits[0] != "10" || limits[1] != "5" || limits[8] != "5" {
			l.Errorf("pages of %q were asked for, want 10 once and then 5", limits)
		}
	})
}

func TestTheNextWalkBeginsWithWholePages(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(38)
		var first []string // Limits of the first pages of walks.
		l.onPage(func(n int, mark string, r *http.Request) *simulator.Fault {
			if mark == "*" {
				first = append(first, r.URL.Query().Get("limit"))
			}
			if n == 1 {
				return &simulator.Fault{Status: http.StatusOK, Body: strings.Repeat(" ", 64_000<<10+1)}
			}
			return nil
		})
		r := l.start()
		r.walked(2)
		r.stop()
		l.publishedOnce(ids)
		if want := []string{"10", "5", "10"}; !slices.Equal(first[:min(len(first), 3)], want) {
			l.Errorf("walks began with pages of %q, want %q", first, want)
		}
	})
}

// TestARowTooLargeHoldsTheWalk has one that no page is small enough for, until somebody takes it away.
func TestARowTooLargeHoldsTheWalk(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(12)
		mended := time.Now().Add(20 * time.Minute)
		huge := strings.Repeat(" ", 64_000<<10+1)
		l.onPage(func(_ int, mark string, _ *http.Request) *simulator.Fault {
			if mark != "*" && time.Now().Before(mended) {
				return &simulator.Fault{Status: http.StatusOK, Body: huge}
			}
			return nil
		})
		r := l.start()
		l.until(26*time.Minute, func() bool { return r.Walks() > 0 })
		r.stop()
		l.publishedOnce(ids)
		if got := l.logs.count(`"page_size":1`, "halving"); got != 1 {
			l.Errorf("pages became single rows %d times, want once", got)
		}
		if l.logs.count("walk interrupted", `"fault":"permanent"`) == 0 {
			l.Errorf("the log does not say that a row is too large:\n%s", l.logs.text())
		}
	})
}
