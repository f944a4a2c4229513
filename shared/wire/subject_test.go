package wire_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/wire"
)

const key = "0123456789abcdef0123456789abcdef"

func TestSubjects(t *testing.T) {
	job := wire.JobAddress{Lane: wire.Refresh, Route: "default", Key: key, ID: 88123}
	answer := wire.VerdictAddress{Provider: "virustotal", Key: key, ID: 0}
	cases := map[string]struct{ got, want string }{
		"job":                 {job.Subject(), "vtq.job.refresh.default." + key + ".88123"},
		"urgent job":          {wire.JobAddress{Lane: wire.Urgent, Route: "default", Key: key}.Subject(), "vtq.urgent.default." + key + ".0"},
		"all urgent jobs":     {wire.AllUrgent, "vtq.urgent.>"},
		"urgent jobs":         {wire.LaneSubject(wire.Urgent, "default"), "vtq.urgent.default.>"},
		"jobs of a lane":      {wire.LaneSubject(wire.Fresh, "default"), "vtq.job.fresh.default.>"},
		"verdict":             {answer.Subject(), "vtq.verdict.virustotal." + key + ".0"},
		"verdicts of a thing": {wire.VerdictsOf("virustotal", key), "vtq.verdict.virustotal." + key + ".*"},
		"alias":               {wire.AliasSubject("virustotal", key), "vtq.alias.virustotal." + key},
		"all jobs":            {wire.AllJobs, "vtq.job.>"},
		"all verdicts":        {wire.AllVerdicts, "vtq.verdict.>"},
		"all aliases":         {wire.AllAliases, "vtq.alias.>"},
		"all dead letters":    {wire.AllDead, "vtq.dead.>"},
		"lanes in order":      {fmt.Sprint(wire.Lanes()), "[urgent fresh refresh]"},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: subject = %q, want %q", name, c.got, c.want)
		}
	}
}

func TestJobSubjectsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.JobAddress{Lane: rapid.SampledFrom(wire.Lanes()).Draw(t, "lane"), Route: tokens().Draw(t, "route"), Key: keys(t), ID: ids(t)}
		if got, err := wire.ParseJobSubject(want.Subject()); err != nil || got != want {
			t.Errorf("ParseJobSubject(%q) = %+v, %v, want %+v", want.Subject(), got, err, want)
		}
	})
}

func TestVerdictSubjectsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.VerdictAddress{Provider: tokens().Draw(t, "provider"), Key: keys(t), ID: ids(t)}
		if got, err := wire.ParseVerdictSubject(want.Subject()); err != nil || got != want {
			t.Errorf("ParseVerdictSubject(%q) = %+v, %v, want %+v", want.Subject(), got, err, want)
		}
	})
}

