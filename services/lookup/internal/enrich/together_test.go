package enrich_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vtq.internal/services/lookup/internal/enrich"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/wire"
)

// A crowd answers about many files at a time, and notes how many each request was about.
type crowd struct {
	mu    sync.Mutex
	sizes []int
	fail  func(objects []indicator.Object) error
	spoil func(object indicator.Object) error
}

func (c *crowd) LookMany(_ context.Context, objects []indicator.Object) ([]enrich.Found, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sizes = append(c.sizes, len(objects))
	if c.fail != nil {
		if err := c.fail(objects); err != nil {
			return nil, err
		}
	}
	all := make([]enrich.Found, len(objects))
	for i, object := range objects {
		if len(object.Value) != len(objects[0].Value) {
			return nil, fault.New(fault.Permanent, errors.New("hashes of two sorts"))
		}
		all[i].Verdict = known(object)
		if c.spoil != nil {
			all[i].Err = c.spoil(object)
		}
	}
	return all, nil
}

func (c *crowd) asked() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sizes)
}

func hashOf(n int) indicator.Object {
	return indicator.Object{Kind: indicator.File, Value: fmt.Sprintf("%064x", n)}
}

// together answers jobs for so many files side by side, and gives the error of each.
func (l *lab) together(n int, lane wire.Lane) []error {
	l.Helper()
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { _, errs[i] = l.answerIn(lane, int64(i+1), hashOf(i)) })
	}
	all.Wait()
	return errs
}

// answerIn answers one job.
func (l *lab) answerIn(lane wire.Lane, id int64, object indicator.Object) (enrich.Report, error) {
	return l.enricher.Answer(l.Context(), l.Context(), enrich.Ticket{
		Job:  wire.Job{Indicator: indicator.Indicator{ID: id, Type: "SHA-256", Value: object.Value}, Object: object, Created: time.Now().UTC()},
		Lane: lane, ID: fmt.Sprintf("%s-%d", lane, id),
	})
}

func inCrowd(t *testing.T, f func(l *lab, c *crowd)) {
	t.Helper()
	inLab(t, func(l *lab) {
		c := &crowd{}
		l.enricher.Many, l.enricher.Most = c, 100
		f(l, c)
	})
}

func TestFilesAreAskedAboutTogether(t *testing.T) {
	cases := map[string]struct {
		n    int
		want []int
	}{
		"one":            {1, []int{1}},
		"a full request": {100, []int{100}},
		"one more":       {101, []int{100, 1}},
		"two and a half": {250, []int{100, 100, 50}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inCrowd(t, func(l *lab, crowd *crowd) {
				began := time.Now()
				for i, err := range l.together(c.n, wire.Fresh) {
					if err != nil {
						l.Errorf("job %d: %v", i, err)
					}
				}
				got := crowd.asked()
				slices.SortFunc(got, func(a, b int) int { return b - a })
				if !slices.Equal(got, c.want) {
					l.Errorf("requests about %v files, want %v", got, c.want)
				}
				if took := time.Since(began); took > 2*time.Second+100*time.Millisecond {
					l.Errorf("it took %v, want 2 s at most", took)
				}
				for i := range c.n {
					l.wantStored(int64(i+1), hashOf(i))
				}
			})
		})
	}
}

// wantStored checks that a verdict stands under an indicator.
func (l *lab) wantStored(id int64, object indicator.Object) {
	l.Helper()
	at := wire.VerdictAddress{Provider: "virustotal", Key: object.Key(), ID: id}
	if _, err := l.verdicts().GetLastMsgForSubject(l.Context(), at.Subject()); err != nil {
		l.Errorf("the verdict for indicator %d: %v", id, err)
	}
}

// TestEachOfManySettlesItself has one of many be refused, and the others be answered.
func TestEachOfManySettlesItself(t *testing.T) {
	inCrowd(t, func(l *lab, crowd *crowd) {
		bad := errors.New("no hash")
		crowd.spoil = func(object indicator.Object) error {
			if object == hashOf(7) {
				return fault.New(fault.Permanent, bad)
			}
			return nil
		}
		for i, err := range l.together(20, wire.Fresh) {
			if got := errors.Is(err, bad); got != (i == 7) {
				l.Errorf("job %d: %v", i, err)
			}
		}
		if got := crowd.asked(); len(got) != 1 {
			l.Errorf("requests about %v files, want one", got)
		}
	})
}

func TestARequestAboutManyFails(t *testing.T) {
	cases := map[string]struct {
		err    error
		times  int // How often.
		want   []int
		faults int // Jobs that fail.
	}{
		"too many":           {enrich.ErrTooMany, 1, []int{40, 20, 20}, 0},
		"one among them":     {enrich.ErrSingly, 1, []int{40}, 0},
		"it is down":         {fault.New(fault.Transient, errors.New("down")), 1, []int{40}, 40},
		"the quota is spent": {fault.New(fault.Quota, errors.New("429")), 1, []int{40, 40}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inCrowd(t, func(l *lab, crowd *crowd) {
				l.enricher.Most = 40
				left := c.times
				crowd.fail = func([]indicator.Object) error {
					if left--; left >= 0 {
						return c.err
					}
					return nil
				}
				failed := 0
				for _, err := range l.together(40, wire.Refresh) {
					if err != nil {
						failed++
					}
				}
				if failed != c.faults {
					l.Errorf("%d jobs failed, want %d", failed, c.faults)
				}
				if got := crowd.asked(); !slices.Equal(got, c.want) {
					l.Errorf("requests about %v files, want %v", got, c.want)
				}
			})
		})
	}
}

