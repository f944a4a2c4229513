package vtq_test

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
)

// rare are the rights of a role that no run of everything needs, and what for they are there.
func rare(role grant.Role) map[string]string {
	admin := map[string]string{
		"$JS.FC.KV_vtq_state.>": "asked for by the server when a watch of the state bucket is long",
	}
	for _, name := range stream.ReplayConsumers()[1:] {
		const crowd = "several commands that count at once"
		admin["$JS.API.CONSUMER.MSG.NEXT.VTQ_VERDICTS."+name], admin["$JS.API.CONSUMER.DELETE.VTQ_VERDICTS."+name] = crowd, crowd
	}
	return map[grant.Role]map[string]string{
		grant.Admin: admin,
		grant.Producer: {
			"vtq.job.refresh.*.*.*": "verdicts that have grown old, by days at least",
		},
		grant.Writer: {
			"$JS.API.DIRECT.GET.VTQ_VERDICTS":                   "the verdict that a late one comes after",
			"$JS.API.DIRECT.GET.VTQ_VERDICTS.vtq.verdict.*.*.*": "the same, where its sequence is of a former stream",
		},
	}[role]
}

// longerAck is the form of acknowledgements that is behind a switch of the server's.
const longerAck = "$JS.ACK.*.*."

// needed checks that every right was used, but for the rare ones, by what the server was asked.
func (s *site) needed() {
	s.Helper()
	published := s.published()
	for _, role := range grant.Roles() {
		for _, right := range grant.Of(role).Publish {
			for _, allowed := range right.Subjects {
				used := slices.ContainsFunc(published[role], func(subject string) bool { return server.SubjectMatchesFilter(subject, allowed) })
				excused := rare(role)[allowed] != "" || strings.HasPrefix(allowed, longerAck)
				switch {
				case !used && !excused:
					s.Errorf("%s never published %s, which it may for: %s", role, allowed, right.Why)
				case used && excused:
					s.Errorf("%s published %s, which is said to be rare", role, allowed)
				}
			}
		}
	}
}

// published lists what each role has published, as the server's log tells.
func (s *site) published() map[grant.Role][]string {
	s.Helper()
	keys, err := os.ReadFile(grant.KeysFile)
	if err != nil {
		s.Fatal(err)
	}
	roles := map[string]grant.Role{}
	for _, role := range grant.Roles() {
		_, rest, _ := strings.Cut(string(keys), role.Variable()+": ")
		public, _, _ := strings.Cut(rest, "\n")
		roles[public] = role
	}
	published := map[grant.Role][]string{}
	for _, found := range regexp.MustCompile(`/nkey:(\w+)" - <<- \[H?PUB (\S+) `).FindAllStringSubmatch(s.log.String(), -1) {
		published[roles[found[1]]] = append(published[roles[found[1]]], found[2])
	}
	return published
}
