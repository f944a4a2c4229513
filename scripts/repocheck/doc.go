// Package repocheck holds the repository to its own rules: each is a test that
// reads the whole tree, names the place that breaks the rule, says why the rule
// is there and how to mend the place. There is nothing to import here.
//
// A rule is a function from a tree to complaints, and each has two tests: one
// runs it over the repository, the other over small trees made to break it, so
// that a rule which has stopped seeing anything is noticed.
//
// ## Decisions
//
//   - The tree is what git would commit, tracked or new, rather than every file
//     on disk: what a checkout builds or keeps for itself is nobody's business.
//     Where git is not there to ask, everything but a few known names is read.
//   - go.mod and go.work are read through `go mod edit -json`, and imports
//     through `go list`, rather than through golang.org/x/mod and x/tools: the
//     go command is there whenever a test runs, and costs no dependency.
//   - The layers are checked twice. depguard in .golangci.yml sees what a file
//     imports itself and says so in an editor; the test here follows imports to
//     their end, where a forbidden package comes in through an allowed one.
//   - The go command caches passes of tests by the files they read, but only of
//     files in the test's own module, and these tests read all the others. So
//     `make lint` runs them with -count=1, which never takes a pass from the
//     cache.
package repocheck
