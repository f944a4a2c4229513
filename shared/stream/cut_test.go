package stream_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/stream"
)

// A cut is how one answer to a batched read falls short: it has so many messages, and perhaps its end mark.
type cut struct {
	messages int
	end      bool
}

// directly answers batched reads of a stream that does not exist, each as the next cut says, in the way a server answers: nats-server
// ends an answer at 64 MiB, with the end mark, and its last message says how many more there are.
func (l *lab) directly(cuts []cut) (asked *[][]string) {
	l.Helper()
	asked = new([][]string)
	_, err := l.nc.Subscribe("$JS.API.DIRECT.GET.CUT", func(request *nats.Msg) {
		var wanted struct {
			Subjects []string `json:"multi_last"`
		}
		if err := json.Unmarshal(request.Data, &wanted); err != nil || len(*asked) == len(cuts) {
			l.Errorf("request %d for %s: %v", len(*asked), request.Data, err)
			return
		}
		now := cuts[len(*asked)]
		*asked = append(*asked, wanted.Subjects)
		for i, subject := range wanted.Subjects[:now.messages] {
			l.answer(request, subject, len(wanted.Subjects)-i-1)
		}
		if now.end {
			mark := nats.NewMsg(request.Reply)
			mark.Header.Set("Status", "204")
			mark.Header.Set("Description", "EOB")
			_ = l.nc.PublishMsg(mark)
		}
	})
	if err != nil {
		l.Fatal(err)
	}
	return asked
}

func (l *lab) answer(request *nats.Msg, subject string, pending int) {
	message := nats.NewMsg(request.Reply)
	message.Data = []byte("body")
	message.Header.Set(jetstream.StreamHeader, "CUT")
	message.Header.Set(jetstream.SubjectHeader, subject)
	message.Header.Set(jetstream.SequenceHeader, "1")
	message.Header.Set(jetstream.TimeStampHeaer, time.Now().UTC().Format(time.RFC3339Nano))
	message.Header.Set("Nats-Num-Pending", strconv.Itoa(pending))
	_ = l.nc.PublishMsg(message)
}

// TestLatestReadsOn asks for five subjects and gets answers that are cut short.
func TestLatestReadsOn(t *testing.T) {
	cases := map[string]struct {
		cuts  []cut
		want  string
		fails bool
	}{
		"whole":                 {[]cut{{5, true}}, "abcde", false},
		"ended by the server":   {[]cut{{2, true}, {2, true}, {1, true}}, "abcde", false},
		"silent in the middle":  {[]cut{{3, false}, {2, true}}, "abcde", false},
		"silent at the end":     {[]cut{{5, false}}, "abcde", false},
		"silent":                {[]cut{{0, false}}, "", true},
		"an end and nothing":    {[]cut{{0, true}}, "", true},
		"silent after a part":   {[]cut{{2, true}, {0, false}}, "ab", true},
		"one message at a time": {[]cut{{1, true}, {1, true}, {1, true}, {1, true}, {1, true}}, "abcde", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				asked := l.directly(c.cuts)
				var got strings.Builder
				var failed []error
				for message, err := range stream.Latest(l.Context(), l.js, "CUT", []string{"a", "b", "c", "d", "e"}) {
					if err != nil {
						failed = append(failed, err)
						continue
					}
					got.WriteString(message.Subject)
				}
				synctest.Wait()
				if got.String() != c.want {
					l.Errorf("Latest after requests for %q yields %q, want %q", *asked, got.String(), c.want)
				}
				if (len(failed) == 1) != c.fails || c.fails && !strings.Contains(failed[0].Error(), "cut short") {
					l.Errorf("Latest fails with %v, want it said once: %v", failed, c.fails)
				}
				if len(*asked) != len(c.cuts) {
					l.Errorf("Latest asked %d times, want %d", len(*asked), len(c.cuts))
				}
			})
		})
	}
}
