package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
)

// errGoexit stands for a component that ended its goroutine by runtime.Goexit,
// as the Fatal methods of a test do.
var errGoexit = errors.New("the goroutine exited")

// Group runs components that live and end together. The zero value is empty
// and ready for use.
type Group struct {
	components []component
}

type component struct {
	name string
	run  func(context.Context) error
}

// Add adds a component, which has to return soon after its context ends. The
// name stands before its errors. Add must not be called during Run.
func (g *Group) Add(name string, run func(context.Context) error) {
	g.components = append(g.components, component{name: name, run: run})
}

// Run runs all components and returns when all have returned. The first to
// return ends the context of the others, with a cause that matches
// [ErrShutdown] and names the component and its error.
//
// The error joins those of the components, each behind its name. An error that
// says no more than that the context ended is not one. A panic is a
// [PanicError]. A group without components returns at once.
func (g *Group) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(ErrShutdown)
	ends := make(chan end, len(g.components))
	for _, c := range g.components {
		go c.start(ctx, ends)
	}
	var failures []error
	for range g.components {
		e := <-ends
		if e.err != nil && (ctx.Err() == nil || !echoes(e.err, context.Cause(ctx))) {
			failures = append(failures, fmt.Errorf("%s: %w", e.name, e.err))
		}
		stop(e.cause())
	}
	return errors.Join(failures...)
}

// An end is how a component returned.
type end struct {
	name string
	err  error
}

func (e end) cause() error {
	if e.err == nil {
		return fmt.Errorf("%w: %s has ended", ErrShutdown, e.name)
	}
	return fmt.Errorf("%w: %s: %w", ErrShutdown, e.name, e.err)
}

// start runs the component and reports its end, whatever happens to it.
func (c component) start(ctx context.Context, ends chan<- end) {
	e := end{name: c.name, err: errGoexit}
	defer func() { ends <- e }()
	e.err = c.guard(ctx)
}

// guard turns a panic into an error.
func (c component) guard(ctx context.Context) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return c.run(ctx)
}

// echoes reports whether err only hands an interruption back: at the bottom of
// every branch of it lies the cause, [ErrShutdown] or [context.Canceled].
// errors.Is would be content with one branch, and drop what was joined to it.
func echoes(err, cause error) bool {
	if same(err, cause) || same(err, ErrShutdown) || same(err, context.Canceled) {
		return true
	}
	switch wrapper := err.(type) { //nolint:errorlint // The walk is by hand.
	case interface{ Unwrap() error }:
		return echoes(wrapper.Unwrap(), cause)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(wrapper.Unwrap(), func(branch error) bool { return !echoes(branch, cause) })
	}
	return false
}

// same compares two errors themselves. Those of a type that cannot be compared,
// a slice for one, would panic.
func same(err, other error) bool {
	return err != nil && reflect.TypeOf(err).Comparable() && err == other //nolint:errorlint // See echoes.
}
