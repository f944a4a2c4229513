package enrich

import (
	"context"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// A Looker answers what a provider knows about an object.
type Looker interface {
	Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error)
}

// A Permit pays for one request.
type Permit interface {
	Void() bool          // It is too old: nothing may be written any more.
	Left() time.Duration // Until it is; zero or less when it is already.
	Release()            // Gives it back, unused.
}

// A Budget gives permits.
type Budget interface {
	Take(ctx context.Context, lane wire.Lane) (Permit, error)
	// Expect counts somebody as waiting in Take who is about to come, until come is called: lanes that go after this one wait.
	Expect(lane wire.Lane) (come func())
	Hold(ctx context.Context, d time.Duration)    // Gives none, to anybody, for a while.
	Refused(ctx context.Context, d time.Duration) // The same: a request that had a permit was refused all the same.
}

// A Guard keeps requests from a provider that is down.
type Guard interface {
	Enter(ctx context.Context) (Pass, error) // Waits until somebody may ask.
	Open() bool                              // Nobody asks, but for a probe.
}

// A Pass lets one request be asked, and is told what came of it.
type Pass interface {
	Do(ctx context.Context, ask func() (verdict.Verdict, error)) (verdict.Verdict, error)
	Spent()                    // The request goes out.
	Leave(ctx context.Context) // Gives it back, unused.
}
