package vtq_test

import (
	"bufio"
	"strings"
	"testing"
)

func TestStepsAreTold(t *testing.T) {
	cases := map[string]struct {
		subject, body string
		want          step
	}{
		"a job":                  {"vtq.job.fresh.virustotal.0a.7", "{}", jobPublish},
		"the cursor":             {"$KV.vtq_state.cursor.0a", "{}", cursorMove},
		"the provider's state":   {"$KV.vtq_state.provider.virustotal.main", "{}", ""},
		"a slot":                 {"vtq.quota.virustotal.main.17", "", slotTake},
		"a pause":                {"vtq.quota.virustotal.main.pause", "", ""},
		"a lease":                {"vtq.quota.virustotal.main.lease-truth", "", ""},
		"a counter":              {"vtq.spend.virustotal.main.20200930", "", daySpend},
		"an alias":               {"vtq.alias.virustotal.0a", "{}", aliasPublish},
		"a verdict":              {"vtq.verdict.virustotal.0a.7", "{}", verdictPublish},
		"the certificate":        {"vtq.written.0", "{}", certificate},
		"a claim":                {"vtq.written.7", `{"claim":{"by":"x"}}`, claim},
		"an entry":               {"vtq.written.7", `{"rows":[]}`, ledgerWrite},
		"an ack of a job":        {"$JS.ACK.VTQ_JOBS.lookup.1.2.3.4.5", "+ACK", jobAck},
		"an ack of a verdict":    {"$JS.ACK.VTQ_VERDICTS.writer.1.2.3.4.5", "", verdictAck},
		"an ack through domains": {"$JS.ACK.d.a.VTQ_VERDICTS.writer.1.2.3.4.5", "+ACK", verdictAck},
		"a message given back":   {"$JS.ACK.VTQ_JOBS.lookup.1.2.3.4.5", "-NAK", ""},
		"more time":              {"$JS.ACK.VTQ_JOBS.lookup.1.2.3.4.5", "+WPI", ""},
		"a question":             {"$JS.API.STREAM.INFO.VTQ_JOBS", "", ""},
	}
	for name, c := range cases {
		if got := stepOfPublish(c.subject, []byte(c.body)); got != c.want {
			t.Errorf("%s: stepOfPublish(%q, %q) = %q, want %q", name, c.subject, c.body, got, c.want)
		}
	}
}

func TestFramesAreRead(t *testing.T) {
	cases := map[string]struct{ line, subject, reply, body string }{
		"a line":                        {line: "PING\r\n"},
		"a publish":                     {"PUB a.b 5\r\nhello\r\n", "a.b", "", "hello"},
		"a publish with a reply":        {"PUB a.b r.1 5\r\nhello\r\n", "a.b", "r.1", "hello"},
		"a publish with a header":       {"HPUB a.b r.1 4 9\r\nNATShello\r\n", "a.b", "r.1", "hello"},
		"an empty one":                  {"PUB a.b 0\r\n\r\n", "a.b", "", ""},
		"a message":                     {"MSG a.b 12 5\r\nhello\r\n", "a.b", "", "hello"},
		"a message with a reply":        {"MSG a.b 12 r.1 5\r\nhello\r\n", "a.b", "r.1", "hello"},
		"a message with a header":       {"HMSG a.b 12 4 9\r\nNATShello\r\n", "a.b", "", "hello"},
		"a message with both":           {"HMSG a.b 12 r.1 4 9\r\nNATShello\r\n", "a.b", "r.1", "hello"},
		"a message that looks like one": {"PUB a.b 9\r\nPUB c 1\r\n\r\n", "a.b", "", "PUB c 1\r\n"},
	}
	for name, c := range cases {
		f, err := readFrame(bufio.NewReader(strings.NewReader(c.line + "PING\r\n")))
		if err != nil || string(f.raw) != c.line || f.subject != c.subject || f.reply != c.reply || string(f.body) != c.body {
			t.Errorf("%s: readFrame(%q) = %q of %q for %q, %v; want %q of %q for %q", name, c.line, f.body, f.subject, f.reply, err, c.body, c.subject, c.reply)
		}
	}
	for _, line := range []string{"PUB a\r\n", "PUB a x\r\n", "PUB a 9999999\r\n", "PUB a -1\r\n\r\n", "HPUB a 9 4\r\nabcd\r\n", "PUB a 5\r\nhel"} {
		if f, err := readFrame(bufio.NewReader(strings.NewReader(line))); err == nil {
			t.Errorf("readFrame(%q) = %q, want an error", line, f.raw)
		}
	}
}

func TestARedeliveryIsTold(t *testing.T) {
	for reply, want := range map[string]bool{
		"$JS.ACK.VTQ_JOBS.lookup.1.2.3.4.5": false, "$JS.ACK.VTQ_JOBS.lookup.2.2.3.4.5": true, "_INBOX.a.b": false, "": false,
		"$JS.ACK.d.a.VTQ_JOBS.lookup.1.2.3.4.5": false, "$JS.ACK.d.a.VTQ_JOBS.lookup.3.2.3.4.5": true,
	} {
		if got := redelivered(reply); got != want {
			t.Errorf("redelivered(%q) = %v, want %v", reply, got, want)
		}
	}
}
