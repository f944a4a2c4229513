package enrich

import (
	"context"
	"errors"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Looker answers what a provider knows about an object.
type Looker interface {
	Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error)
}

// A ManyLooker answers about many objects in one request. All are files, by hashes of one sort.
type ManyLooker interface {
	// LookMany gives an answer for each object, in their order, or the fault of the whole request: an ErrTooMany, or an ErrSingly.
	LookMany(ctx context.Context, objects []indicator.Object) ([]Found, error)
}

// Found is what was answered about one object of many.
type Found struct {
	Verdict verdict.Verdict
	Err     error // Of this object.
}

// What a ManyLooker can say of a whole request.
var (
	ErrTooMany = errors.New("too many objects in one request") // Fewer are taken.
	ErrSingly  = errors.New("an object among many is refused") // Which, only asking about each by itself tells.
)

// A Permit pays for one request.
type Permit interface {
	Units() int          // What it pays for, of what was wanted.
	Reduce(units int)    // Gives back what it pays for beyond so many units.
	Void() bool          // It is too old: nothing may be written any more.
	Left() time.Duration // Until it is; zero or less when it is already.
	Release()            // Gives it back, unused.
}

// A Want is what a permit is taken for.
type Want struct {
	Lane     wire.Lane
	Units    int           // What the request costs of the day and the month.
	Patience time.Duration // The longest hold that is waited for; zero for any.
}

// A Budget gives permits.
type Budget interface {
	Take(ctx context.Context, want Want) (Permit, error)
	// Expect counts somebody as waiting in Take who is about to come, until come is called: lanes that go after this one wait.
	Expect(lane wire.Lane) (come func())
	Hold(ctx context.Context, d time.Duration)    // Gives none, to anybody, for a while.
	Refused(ctx context.Context, d time.Duration) // The same: a request that had a permit was refused all the same.
}

// A Guard keeps requests from a provider that is down.
type Guard interface {
	Enter(ctx context.Context) (Pass, error) // Waits until somebody may ask.
	Try(ctx context.Context) (Pass, error)   // Does not wait.
	Open() bool                              // Nobody asks, but for a probe.
}

// A Pass lets one request be asked, and is told what came of it.
type Pass interface {
	Do(ctx context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error)
	Spent()                    // The request goes out.
	Leave(ctx context.Context) // Gives it back, unused.
}