// TestAPermitForFewer has room for seven a request: the day is about to be spent.
func TestAPermitForFewer(t *testing.T) {
	inCrowd(t, func(l *lab, crowd *crowd) {
		l.units = 7
		for i, err := range l.together(20, wire.Fresh) {
			if err != nil {
				l.Errorf("job %d: %v", i, err)
			}
		}
		if got := crowd.asked(); !slices.Equal(got, []int{7, 7, 6}) {
			l.Errorf("requests about %v files, want 7, 7 and 6", got)
		}
	})
}

// TestWhoIsWaitedForIsAskedAboutAlone has an urgent file, and a domain, take the other way.
func TestWhoIsWaitedForIsAskedAboutAlone(t *testing.T) {
	inCrowd(t, func(l *lab, crowd *crowd) {
		if _, err := l.answerIn(wire.Urgent, 1, hashOf(1)); err != nil {
			l.Error(err)
		}
		if _, err := l.answerIn(wire.Fresh, 2, indicator.Object{Kind: indicator.Domain, Value: "quiet-harbor.com"}); err != nil {
			l.Error(err)
		}
		if got := crowd.asked(); len(got) != 0 {
			l.Errorf("requests about %v files, want none", got)
		}
	})
}

// TestNoWayForMany is a failure for a group as well, whoever leads it: each gathers anew, and the path remembers.
func TestNoWayForMany(t *testing.T) {
	inCrowd(t, func(l *lab, _ *crowd) {
		_, stop := dialled(l, rest.DialTimeout+rest.TLSTimeout)
		defer stop()
		l.enricher.Many = through{l}
		for _, err := range l.together(7, wire.Fresh) {
			if fault.KindOf(err) != fault.Transient {
				l.Errorf("a job ends with %v of kind %v, want a transient fault", err, fault.KindOf(err))
			}
		}
		if l.voids != 4 {
			l.Errorf("%d permits became void, want 4", l.voids)
		}
		l.sleep(dayOff)
	})
}

// through asks about many by asking about the first, over the wire.
type through struct{ l *lab }

func (p through) LookMany(ctx context.Context, objects []indicator.Object) ([]enrich.Found, error) {
	_, err := p.l.enricher.Provider.Look(ctx, objects[0])
	return make([]enrich.Found, len(objects)), err
}

// TestWhatARefusalCosts gives back what nobody charges for, and keeps what is not known.
func TestWhatARefusalCosts(t *testing.T) {
	cases := map[string]struct {
		err  error
		kept bool
	}{
		"the quota is spent": {fault.New(fault.Quota, errors.New("429")), false},
		"too many":           {enrich.ErrTooMany, false},
		"one among them":     {enrich.ErrSingly, false},
		"it is down":         {fault.New(fault.Transient, errors.New("cut")), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inCrowd(t, func(l *lab, crowd *crowd) {
				left := 1
				crowd.fail = func([]indicator.Object) error {
					if left--; left >= 0 {
						return c.err
					}
					return nil
				}
				l.together(20, wire.Fresh)
				if got := strings.Contains(l.did(), "reduce to 0"); got == c.kept {
					l.Errorf("all was given back: %v; the steps are %s", got, l.did())
				}
			})
		})
	}
}

// TestAnHourOfFewer has the bound come back, and the smaller of two count.
func TestAnHourOfFewer(t *testing.T) {
	inCrowd(t, func(l *lab, crowd *crowd) {
		crowd.fail = func(objects []indicator.Object) error {
			if len(objects) > 50 {
				return enrich.ErrTooMany
			}
			return nil
		}
		l.together(200, wire.Fresh)
		small := slices.DeleteFunc(crowd.asked(), func(n int) bool { return n > 50 })
		if large := len(crowd.asked()) - len(small); large < 1 || large > 2 || small[0] != 50 || len(small) > 6 {
			l.Errorf("requests about %v files, want one or two that are too large, and then some of 50", crowd.asked())
		}
		l.sleep(time.Hour)
		l.together(100, wire.Urgent) // By themselves.
		before := len(crowd.asked())
		for i := range 100 {
			go func() { _, _ = l.answerIn(wire.Refresh, int64(1000+i), hashOf(1000+i)) }()
		}
		l.sleep(time.Minute)
		if got := crowd.asked()[before:]; got[0] != 100 {
			l.Errorf("an hour later %d files are asked about at first, want 100", got[0])
		}
	})
}
