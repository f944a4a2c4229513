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

// The lanes, first served first.
const (
	Urgent  Lane = "urgent"  // Somebody waits for the answer.
	Fresh   Lane = "fresh"   // Never asked before.
	Refresh Lane = "refresh" // Asked before, the answer has grown old.
)

// Lanes lists the lanes, first served first.
func Lanes() []Lane { return append([]Lane{Urgent}, Backlog()...) }

// Backlog lists the lanes of what the producer finds in ThreatQ, for which nobody waits.
func Backlog() []Lane { return []Lane{Fresh, Refresh} }

// Subjects that cover all messages of a sort.
const (
	AllJobs     = "vtq.job.>"
	AllUrgent   = "vtq.urgent.>"
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
	ID    int64 // The ThreatQ indicator that asked; 0 for nobody.
}

// Subject spells the address.
func (a JobAddress) Subject() string {
	return fmt.Sprintf("%s%s.%s.%d", lanePrefix(a.Lane), a.Route, a.Key, a.ID)
}

// LaneSubject covers all jobs of a lane and route.
func LaneSubject(lane Lane, route string) string { return lanePrefix(lane) + route + ".>" }

// lanePrefix is how the subjects of a lane begin: urgent jobs have a stream of their own, which no backlog can fill.
func lanePrefix(lane Lane) string {
	if lane == Urgent {
		return "vtq.urgent."
	}
	return "vtq.job." + string(lane) + "."
}

// ParseJobSubject reads an address. Errors are ErrSubject.
func ParseJobSubject(subject string) (JobAddress, error) {
	for _, lane := range Lanes() {
		if !strings.HasPrefix(subject, lanePrefix(lane)) {
			continue
		}
		tokens, err := split(subject, lanePrefix(lane), 3)
		if err != nil {
			return JobAddress{}, err
		}
		key, id, err := keyAndID(tokens[1], tokens[2])
		if err != nil || !Token(tokens[0]) {
			return JobAddress{}, fmt.Errorf("%w: %q", ErrSubject, subject)
		}
		return JobAddress{Lane: lane, Route: tokens[0], Key: key, ID: id}, nil
	}
	return JobAddress{}, fmt.Errorf("%w: %q has no lane of ours", ErrSubject, subject)
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
