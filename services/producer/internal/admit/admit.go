// Package admit decides which indicators may be asked about, and turns those into jobs.
//
// An indicator leaves the house when a provider is asked about it. What may not leave is dropped here, with a reason that is
// counted: what no provider knows (unsupported types, broken values), what is nobody's business (private and reserved
// addresses, internal names, URLs with credentials), what is shared too narrowly (TLP above the ceiling; RED is never sent,
// whatever the ceiling) and what the team has already judged (whitelisted).
package admit

import (
	"errors"
	"slices"
	"strings"
	"time"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/threatq"
	"vtq.internal/shared/wire"
)

// Reasons to drop an indicator beside those of package indicator.
const (
	ReasonTLP    indicator.Reason = "tlp"
	ReasonStatus indicator.Reason = "status"
)

// Reasons lists every reason, for metrics that start at zero.
func Reasons() []indicator.Reason { return append(indicator.Reasons(), ReasonTLP, ReasonStatus) }

// Rules are the settings of admission.
type Rules struct {
	// InternalSuffixes are domains of the house beside the reserved ones: "corp.example.com".
	InternalSuffixes []string
	// SkipStatuses are ThreatQ statuses that are never asked about, in any case: "Whitelisted".
	SkipStatuses []string
	// MaxTLP is the narrowest marking that may still be sent out; DefaultTLP is taken for an indicator that bears none.
	MaxTLP, DefaultTLP TLP
	// Kinds that the providers answer. Defaults to all.
	Kinds []indicator.Kind
}

// Admit gives the job of a record, or a *indicator.Refusal with the reason why there is none.
func (r Rules) Admit(record threatq.Record, now time.Time) (wire.Job, error) {
	if err := errors.Join(r.status(record), r.tlp(record)); err != nil {
		return wire.Job{}, err
	}
	parsed, err := indicator.Parse(record.Type, record.Value, scheme(record))
	if err != nil {
		return wire.Job{}, err
	}
	if r.Kinds != nil && !slices.Contains(r.Kinds, parsed.Object.Kind) {
		return wire.Job{}, refuse(indicator.UnsupportedType, "no configured provider answers this kind")
	}
	if err := parsed.Object.Public(r.InternalSuffixes); err != nil {
		return wire.Job{}, err
	}
	return wire.Job{
		Created:   now.UTC().Truncate(time.Second),
		Indicator: indicator.Indicator{ID: record.ID, Type: record.Type, Value: record.Value},
		Object:    parsed.Object,
		Other:     parsed.Other,
	}, nil
}

func (r Rules) status(record threatq.Record) error {
	for _, status := range r.SkipStatuses {
		if strings.EqualFold(status, record.Status) {
			return refuse(ReasonStatus, "the status is one that is never asked about")
		}
	}
	return nil
}

func (r Rules) tlp(record threatq.Record) error {
	if strictest(record, r.DefaultTLP) > min(r.MaxTLP, maxSent) {
		return refuse(ReasonTLP, "the marking is above the ceiling")
	}
	return nil
}

// scheme gives the hint of a URL whose scheme ThreatQ stripped.
func scheme(record threatq.Record) string {
	for _, attribute := range record.Attributes {
		if strings.EqualFold(attribute.Name, "Scheme") {
			return attribute.Value
		}
	}
	return ""
}

func refuse(reason indicator.Reason, detail string) error {
	return &indicator.Refusal{Reason: reason, Detail: detail}
}
