package wire_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/wire"
)

func TestTheNameOfAReplay(t *testing.T) {
	cases := map[string]struct {
		name, want string
	}{
		"none":         {"", ""},
		"a time":       {"2026-03-01T09:30:15Z", "2026-03-01T09:30:15Z"},
		"at the bound": {strings.Repeat("x", wire.MaxReplay), strings.Repeat("x", wire.MaxReplay)},
		"control":      {"a\r\nNats-Msg-Id: b", "a  Nats-Msg-Id: b"},
	}
	for name, c := range cases {
		header := map[string][]string{}
		wire.PutReplay(header, c.name)
		if got := wire.ReplayOf(header); got != c.want || (len(header) > 0) != (c.want != "") {
			t.Errorf("%s: ReplayOf(%v) = %q, want %q", name, header, got, c.want)
		}
	}
	hostile := map[string][]string{"Vtq-Replay": {strings.Repeat("ä", 9000), "another"}}
	if got := wire.ReplayOf(hostile); len(got) > wire.MaxReplay || got == "" {
		t.Errorf("ReplayOf of 9,000 letters has %d bytes, want at most %d", len(got), wire.MaxReplay)
	}
}
