package verdict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A Class is what a verdict comes to.
type Class string

// The classes, as analysts read them on an indicator.
const (
	ClassMalicious  Class = "Malicious"
	ClassSuspicious Class = "Suspicious"
	ClassHarmless   Class = "Harmless"
	ClassUndetected Class = "Undetected"
	ClassNoVerdict  Class = "No Verdict"
	ClassNotFound   Class = "Not Found"
)

// Classes lists every class, gravest first.
func Classes() []Class {
	return []Class{ClassMalicious, ClassSuspicious, ClassHarmless, ClassUndetected, ClassNoVerdict, ClassNotFound}
}

// A Severity is how much a class asks for attention.
type Severity string

// The severities, gravest first.
const (
	High   Severity = "High"
	Medium Severity = "Medium"
	Low    Severity = "Low"
	None   Severity = "None"
)

// A Meaning is what a class stands for in ThreatQ.
type Meaning struct {
	Severity Severity `json:"severity"`
	Score    *int     `json:"score"` // 0 to 10; null says nothing about the score.
}

// Thresholds are the counts at which a class begins.
type Thresholds struct {
	Malicious            int `json:"malicious"`             // At least this many malicious: Malicious.
	SuspiciousMalicious  int `json:"suspicious_malicious"`  // At least this many malicious: Suspicious.
	SuspiciousSuspicious int `json:"suspicious_suspicious"` // At least this many suspicious: Suspicious.
}

// A Policy turns counts into a class, and a class into its meaning.
type Policy struct {
	Thresholds Thresholds        `json:"thresholds"`
	Classes    map[Class]Meaning `json:"classes"`
}

// MaxPolicy bounds a policy file, in bytes: the whole table is under 1 KiB.
const MaxPolicy = 64 << 10

// DefaultPolicy is the table of the package documentation.
func DefaultPolicy() Policy {
	score := func(n int) *int { return &n }
	return Policy{
		Thresholds: Thresholds{Malicious: 5, SuspiciousMalicious: 1, SuspiciousSuspicious: 3},
		Classes: map[Class]Meaning{
			ClassMalicious:  {High, score(9)},
			ClassSuspicious: {Medium, score(6)},
			ClassHarmless:   {Low, score(1)},
			ClassUndetected: {Low, score(3)},
			ClassNoVerdict:  {None, nil},
			ClassNotFound:   {None, nil},
		},
	}
}

// ReadPolicy reads a policy as JSON. What the file leaves out stays as in DefaultPolicy, a class that it names is replaced
// whole; what it spells wrongly is an error, and all errors come at once.
func ReadPolicy(r io.Reader) (Policy, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxPolicy+1))
	if err != nil {
		return Policy{}, fmt.Errorf("reading the verdict policy: %w", err)
	}
	if len(body) > MaxPolicy {
		return Policy{}, fmt.Errorf("reading the verdict policy: more than %d bytes", MaxPolicy)
	}
	policy := DefaultPolicy()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		return Policy{}, fmt.Errorf("decoding the verdict policy: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, errors.New("decoding the verdict policy: something follows the JSON object")
	}
	if policy.Classes == nil { // An explicit null leaves everything out.
		policy.Classes = DefaultPolicy().Classes
	}
	return policy, policy.validate()
}

func (p Policy) validate() error {
	var all []error
	t := p.Thresholds
	if t.Malicious < 1 || t.SuspiciousMalicious < 1 || t.SuspiciousSuspicious < 1 {
		all = append(all, errors.New("verdict policy: every threshold must be at least 1, else everything is suspicious"))
	}
	if t.SuspiciousMalicious > t.Malicious {
		all = append(all, fmt.Errorf("verdict policy: suspicious_malicious (%d) must not be above malicious (%d)",
			t.SuspiciousMalicious, t.Malicious))
	}
	for _, class := range slices.Sorted(maps.Keys(p.Classes)) {
		all = append(all, p.Classes[class].validate(class))
	}
	return errors.Join(all...)
}

func (m Meaning) validate(class Class) error {
	var all []error
	if !known(class) {
		all = append(all, fmt.Errorf("verdict policy: no class is called %q; the classes are %s", class, names()))
	}
	switch m.Severity {
	case High, Medium, Low, None:
	default:
		all = append(all, fmt.Errorf("verdict policy: severity of %q must be High, Medium, Low or None (got %q)", class, m.Severity))
	}
	if m.Score != nil && (*m.Score < 0 || *m.Score > 10) {
		all = append(all, fmt.Errorf("verdict policy: score of %q must be 0 to 10 or null (got %d)", class, *m.Score))
	}
	return errors.Join(all...)
}

func known(class Class) bool {
	return slices.Contains(Classes(), class)
}

func names() string {
	var all []string
	for _, c := range Classes() {
		all = append(all, string(c))
	}
	return strings.Join(all, ", ")
}

// Classify gives the class of a verdict.
func (p Policy) Classify(v Verdict) Class {
	malicious, suspicious := v.Counts.Of(Malicious), v.Counts.Of(Suspicious)
	switch {
	case !v.Found:
		return ClassNotFound
	case malicious >= p.Thresholds.Malicious:
		return ClassMalicious
	case malicious >= p.Thresholds.SuspiciousMalicious, suspicious >= p.Thresholds.SuspiciousSuspicious:
		return ClassSuspicious
	case !v.Counts.Provided(Malicious): // Who does not say how many call it malicious has not called it clean.
		return ClassNoVerdict
	case v.Counts.Of(Harmless) > 0:
		return ClassHarmless
	case v.Counts.Opinions() > 0:
		return ClassUndetected
	}
	return ClassNoVerdict
}

// Meaning gives what a class stands for.
func (p Policy) Meaning(class Class) Meaning { return p.Classes[class] }
