package wire_test

import (
	"testing"
	"time"

	"vtq.internal/shared/wire"
)

func TestStateKey(t *testing.T) {
	account := wire.Account{Provider: "virustotal", Name: "main"}
	if got, want := account.StateKey(), "provider.virustotal.main"; got != want {
		t.Errorf("StateKey() = %q, want %q", got, want)
	}
}

func TestTheLatestReasonCounts(t *testing.T) {
	cases := map[string]struct {
		state wire.ProviderState
		want  time.Time
	}{
		"nothing":         {wire.ProviderState{}, time.Time{}},
		"the lane":        {wire.ProviderState{Spent: map[wire.Lane]time.Time{wire.Fresh: at(9)}}, at(9)},
		"another lane":    {wire.ProviderState{Spent: map[wire.Lane]time.Time{wire.Refresh: at(9)}}, time.Time{}},
		"an outage":       {wire.ProviderState{Outage: &wire.Outage{Until: at(9)}}, at(9)},
		"a person":        {wire.ProviderState{Operator: &wire.Pause{Until: at(9)}}, at(9)},
		"an outage later": {wire.ProviderState{Spent: map[wire.Lane]time.Time{wire.Fresh: at(9)}, Outage: &wire.Outage{Until: at(10)}}, at(10)},
		"a person later":  {wire.ProviderState{Outage: &wire.Outage{Until: at(9)}, Operator: &wire.Pause{Until: at(10)}}, at(10)},
		"the lane later":  {wire.ProviderState{Spent: map[wire.Lane]time.Time{wire.Fresh: at(11)}, Operator: &wire.Pause{Until: at(10)}}, at(11)},
	}
	for name, c := range cases {
		if got := c.state.Until(wire.Fresh); !got.Equal(c.want) {
			t.Errorf("%s: Until(fresh) = %v, want %v", name, got, c.want)
		}
	}
}