func tokens() *rapid.Generator[string] { return rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,62}`) }

func ids(t *rapid.T) int64 { return rapid.Int64Range(0, math.MaxInt64).Draw(t, "id") }

// keys are those of real objects, hostile values among them: no value can make a subject that does not parse.
func keys(t *rapid.T) indicator.Key {
	kind := rapid.SampledFrom(indicator.Kinds()).Draw(t, "kind")
	return indicator.Object{Kind: kind, Value: rapid.String().Draw(t, "value")}.Key()
}

func TestForeignSubjects(t *testing.T) {
	const job, answer = "vtq.job.fresh.default." + key + ".1", "vtq.verdict.default." + key + ".1"
	cases := map[string][2]string{ // What to replace in both subjects, and by what.
		"a token too many at the end":   {".1", ".1.1"},
		"a token too many in front":     {"vtq.", "x.vtq."},
		"an empty token":                {"." + key, ".." + key},
		"no id":                         {".1", ""},
		"an empty id":                   {".1", "."},
		"an id with a leading zero":     {".1", ".01"},
		"an id with a sign":             {".1", ".+1"},
		"a negative id":                 {".1", ".-1"},
		"minus zero":                    {".1", ".-0"},
		"an id in hex":                  {".1", ".0x1"},
		"an id with an underscore":      {".1", ".1_0"},
		"an id above int64":             {".1", ".9223372036854775808"},
		"another digit one":             {".1", ".١"},
		"every id":                      {".1", ".*"},
		"everything below":              {".1", ".>"},
		"every key":                     {key, "*"},
		"a key in upper case":           {key, strings.ToUpper(key)},
		"a short key":                   {key, key[1:]},
		"a long key":                    {key, key + "0"},
		"a key of other letters":        {key, "g" + key[1:]},
		"a space":                       {".1", ".1 "},
		"a line break":                  {".1", ".1\n"},
		"another pipeline":              {"vtq.", "vtqx."},
		"the prefix in upper case":      {"vtq.", "VTQ."},
		"a dead letter":                 {"vtq.", "vtq.dead."},
		"route or provider, wild":       {".default.", ".*."},
		"route or provider, upper case": {".default.", ".Default."},
		"route or provider, line break": {".default.", ".default\n."},
		"an unknown lane":               {".fresh.", ".stale."},
		"a wild lane":                   {".fresh.", ".*."},
		"a lane in upper case":          {".fresh.", ".Fresh."},
		"urgent, in the backlog":        {".fresh.", ".urgent."},
	}
	refuse := func(t *testing.T, subject string) {
		t.Helper()
		if got, err := wire.ParseJobSubject(subject); !errors.Is(err, wire.ErrSubject) {
			t.Errorf("ParseJobSubject(%q) = %+v, %v, want %v", subject, got, err, wire.ErrSubject)
		}
		if got, err := wire.ParseVerdictSubject(subject); !errors.Is(err, wire.ErrSubject) {
			t.Errorf("ParseVerdictSubject(%q) = %+v, %v, want %v", subject, got, err, wire.ErrSubject)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, subject := range []string{job, answer} {
				if strings.Contains(subject, c[0]) {
					refuse(t, strings.Replace(subject, c[0], c[1], 1))
				} else if subject == job {
					t.Errorf("the case changes nothing in %q", job)
				}
			}
		})
	}
	for _, subject := range []string{"", "vtq", "vtq.job.", "vtq.verdict.", wire.AllJobs, wire.AllVerdicts, "vtq.alias.default." + key} {
		refuse(t, subject)
	}
	if _, err := wire.ParseVerdictSubject(job); !errors.Is(err, wire.ErrSubject) {
		t.Errorf("ParseVerdictSubject(%q) = %v, want %v", job, err, wire.ErrSubject)
	}
	if _, err := wire.ParseJobSubject(answer); !errors.Is(err, wire.ErrSubject) {
		t.Errorf("ParseJobSubject(%q) = %v, want %v", answer, err, wire.ErrSubject)
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, seed := range []string{
		"", "vtq.job.", "vtq.job.fresh.default." + key + ".1", "vtq.job.refresh.a-b." + key + ".9223372036854775807",
		"vtq.verdict.virustotal." + key + ".0", "vtq.verdict.*.*.*", "vtq.job.>", "vtq.dead.lookup.unknown.unknown.unknown",
		"vtq.urgent.default." + key + ".7", "vtq.written.0", "vtq.written.9223372036854775807", "vtq.written.07",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		job, jobErr := wire.ParseJobSubject(subject)
		if jobErr == nil && job.Subject() != subject {
			t.Errorf("ParseJobSubject(%q) = %+v, which spells %q", subject, job, job.Subject())
		}
		answer, answerErr := wire.ParseVerdictSubject(subject)
		if answerErr == nil && answer.Subject() != subject {
			t.Errorf("ParseVerdictSubject(%q) = %+v, which spells %q", subject, answer, answer.Subject())
		}
		if jobErr == nil && answerErr == nil {
			t.Errorf("%q is a job and a verdict", subject)
		}
		if id, err := wire.ParseWrittenSubject(subject); err == nil && wire.WrittenSubject(id) != subject {
			t.Errorf("ParseWrittenSubject(%q) = %d, which spells %q", subject, id, wire.WrittenSubject(id))
		}
		dead := wire.DeadSubject("lookup", subject)
		if strings.Count(dead, ".") != 5 || strings.ContainsAny(dead, "*> \t\r\n") || !strings.HasPrefix(dead, "vtq.dead.lookup.") {
			t.Errorf("DeadSubject(lookup, %q) = %q, not one publishable subject of six tokens", subject, dead)
		}
	})
}

func TestDeadSubject(t *testing.T) {
	cases := map[string]struct{ subject, want string }{
		"a job":               {"vtq.job.fresh.default." + key + ".7", "vtq.dead.lookup.default." + key + ".7"},
		"a job, other lane":   {"vtq.job.refresh.default." + key + ".7", "vtq.dead.lookup.default." + key + ".7"},
		"a verdict":           {"vtq.verdict.virustotal." + key + ".7", "vtq.dead.lookup.virustotal." + key + ".7"},
		"nobody's verdict":    {"vtq.verdict.virustotal." + key + ".0", "vtq.dead.lookup.virustotal." + key + ".0"},
		"an alias":            {"vtq.alias.virustotal." + key, "vtq.dead.lookup.unknown.unknown.unknown"},
		"another's subject":   {"orders.new", "vtq.dead.lookup.unknown.unknown.unknown"},
		"no subject":          {"", "vtq.dead.lookup.unknown.unknown.unknown"},
		"a subject of traps":  {"vtq.job.fresh.*." + key + ".7", "vtq.dead.lookup.unknown.unknown.unknown"},
		"a malformed subject": {"vtq.job.fresh.default." + key + ".07", "vtq.dead.lookup.unknown.unknown.unknown"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := wire.DeadSubject("lookup", c.subject); got != c.want {
				t.Errorf("DeadSubject(lookup, %q) = %q, want %q", c.subject, got, c.want)
			}
		})
	}
}

func TestToken(t *testing.T) {
	cases := map[string]bool{
		"virustotal": true, "vt-main": true, "a": true, "0": true, "9-": true, strings.Repeat("a", 63): true,
		"": false, strings.Repeat("a", 64): false, "-a": false, "VirusTotal": false, "a.b": false, "a b": false, "a_b": false,
		"*": false, ">": false, "a*": false, "a\n": false, "\na": false, "é": false, "a\x00": false,
	}
	for name, want := range cases {
		if got := wire.Token(name); got != want {
			t.Errorf("Token(%q) = %v, want %v", name, got, want)
		}
	}
}
