package writer

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"vtq.internal/shared/fault"
)

// errPanic stands for a panic. What was thrown may hold anything, an indicator's value among it, and is not shown; what the runtime
// itself throws is.
var errPanic = errors.New("panic")

// guard keeps a panic over one verdict from ending the process, and with it the work on all others: the verdict fails by a fault that
// nobody classified, is tried again as any, and is a dead letter in the end. The stack is logged here, since the canonical line and
// the dead letter have room for what went wrong alone.
func (b *batcher) guard(it *item, work func()) {
	defer func() {
		thrown := recover()
		if thrown == nil {
			return
		}
		it.err = fault.New(fault.Unknown, fmt.Errorf("writing a verdict: %w", panicked(thrown)))
		b.log.Error().Err(it.err).Uint64("seq", it.revision.Sequence).Bytes("stack", debug.Stack()).Msg("panic")
	}()
	work()
}

func panicked(thrown any) error {
	if err, ok := thrown.(runtime.Error); ok {
		return fmt.Errorf("%w: %w", errPanic, err)
	}
	return fmt.Errorf("%w of type %T", errPanic, thrown)
}
