package check

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/config"
)

// A State is how a check ended.
type State string

// The states.
const (
	OK     State = "ok"
	Note   State = "note"   // It will run, or was not tried, and somebody should know.
	Failed State = "failed" // It will not run before this is mended, or comes up by itself.
	Wrong  State = "wrong"  // The configuration cannot be meant like this.
)

// A Result is what one check found.
type Result struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Tried string `json:"tried"`
	Found string `json:"found"`
	Mend  string `json:"mend,omitempty"` // How to mend it, or what follows from it.
}

// limit bounds one check: a login and a search of a ThreatQ that is busy.
const limit = 30 * time.Second

// All makes all checks for an environment in the form of os.Environ, each when its result is asked for.
func All(ctx context.Context, environ []string) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		for _, check := range []func(context.Context, []string) []Result{configuration, reachNATS, reachThreatQ, routes, reachProviders} {
			for _, result := range bounded(ctx, environ, check) {
				if !yield(result) {
					return
				}
			}
		}
	}
}

// bounded keeps one check from taking the time of the others: a host that swallows packets answers nothing for minutes.
func bounded(ctx context.Context, environ []string, check func(context.Context, []string) []Result) []Result {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	return check(ctx, environ)
}

// configuration gives one result for each complaint, so that all of them show at once. A complaint says itself what is wanted; the
// last one says where to put it.
func configuration(_ context.Context, environ []string) []Result {
	const name, tried = "configuration", "reading the environment"
	var settings vtq.Settings
	var results []Result
	if err := config.Load(environ, &settings); err != nil {
		_, complaints, _ := strings.Cut(err.Error(), "\n") // The first line is the headline.
		for complaint := range strings.Lines(complaints) {
			results = append(results, Result{
				Check: name, State: Wrong, Tried: tried, Found: strings.TrimSuffix(complaint, "\n"),
			})
		}
		results[len(results)-1].Mend = "set all of these in the environment or in .env; .env.example explains every variable"
	} else {
		for _, warning := range settings.Providers.Warnings(settings.Shutdown) {
			results = append(results, Result{Check: name, State: Note, Tried: tried, Found: warning, Mend: "it works, and wastes quota"})
		}
	}
	for _, unknown := range config.Unknown(environ, &settings) {
		results = append(results, Result{Check: name, State: Note, Tried: tried, Found: unknown, Mend: "it is ignored"})
	}
	if len(results) == 0 {
		return []Result{{Check: name, State: OK, Tried: tried, Found: "complete and consistent"}}
	}
	return results
}

// untried is the result of a check whose own part of the configuration is wrong, which has been said.
func untried(name, why string) []Result {
	return []Result{{Check: name, State: Note, Tried: "not tried", Found: why}}
}

// failed is the result of a check that found an error.
func failed(name, tried string, err error, mend string) Result {
	return Result{Check: name, State: Failed, Tried: tried, Found: err.Error(), Mend: mend}
}

const misconfigured = "its configuration is wrong"
