package wire

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"vtq.internal/shared/indicator"
)

// A Lane says how urgent a job is.
type Lane string

// The lanes of the job stream, first served first.
const (
	Fresh   Lane = "fresh"   // Never asked before.
	Refresh Lane = "refresh" // Asked before, the answer has grown old.
)

// Lanes lists the lanes, first served first.
func Lanes() []Lane { return []Lane{Fresh, Refresh} }

// Subjects that cover all messages of a sort.
const (
	AllJobs     = "vtq.job.>"
	AllVerdicts = "vtq.verdict.>"
	AllAliases  = "vtq.alias.>"
	AllDead     = "vtq.dead.>"
)

// ErrSubject means that a subject is not one of ours. It is permanent: the subject of a message never changes.
var ErrSubject = errors.New("not a subject of this pipeline")

// A JobAddress is what the subject of a job says.
type JobAddress struct {
	Lane  Lane
	Route string // A Token.
	Key   indicator.Key
	ID    int64 // The ThreatQ indicator that asked.
}

// Subject spells the address.
func (a JobAddress) Subject() string {
	return fmt.Sprintf("vtq.job.%s.%s.%s.%d", a.Lane, a.Route, a.Key, a.ID)
}

// LaneSubject covers all jobs of a lane and route.
func LaneSubject(lane Lane, route string) string { return fmt.Sprintf("vtq.job.%s.%s.>", lane, route) }

// ParseJobSubject reads an address. Errors are ErrSubject.
func ParseJobSubject(subject string) (JobAddress, error) {
	tokens, err := split(subject, "vtq.job.", 4)
	if err != nil {
		return JobAddress{}, err
	}
	key, id, err := keyAndID(tokens[2], tokens[3])
	if err != nil || !Token(tokens[1]) {
		return JobAddress{}, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	lane := Lane(tokens[0])
	if lane != Fresh && lane != Refresh {
		return JobAddress{}, fmt.Errorf("%w: %q has no such lane", ErrSubject, subject)
	}
	return JobAddress{Lane: lane, Route: tokens[1], Key: key, ID: id}, nil
}

// A VerdictAddress is what the subject of a verdict says.
type VerdictAddress struct {
	Provider string // A Token.
	Key      indicator.Key
	ID       int64 // The ThreatQ indicator that asked; 0 for nobody.
}

// Subject spells the address.
func (a VerdictAddress) Subject() string {
	return fmt.Sprintf("vtq.verdict.%s.%s.%d", a.Provider, a.Key, a.ID)
}

// ParseVerdictSubject reads an address. Errors are ErrSubject.
func ParseVerdictSubject(subject string) (VerdictAddress, error) {
	tokens, err := split(subject, "vtq.verdict.", 3)
	if err != nil {
		return VerdictAddress{}, err
	}
	key, id, err := keyAndID(tokens[1], tokens[2])
	if err != nil || !Token(tokens[0]) {
		return VerdictAddress{}, fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	return VerdictAddress{Provider: tokens[0], Key: key, ID: id}, nil
}

// VerdictsOf covers every verdict about an object, whoever asked.
func VerdictsOf(provider string, key indicator.Key) string {
	return fmt.Sprintf("vtq.verdict.%s.%s.*", provider, key)
}

// AliasSubject is where the alias of an object stands.
func AliasSubject(provider string, key indicator.Key) string {
	return fmt.Sprintf("vtq.alias.%s.%s", provider, key)
}

// DeadSubject is where a message that died at a stage waits: the address of the message under the name of the stage. A message
// whose own subject cannot be read waits under the route, key and id "unknown".
func DeadSubject(stage, subject string) string {
	if job, err := ParseJobSubject(subject); err == nil {
		return fmt.Sprintf("vtq.dead.%s.%s.%s.%d", stage, job.Route, job.Key, job.ID)
	}
	if verdict, err := ParseVerdictSubject(subject); err == nil {
		return fmt.Sprintf("vtq.dead.%s.%s.%s.%d", stage, verdict.Provider, verdict.Key, verdict.ID)
	}
	return fmt.Sprintf("vtq.dead.%s.unknown.unknown.unknown", stage)
}

// Token reports whether a name may stand in a subject as one token: lower-case letters, digits and hyphens, at most 63.
func Token(name string) bool { return tokenPattern.MatchString(name) }

var tokenPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func split(subject, prefix string, want int) ([]string, error) {
	rest, ok := strings.CutPrefix(subject, prefix)
	if tokens := strings.Split(rest, "."); ok && len(tokens) == want {
		return tokens, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrSubject, subject)
}

func keyAndID(keyToken, idToken string) (indicator.Key, int64, error) {
	key, err := indicator.ParseKey(keyToken)
	if err != nil {
		return "", 0, err
	}
	id, err := strconv.ParseInt(idToken, 10, 64)
	if err != nil || id < 0 || strconv.FormatInt(id, 10) != idToken {
		return "", 0, ErrSubject
	}
	return key, id, nil
}
