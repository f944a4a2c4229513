package wire_test

import (
	"errors"
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
		if got, err := wire.ParseAccount(c.got); got != account || err != nil {
			t.Errorf("ParseAccount(%q) = %v, %v, want %v", c.got, got, err, account)
		}
	}
}

func TestParseAccountRefuses(t *testing.T) {
	for _, subject := range []string{
		"", "vtq", "vtq.quota.virustotal.main", "vtq.job.fresh.virustotal.main.1", "vtq.spend..main.2026", "x.spend.a.b.c", "vtq.spend.a.B.c",
	} {
		if got, err := wire.ParseAccount(subject); !errors.Is(err, wire.ErrSubject) {
			t.Errorf("ParseAccount(%q) = %v, %v, want %v", subject, got, err, wire.ErrSubject)
		}
	}
}
