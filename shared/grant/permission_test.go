package grant_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// publish lists the subjects to which a role may publish.
func publish(role grant.Role) []string {
	var all []string
	for _, right := range grant.Of(role).Publish {
		all = append(all, right.Subjects...)
	}
	return all
}

// may tells whether a list of subjects, with wildcards, covers a subject.
func may(allowed []string, subject string) bool {
	return slices.ContainsFunc(allowed, func(pattern string) bool { return covers(strings.Split(pattern, "."), strings.Split(subject, ".")) })
}

func covers(pattern, subject []string) bool {
	for i, token := range pattern {
		switch {
		case token == ">":
			return len(subject) > i
		case i >= len(subject) || token != "*" && token != subject[i]:
			return false
		}
	}
	return len(pattern) == len(subject)
}

// TestSubjectsAreCovered holds the permissions to what package wire spells, whose subjects they repeat with wildcards.
func TestSubjectsAreCovered(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	account := wire.Account{Provider: "virustotal", Name: "main"}
	job := func(lane wire.Lane) string {
		return wire.JobAddress{Lane: lane, Route: "a-b", Key: key, ID: 7}.Subject()
	}
	verdict := wire.VerdictAddress{Provider: "virustotal", Key: key, ID: 7}.Subject()
	cases := map[string]struct {
		subject string
		may     []grant.Role
	}{
		"an urgent job":         {job(wire.Urgent), []grant.Role{grant.Admin}},
		"a fresh job":           {job(wire.Fresh), []grant.Role{grant.Admin, grant.Producer}},
		"a refresh job":         {job(wire.Refresh), []grant.Role{grant.Admin, grant.Producer}},
		"a verdict":             {verdict, []grant.Role{grant.Admin, grant.Lookup}},
		"an alias":              {wire.AliasSubject("virustotal", key), []grant.Role{grant.Lookup}},
		"a slot":                {account.SlotSubject(255), []grant.Role{grant.Lookup}},
		"a hold":                {account.HoldSubject(), []grant.Role{grant.Lookup}},
		"a longer hold":         {account.LongHoldSubject(), []grant.Role{grant.Lookup}},
		"a lease":               {account.LeaseSubject("tend"), []grant.Role{grant.Lookup}},
		"a day":                 {account.SpendSubject("20260102"), []grant.Role{grant.Lookup}},
		"a lane's day":          {account.LaneSpendSubject("20260102", wire.Fresh), []grant.Role{grant.Lookup}},
		"an entry":              {wire.WrittenSubject(7), []grant.Role{grant.Writer}},
		"a lookup's letter":     {wire.DeadSubject("lookup", job(wire.Fresh)), []grant.Role{grant.Admin, grant.Lookup}},
		"a writer's letter":     {wire.DeadSubject("writer", verdict), []grant.Role{grant.Admin, grant.Writer}},
		"about nobody knows":    {wire.DeadSubject("writer", "?"), []grant.Role{grant.Admin, grant.Writer}},
		"a provider's state":    {"$KV.vtq_state." + account.StateKey(), []grant.Role{grant.Admin, grant.Lookup}},
		"the ledger's epoch":    {"$KV.vtq_state." + wire.EpochKey, []grant.Role{grant.Admin}},
		"the producer's cursor": {"$KV.vtq_state.cursor.0123456789abcdef", []grant.Role{grant.Producer}},
	}
	for name, c := range cases {
		for _, role := range grant.Roles() {
			if got, want := may(publish(role), c.subject), slices.Contains(c.may, role); got != want {
				t.Errorf("%s may publish %s, %s: %t, want %t", role, name, c.subject, got, want)
			}
		}
	}
}

// TestTopologyCanBeMade has the admin make and change all that there is, and nobody else any of it.
func TestTopologyCanBeMade(t *testing.T) {
	all, err := stream.NewTopology(stream.Options{Routes: []string{"a", "a-b"}, VerdictAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var requests []string
	for _, s := range all.Streams {
		requests = append(requests, "$JS.API.STREAM.CREATE."+s.Name, "$JS.API.STREAM.UPDATE."+s.Name)
	}
	for _, c := range all.Consumers {
		requests = append(requests, "$JS.API.CONSUMER.CREATE."+c.Stream+"."+c.Config.Durable+"."+c.Config.FilterSubject)
	}
	for _, request := range requests {
		for _, role := range grant.Roles() {
			if got, want := may(publish(role), request), role == grant.Admin; got != want {
				t.Errorf("%s may ask for %s: %t, want %t", role, request, got, want)
			}
		}
	}
}

// TestRightsAreNarrow keeps wildcards for the rest of a subject out of the stages' rights, and everything twice out of all.
func TestRightsAreNarrow(t *testing.T) {
	for _, role := range grant.Roles() {
		all := publish(role)
		for _, subject := range all {
			if strings.Contains(subject, ">") && role != grant.Admin {
				t.Errorf("%s may publish %s, which has no end", role, subject)
			}
		}
		slices.Sort(all)
		if n := len(all) - len(slices.Compact(slices.Clone(all))); n > 0 {
			t.Errorf("%s has %d subjects twice: %q", role, n, all)
		}
		for _, right := range grant.Of(role).Publish {
			if !strings.HasSuffix(right.Why, ".") {
				t.Errorf("a right of %s has the reason %q, want a sentence", role, right.Why)
			}
		}
	}
}

// TestAcknowledgementsHaveAnEnd keeps the longer form from covering the shorter one of another stream.
func TestAcknowledgementsHaveAnEnd(t *testing.T) {
	lookup, writer := publish(grant.Lookup), publish(grant.Writer)
	cases := map[string]struct {
		subject        string
		lookup, writer bool
	}{
		"a job":                          {"$JS.ACK.VTQ_JOBS.lookup-fresh-a.1.2.3.4.5", true, false},
		"a job, longer":                  {"$JS.ACK._.hash.VTQ_JOBS.lookup-fresh-a.1.2.3.4.5", true, false},
		"a verdict":                      {"$JS.ACK.VTQ_VERDICTS.writer.1.2.3.4.5", false, true},
		"a verdict, longer":              {"$JS.ACK._.hash.VTQ_VERDICTS.writer.1.2.3.4.5", false, true},
		"a verdict that looks like jobs": {"$JS.ACK.VTQ_VERDICTS.writer.VTQ_JOBS.2.3.4.5", false, true},
		"a job that looks like verdicts": {"$JS.ACK.VTQ_JOBS.lookup-fresh-a.VTQ_VERDICTS.writer.3.4.5", true, false},
		"a verdict of another consumer":  {"$JS.ACK.VTQ_VERDICTS.other.1.2.3.4.5", false, false},
	}
	for name, c := range cases {
		if got := may(lookup, c.subject); got != c.lookup {
			t.Errorf("%s: lookup may: %t, want %t", name, got, c.lookup)
		}
		if got := may(writer, c.subject); got != c.writer {
			t.Errorf("%s: writer may: %t, want %t", name, got, c.writer)
		}
	}
}
