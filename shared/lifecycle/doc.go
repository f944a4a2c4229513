// Package lifecycle starts components together, and ends them together.
//
// A component is a function that blocks: it returns when its context ends, or
// when it cannot go on. A [Group] runs several; the first to return stops the
// others, and Run returns when all have. Nothing else starts goroutines that
// outlive a call.
//
// Shutdown runs by two clocks. The context of [WithSignals] ends at the first
// SIGTERM, and with it the intake: nothing more is pulled. Work in flight runs
// under a context from [Grace], which lives on for the time that a shutdown may
// take and then ends too:
//
//	SIGTERM                    intake ends        second signal: exit at once
//	   |---- shutdown grace ----|
//	        work in flight ends or is finished    Run returns
//
// Either end has the cause [ErrShutdown], which tells leaving from failing: a
// message whose work ended that way is given back and counts as interrupted.
//
// ## Decisions
//
//   - A Group is oklog/run with a context in place of an interrupt function per
//     component. errgroup would lose all errors but the first, and let a panic
//     take the process down without saying which component it was.
//   - A component that ends without an error stops the group as well. Which of
//     them may finish early is for the component to know: it then waits for its
//     context.
//   - Signals and os.Exit are parameters, since only main.go touches the process.
package lifecycle
