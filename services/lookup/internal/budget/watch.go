package budget

import (
	"context"
	"time"

	"vtq.internal/shared/logging"
)

// troubleInterval is how often an episode of trouble is told: a server that is away gives an error a second.
const troubleInterval = time.Minute

// A Watch is told what an operator should know. The functions are optional, are called from any goroutine, and return soon.
type Watch struct {
	// TroubleFunc hears of a quota stream or counters that do not answer: nothing is granted meanwhile. Of an episode it hears the
	// first error, and then one a minute at most.
	TroubleFunc func(err error)
	// VoidFunc hears of each permit that became void before Take could give it: the server is slower than permits live.
	VoidFunc func()
}

// A watcher folds what a watch is told.
type watcher struct {
	Watch

	told logging.Fold
}

// trouble tells of an error, unless there is none, or it is only that ctx has ended.
func (w *watcher) trouble(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || w.TroubleFunc == nil {
		return
	}
	if _, due := w.told.Allow("trouble"); due {
		w.TroubleFunc(err)
	}
}

func (w *watcher) void() {
	if w.VoidFunc != nil {
		w.VoidFunc()
	}
}
