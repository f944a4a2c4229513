package wire

import (
	"fmt"
	"strings"
)

// Subjects that cover the state of all quotas.
const (
	AllQuotas = "vtq.quota.>"
	AllSpend  = "vtq.spend.>"
)

// An Account names a quota: a provider, and which of its accounts. The name is a setting and never derived from the API key, so
// that a new key brings no new budget. Both are Tokens.
type Account struct {
	Provider, Name string
}

// ParseAccount reads of which account a subject of a quota or of its spending is. Errors are ErrSubject.
func ParseAccount(subject string) (Account, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) < 5 || tokens[0] != "vtq" || tokens[1] != "quota" && tokens[1] != "spend" || !Token(tokens[2]) || !Token(tokens[3]) {
		return Account{}, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	return Account{Provider: tokens[2], Name: tokens[3]}, nil
}

// SlotSubject is the slot of a window.
func (a Account) SlotSubject(slot int) string { return fmt.Sprintf("%s.%d", a.quota(), slot) }

// HoldSubject is where a reason to hold all requests stands for as long as it lives.
func (a Account) HoldSubject() string { return a.quota() + ".pause" }

// LongHoldSubject is where a hold stands that is longer than the one that stands already.
func (a Account) LongHoldSubject() string { return a.HoldSubject() + "-longer" }

// LeaseSubject is where a lease stands for as long as it lives.
func (a Account) LeaseSubject(name string) string { return a.quota() + ".lease-" + name }

func (a Account) quota() string { return fmt.Sprintf("vtq.quota.%s.%s", a.Provider, a.Name) }

// SpendSubject is the counter of a period: a day as yyyymmdd or a month as yyyymm.
func (a Account) SpendSubject(period string) string {
	return fmt.Sprintf("vtq.spend.%s.%s.%s", a.Provider, a.Name, period)
}

// LaneSpendSubject is the counter of what a lane used of a period.
func (a Account) LaneSpendSubject(period string, lane Lane) string {
	return a.SpendSubject(period) + "." + string(lane)
}
