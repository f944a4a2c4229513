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
	err := b.safely(it.revision.Sequence, func() error { work(); return nil })
	if err != nil {
		it.err = err
	}
}

// safely turns a panic over the verdict with a sequence, 0 for many, into such a fault.
func (b *batcher) safely(sequence uint64, work func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fault.New(fault.Unknown, fmt.Errorf("writing a verdict: %w", panicked(thrown)))
			b.log.Error().Err(err).Uint64("seq", sequence).Bytes("stack", debug.Stack()).Msg("panic")
		}
	}()
	return work()
}

func panicked(thrown any) error {
	if err, ok := thrown.(runtime.Error); ok {
		return fmt.Errorf("%w: %w", errPanic, err)
	}
	return fmt.Errorf("%w of type %T", errPanic, thrown)
}
