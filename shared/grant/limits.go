package grant

import (
	"fmt"
	"time"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// maxReaders is how many consumers a stream may have beside those of the pipeline: commands of several operators, each with one.
const maxReaders = 10

// limits are those of the account.
func limits() string {
	streams, largest := bounds()
	return fmt.Sprintf(`    jetstream {
      # The streams of vtq and its bucket, and no stream without a bound or
      # with a larger one than ours; none in memory. How much all of them
      # may take is the server's max_file_store.
      max_streams: %d
      max_bytes_required: true
      disk_max_stream_bytes: %d
      max_memory: 0
      # Of each stream: both lanes of every route there can be, and readers.
      max_consumers: %d
    }`, streams, largest, routes()*len(wire.Backlog())+maxReaders)
}

// bounds counts the streams, and gives the bytes of the largest.
func bounds() (streams int, largest int64) {
	t, err := stream.NewTopology(stream.Options{Routes: []string{provider.VirusTotal}, VerdictAge: 24 * time.Hour})
	if err != nil {
		panic(err) // The options are constants.
	}
	for _, s := range t.Streams {
		largest = max(largest, s.MaxBytes)
	}
	return len(t.Streams), largest
}

// routes counts the ordered selections of providers, which is what a route can be.
func routes() int {
	all, longer := 0, 1
	for n := len(provider.Names()); n > 0; n-- {
		longer *= n
		all += longer
	}
	return all
}
