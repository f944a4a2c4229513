package vtq_test

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"vtq.internal/shared/grant"
)

// rare are the rights that no run of everything needs, and what for they are there.
func rare() map[string]string {
	return map[string]string{
		"$JS.FC.KV_vtq_state.>":                             "asked for by the server when a watch of the state bucket is long",
		"$JS.API.DIRECT.GET.VTQ_VERDICTS":                   "the message of an advisory; the verdict that a late one comes after",
		"$JS.API.DIRECT.GET.VTQ_VERDICTS.vtq.verdict.*.*.*": "the verdict that a late one comes after",
		"$JS.API.STREAM.MSG.GET.VTQ_JOBS":                   "the message of an advisory; a job that is pending when its letter is sent back",
		"$JS.API.STREAM.MSG.GET.VTQ_URGENT":                 "the same",
		"$JS.API.STREAM.MSG.DELETE.VTQ_JOBS":                "the message of an advisory, once it is buried",
		"$JS.API.STREAM.MSG.DELETE.VTQ_URGENT":              "the same",
		"vtq.dead.*.*.*.*":                                  "the letter about it",
		"vtq.job.refresh.*.*.*":                             "verdicts that have grown old",
		"$JS.API.DIRECT.GET.VTQ_SPEND.vtq.spend.*.*.*":      "the status page",
	}
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
				if !used && rare()[allowed] == "" && !strings.HasPrefix(allowed, longerAck) {
					s.Errorf("%s never published %s, which it may for: %s", role, allowed, right.Why)
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
