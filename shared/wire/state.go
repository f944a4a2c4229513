package wire

import (
	"fmt"
	"time"

	"vtq.internal/shared/fault"
)

// A ProviderState is why an account of a provider is not asked at present, for every worker and for whoever wants to know. It
// outlives the workers. The zero value means that nothing keeps anybody from asking.
type ProviderState struct {
	Schema int `json:"schema"`
	// Revision is that of the entry which was read. It is not part of the body.
	Revision uint64 `json:"-"`
	// Outage is set while the provider does not answer, or refuses the key.
	Outage *Outage `json:"outage,omitempty"`
	// Probes are kept from one outage to the next: what they may cost is bounded by the day.
	Probes Probes `json:"probes,omitzero"`
	// Spent tells until when nothing is left for a lane of the day or the month.
	Spent map[Lane]time.Time `json:"spent,omitempty"`
	// Operator is set while a person wants nothing to be asked.
	Operator *Pause `json:"operator,omitempty"`
}

// An Outage is a provider that cannot be asked.
type Outage struct {
	Fault  string    `json:"fault"`  // The kind that opened it, as package fault spells it.
	Cause  string    `json:"cause"`  // For a person.
	Since  time.Time `json:"since"`  // All times are the server's.
	Until  time.Time `json:"until"`  // Nobody asks before; then one request probes.
	Tried  time.Time `json:"tried"`  // When a request last showed it,
	Probes int       `json:"probes"` // and how many probes have.
	// Page is when the provider's page of quotas, which costs nothing, is asked next. Free tells that it has answered before, so that
	// its silence tells something; Dark, that it was silent when it was asked last.
	Page time.Time `json:"page"`
	Free bool      `json:"free,omitempty"`
	Dark bool      `json:"dark,omitempty"`
}

// Probes counts the requests of a day that were spent on finding out whether an outage is over.
type Probes struct {
	Day   string `json:"day"` // yyyymmdd, in UTC.
	Spent int    `json:"spent"`
}

// A Pause is a person's wish.
type Pause struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Why   string    `json:"why,omitempty"`
}

// MaxState bounds a provider's state, in bytes: the cause at its bound (500 runes, escaped sixfold) and the few fields beside it.
const MaxState = 8 << 10

// StateKey is where the state of an account stands in the state bucket.
func (a Account) StateKey() string { return fmt.Sprintf("provider.%s.%s", a.Provider, a.Name) }

// EncodeState writes a state. The error is ErrTooLarge.
func EncodeState(state ProviderState) ([]byte, error) {
	state.Schema = Schema
	return encode(state, MaxState)
}

// DecodeState reads a state. Errors are as those of DecodeJob.
func DecodeState(body []byte) (ProviderState, error) {
	var state ProviderState
	if err := decode(body, MaxState, &state); err != nil {
		return ProviderState{}, fmt.Errorf("decoding a provider's state: %w", err)
	}
	if o := state.Outage; o != nil && (o.Fault == "" || o.Since.IsZero()) {
		return ProviderState{}, fmt.Errorf("decoding a provider's state: %w", fault.New(fault.Permanent, ErrIncomplete))
	}
	return state, nil
}

// Until tells until when a lane has nothing to take, by the latest of the reasons; the zero time for none.
func (s ProviderState) Until(lane Lane) time.Time {
	until := s.Spent[lane]
	if s.Outage != nil && s.Outage.Until.After(until) {
		until = s.Outage.Until
	}
	if s.Operator != nil && s.Operator.Until.After(until) {
		until = s.Operator.Until
	}
	return until
}
