package stream_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

func TestUses(t *testing.T) {
	info := func(bytes uint64, maxBytes int64, messages uint64, maxMessages int64) *jetstream.StreamInfo {
		return &jetstream.StreamInfo{
			State:  jetstream.StreamState{Bytes: bytes, Msgs: messages},
			Config: jetstream.StreamConfig{MaxBytes: maxBytes, MaxMsgs: maxMessages},
		}
	}
	cases := map[string]struct {
		info *jetstream.StreamInfo
		want []stream.Use
	}{
		"both bounds": {info(1, 2, 3, 4), []stream.Use{{1, 2, "bytes"}, {3, 4, "messages"}}},
		"one bound":   {info(1, -1, 3, 4), []stream.Use{{3, 4, "messages"}}},
		"no bound":    {info(1, -1, 3, 0), nil},
	}
	for name, c := range cases {
		if diff := cmp.Diff(c.want, stream.Uses(c.info)); diff != "" {
			t.Errorf("%s: Uses (-want +got):\n%s", name, diff)
		}
	}
}

func TestNearlyFull(t *testing.T) {
	cases := map[string]struct {
		use   stream.Use
		share float64
		want  bool
	}{
		"empty":                {stream.Use{Used: 0, Most: 10}, 0, false},
		"at the share":         {stream.Use{Used: 80, Most: 100}, 0.8, false},
		"above it":             {stream.Use{Used: 81, Most: 100}, 0.81, true},
		"full":                 {stream.Use{Used: 1, Most: 1}, 1, true},
		"as large as can be":   {stream.Use{Used: math.MaxInt64, Most: math.MaxInt64}, 1, true},
		"of as much as can be": {stream.Use{Used: 1, Most: math.MaxInt64}, 1.0 / math.MaxInt64, false},
	}
	for name, c := range cases {
		if got := c.use.NearlyFull(); got != c.want || c.use.Share() != c.share {
			t.Errorf("%s: %+v is nearly full: %t, by a share of %v; want %t and %v", name, c.use, got, c.use.Share(), c.want, c.share)
		}
	}
}
