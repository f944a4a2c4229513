package grant

import (
	"strings"

	"vtq.internal/shared/stream"
)

const (
	// apiPrefix is where JetStream is asked (NATS documentation, JetStream wire API).
	apiPrefix = "$JS.API."
	// bucket is the stream behind the state bucket, and keyPrefix what the subjects of its keys begin with (NATS ADR-8).
	bucket    = stream.StateStream
	keyPrefix = "$KV." + stream.State + "."
)

// api is the subject of a request to JetStream.
func api(verb string, tokens ...string) string {
	return apiPrefix + verb + "." + strings.Join(tokens, ".")
}

// info asks for streams.
func info(streams ...string) []string {
	all := make([]string, len(streams))
	for i, name := range streams {
		all[i] = api("STREAM.INFO", name)
	}
	return all
}

// many reads messages of streams directly, by their sequences or by many subjects at a time: both stand in the body, so that whoever
// may do the one for one message may do both for all.
func many(streams ...string) []string {
	all := make([]string, len(streams))
	for i, name := range streams {
		all[i] = api("DIRECT.GET", name)
	}
	return all
}

// one reads the newest message of a subject directly.
func one(of, subject string) string { return api("DIRECT.GET", of, subject) }

// takes binds to a consumer, pulls from it and acknowledges, in both forms: the one with domain and account is behind a switch of the
// server's (js_ack_fc_v2), off in 2.15.
func takes(from, consumer string) []string {
	const numbers = ".*.*.*.*.*" // Deliveries, sequence in the stream and in the consumer, time, messages left.
	return []string{
		api("CONSUMER.INFO", from, consumer), api("CONSUMER.MSG.NEXT", from, consumer),
		"$JS.ACK." + from + "." + consumer + numbers, "$JS.ACK.*.*." + from + "." + consumer + numbers,
	}
}

// reads reads a key of the state bucket.
func reads(key string) string { return one(bucket, keyPrefix+key) }

// keeps reads and writes a key of the state bucket.
func keeps(key string) []string { return []string{reads(key), keyPrefix + key} }
