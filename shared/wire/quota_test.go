package wire_test

import (
	"testing"

	"vtq.internal/shared/wire"
)

func TestAccountSubjects(t *testing.T) {
	account := wire.Account{Provider: "virustotal", Name: "main"}
	cases := map[string]struct{ got, want string }{
		"slot":           {account.SlotSubject(255), "vtq.quota.virustotal.main.255"},
		"hold":           {account.HoldSubject(), "vtq.quota.virustotal.main.pause"},
		"longer hold":    {account.LongHoldSubject(), "vtq.quota.virustotal.main.pause-longer"},
		"lease":          {account.LeaseSubject("usage"), "vtq.quota.virustotal.main.lease-usage"},
		"counter":        {account.SpendSubject("20261231"), "vtq.spend.virustotal.main.20261231"},
		"lane's counter": {account.LaneSpendSubject("20261231", wire.Refresh), "vtq.spend.virustotal.main.20261231.refresh"},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: subject %q, want %q", name, c.got, c.want)
		}
	}
}
