package lifecycle

import (
	"context"
	"fmt"
)

// ErrShutdown is the cause of every context that this package ends: a signal
// came, a component of the group returned, or the grace is over. It matches
// [context.Canceled] too, so that whoever knows only that one reads an error
// which names the cause for what it is, an interruption.
var ErrShutdown error = shutdownError{}

type shutdownError struct{}

func (shutdownError) Error() string { return "shutting down" }

func (shutdownError) Is(target error) bool { return target == context.Canceled }

// PanicError is what a [Group] makes of a panic in a component. The stack is
// not part of the text: log it once, where the program ends.
type PanicError struct {
	Value any    // What was passed to panic.
	Stack []byte // Of the goroutine that panicked, as [runtime/debug.Stack] formats it.
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }
