package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
)

// former gives a note for each route that the settings do not name and on which jobs wait, since it was named before. What cannot be
// asked is none of its concern: the comparison of the streams has said so.
func former(ctx context.Context, s vtq.Settings, nc *nats.Conn) []Result {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil
	}
	named := s.Providers.Routing.Table().RouteNames()
	waiting := map[string]uint64{}
	for _, name := range []string{stream.Jobs, stream.Urgent} {
		jobs, err := js.Stream(ctx, name)
		if err != nil {
			continue
		}
		for info := range jobs.ListConsumers(ctx).Info() {
			route, ok := stream.LookupRoute(info.Name)
			if ok && !slices.Contains(named, route) {
				waiting[route] += info.NumPending + uint64(max(info.NumAckPending, 0))
			}
		}
	}
	var results []Result
	for _, route := range slices.Sorted(maps.Keys(waiting)) {
		if n := waiting[route]; n > 0 {
			results = append(results, left(route, n, s.Providers.Routing.InUse()))
		}
	}
	return results
}

// left is the note about a route.
func left(route string, jobs uint64, inUse []string) Result {
	result := Result{
		Check: nameStreams, State: Note, Tried: "looking for jobs on routes that the settings do not name",
		Found: fmt.Sprintf("%d on %s", jobs, route),
		Mend:  "they are answered all the same, by whoever of the route is in use",
	}
	former := provider.ParseRoute(route).Providers
	if !slices.ContainsFunc(former, func(name string) bool { return slices.Contains(inUse, name) }) {
		result.Mend = fmt.Sprintf("nobody in use can answer them: they wait until VTQ_PROVIDERS names %s again", strings.Join(former, " or "))
	}
	return result
}
