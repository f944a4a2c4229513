package trespass

import (
	"slices"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/stream"
)

// key and id stand for an object and an indicator.
const (
	key = "0123456789abcdef0123456789abcdef"
	id  = ".1"
)

// Subjects that several roles have no business with.
const (
	job     = "vtq.job.fresh.virustotal." + key + id
	urgent  = "vtq.urgent.virustotal." + key + id
	verdict = "vtq.verdict.virustotal." + key + id
	alias   = "vtq.alias.virustotal." + key
	slot    = "vtq.quota.virustotal.main.0"
	counter = "vtq.spend.virustotal.main.20260102"
	entry   = "vtq.written.1"
	js      = "$JS.API."
	cursor  = state + "cursor.0123456789abcdef"
	outage  = state + "provider.virustotal.main"
	state   = "$KV.vtq_state."
	// numbers are the end of an acknowledgement.
	numbers = ".1.1.1.1.0"
)

// All lists everything.
func All() []Trespass {
	all := slices.Concat(producer(), lookup(), writer(), admin(), rollups())
	for _, role := range grant.Roles() {
		all = append(all, anybody(role)...)
	}
	return all
}

func producer() []Trespass {
	const role = grant.Producer
	return []Trespass{
		{Role: role, Name: "forging a verdict", Publish: verdict},
		{Role: role, Name: "forging an alias", Publish: alias},
		{Role: role, Name: "going before the backlog", Publish: urgent},
		{Role: role, Name: "a job of no lane", Publish: "vtq.job.none.virustotal." + key + id},
		{Role: role, Name: "taking a slot of the quota", Publish: slot},
		{Role: role, Name: "spending a day", Publish: counter},
		{Role: role, Name: "writing the ledger", Publish: entry},
		{Role: role, Name: "a dead letter in a lookup's name", Publish: "vtq.dead.lookup.virustotal." + key + id},
		{Role: role, Name: "consuming jobs", Publish: js + "CONSUMER.MSG.NEXT.VTQ_JOBS.lookup-fresh-virustotal", Body: "1"},
		{Role: role, Name: "acknowledging a job", Publish: "$JS.ACK.VTQ_JOBS.lookup-fresh-virustotal" + numbers},
		{Role: role, Name: "pausing the lookups", Publish: js + "CONSUMER.PAUSE.VTQ_JOBS.lookup-fresh-virustotal", Body: "{}"},
		{Role: role, Name: "reading the ledger", Publish: js + "DIRECT.GET.VTQ_WRITTEN", Body: `{"seq":1}`},
		{Role: role, Name: "reading an entry of the ledger", Publish: js + "DIRECT.GET.VTQ_WRITTEN." + entry},
		{Role: role, Name: "opening a breaker", Publish: state + "provider.virustotal.main", Body: "{}"},
		{Role: role, Name: "putting the ledger back", Publish: state + "ledger.epoch", Body: "{}"},
	}
}

func lookup() []Trespass {
	const role = grant.Lookup
	return []Trespass{
		{Role: role, Name: "writing the ledger", Publish: entry},
		{Role: role, Name: "reading the ledger", Publish: js + "DIRECT.GET.VTQ_WRITTEN", Body: `{"seq":1}`},
		{Role: role, Name: "making work for itself", Publish: job},
		{Role: role, Name: "going before the backlog", Publish: urgent},
		{Role: role, Name: "consuming verdicts", Publish: js + "CONSUMER.MSG.NEXT.VTQ_VERDICTS.writer", Body: "1"},
		{Role: role, Name: "acknowledging a verdict", Publish: "$JS.ACK.VTQ_VERDICTS.writer" + numbers},
		{Role: role, Name: "acknowledging a verdict, in the longer form", Publish: "$JS.ACK._.account.VTQ_VERDICTS.writer" + numbers},
		{Role: role, Name: "acknowledging a verdict as if it were a job in the longer form", Publish: "$JS.ACK.VTQ_VERDICTS.writer.VTQ_JOBS.1.1.1.1"},
		{Role: role, Name: "pausing the writer", Publish: js + "CONSUMER.PAUSE.VTQ_VERDICTS.writer", Body: "{}"},
		{Role: role, Name: "replaying verdicts", Publish: js + "CONSUMER.RESET.VTQ_VERDICTS.writer", Body: `{"seq":1}`},
		{Role: role, Name: "a dead letter in the writer's name", Publish: "vtq.dead.writer.virustotal." + key + id},
		{Role: role, Name: "moving the producer's cursor", Publish: state + "cursor.0123456789abcdef", Body: "{}"},
		{Role: role, Name: "reading the producer's cursor", Publish: js + "DIRECT.GET.KV_vtq_state." + state + "cursor.0123456789abcdef"},
		{Role: role, Name: "deleting a job that nobody was asked about", Publish: js + "STREAM.MSG.DELETE.VTQ_JOBS", Body: `{"seq":1}`},
	}
}

func writer() []Trespass {
	const role = grant.Writer
	return []Trespass{
		{Role: role, Name: "making jobs", Publish: job},
		{Role: role, Name: "going before the backlog", Publish: urgent},
		{Role: role, Name: "forging a verdict", Publish: verdict},
		{Role: role, Name: "spending a day", Publish: counter},
		{Role: role, Name: "taking a slot of the quota", Publish: slot},
		{Role: role, Name: "reading what was spent", Publish: js + "DIRECT.GET.VTQ_SPEND." + counter},
		{Role: role, Name: "consuming jobs", Publish: js + "CONSUMER.MSG.NEXT.VTQ_JOBS.lookup-fresh-virustotal", Body: "1"},
		{Role: role, Name: "acknowledging a job", Publish: "$JS.ACK.VTQ_JOBS.lookup-fresh-virustotal" + numbers},
		{Role: role, Name: "acknowledging a job as if it were a verdict in the longer form", Publish: "$JS.ACK.VTQ_JOBS.lookup-fresh-virustotal.VTQ_VERDICTS.writer.1.1.1"},
		{Role: role, Name: "a consumer of verdicts that is not its own", Publish: js + "CONSUMER.MSG.NEXT.VTQ_VERDICTS.other", Body: "1"},
		{Role: role, Name: "opening a breaker", Publish: state + "provider.virustotal.main", Body: "{}"},
		{Role: role, Name: "putting the ledger back", Publish: state + "ledger.epoch", Body: "{}"},
		{Role: role, Name: "noting a replay", Publish: state + "replay", Body: "{}"},
		{Role: role, Name: "rolling the ledger up", Publish: "vtq.written.1.all"},
	}
}

func admin() []Trespass {
	const role = grant.Admin
	return []Trespass{
		{Role: role, Name: "a stream that is not ours", Publish: js + "STREAM.CREATE.OTHER", Body: `{"name":"OTHER","subjects":["other"]}`},
		{Role: role, Name: "looking at all streams", Publish: js + "STREAM.LIST"},
		{Role: role, Name: "writing the ledger", Publish: entry},
		{Role: role, Name: "taking a slot of the quota", Publish: slot},
		{Role: role, Name: "spending a day", Publish: counter},
		{Role: role, Name: "deleting the writer's place in the verdicts", Publish: js + "CONSUMER.DELETE.VTQ_VERDICTS.writer"},
		{Role: role, Name: "taking verdicts from the writer", Publish: js + "CONSUMER.MSG.NEXT.VTQ_VERDICTS.writer", Body: "1"},
		{Role: role, Name: "acknowledging a verdict", Publish: "$JS.ACK.VTQ_VERDICTS.writer" + numbers},
		{Role: role, Name: "deleting the lookups' place in the jobs", Publish: js + "CONSUMER.DELETE.VTQ_JOBS.lookup-fresh-virustotal"},
		{Role: role, Name: "deleting the writer's place in the verdicts by way of another account", Publish: "$JS.OTHER.API.CONSUMER.DELETE.VTQ_VERDICTS.writer"},
		{Role: role, Name: "moving the leader of a stream", Publish: js + "STREAM.LEADER.STEPDOWN.VTQ_JOBS"},
		{Role: role, Name: "taking a server out of the cluster", Publish: js + "SERVER.REMOVE", Body: "{}"},
		{Role: role, Name: "purging an account", Publish: js + "ACCOUNT.PURGE.VTQ"},
	}
}

// rollups are messages that each role may publish, with a header by which a stream would purge whatever else it holds.
func rollups() []Trespass {
	var all []Trespass
	for role, subjects := range map[grant.Role][]string{
		grant.Producer: {job, cursor},
		grant.Lookup:   {verdict, alias, slot, counter, outage, "vtq.dead.lookup.virustotal." + key + id},
		grant.Writer:   {entry, "vtq.dead.writer.virustotal." + key + id},
		grant.Admin:    {urgent, job, verdict, outage, state + "replay", state + "ledger.epoch", "vtq.dead.writer.virustotal." + key + id},
	} {
		for _, subject := range subjects {
			all = append(all, Trespass{Role: role, Name: "purging all that is beside " + subject, Publish: subject, Rollup: true})
		}
	}
	return all
}

// anybody is what no role may do.
func anybody(role grant.Role) []Trespass {
	all := []Trespass{
		{Role: role, Name: "reading along with everything of ours", Subscribe: "vtq.>"},
		{Role: role, Name: "reading along with everything", Subscribe: ">"},
		{Role: role, Name: "reading along with jobs", Subscribe: "vtq.job.*.*.*.*"},
		{Role: role, Name: "reading along with requests to JetStream", Subscribe: "$JS.API.>"},
		{Role: role, Name: "reading along with acknowledgements", Subscribe: "$JS.ACK.>"},
		{Role: role, Name: "reading all inboxes", Subscribe: "_INBOX.>"},
		{Role: role, Name: "reading the system's events", Subscribe: "$SYS.>"},
		{Role: role, Name: "asking the system", Publish: "$SYS.REQ.SERVER.PING"},
		{Role: role, Name: "asking the system for its connections", Publish: "$SYS.REQ.ACCOUNT.VTQ.CONNZ"},
		{Role: role, Name: "forging an advisory", Publish: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.VTQ_JOBS.lookup-fresh-virustotal", Body: "{}"},
		{Role: role, Name: "anything else", Publish: "other"},
		{Role: role, Name: "copying a stream", Publish: js + "STREAM.SNAPSHOT.VTQ_WRITTEN", Body: "{}"},
		{Role: role, Name: "putting a stream back", Publish: js + "STREAM.RESTORE.VTQ_WRITTEN", Body: "{}"},
	}
	for _, other := range grant.Roles() {
		if other != role {
			for _, inbox := range grant.Of(other).Subscribe {
				all = append(all, Trespass{Role: role, Name: "reading the inbox of the " + string(other), Subscribe: inbox})
			}
		}
	}
	for _, name := range []string{
		stream.Jobs, stream.Urgent, stream.Verdicts, stream.DeadLetters, stream.Quota, stream.Spend, stream.Written, "KV_" + stream.State,
	} {
		all = append(all, onStream(role, name)...)
	}
	return all
}

// onStream is what nobody may do to a stream, or the admin alone.
func onStream(role grant.Role, name string) []Trespass {
	all := []Trespass{
		{Role: role, Name: "deleting " + name, Publish: js + "STREAM.DELETE." + name},
		{Role: role, Name: "purging " + name, Publish: js + "STREAM.PURGE." + name},
	}
	if role == grant.Admin {
		return all
	}
	return append(all,
		Trespass{Role: role, Name: "changing " + name, Publish: js + "STREAM.UPDATE." + name, Body: "{}"},
		Trespass{Role: role, Name: "making " + name, Publish: js + "STREAM.CREATE." + name, Body: "{}"},
		Trespass{Role: role, Name: "deleting a message of " + name, Publish: js + "STREAM.MSG.DELETE." + name, Body: `{"seq":1}`},
		Trespass{Role: role, Name: "reading " + name + " by way of its leader", Publish: js + "STREAM.MSG.GET." + name, Body: `{"seq":1}`},
		Trespass{Role: role, Name: "a consumer of its own on " + name, Publish: js + "CONSUMER.CREATE." + name + ".own", Body: "{}"},
		Trespass{Role: role, Name: "a durable of its own on " + name, Publish: js + "CONSUMER.DURABLE.CREATE." + name + ".own", Body: "{}"},
		Trespass{Role: role, Name: "deleting a consumer of " + name, Publish: js + "CONSUMER.DELETE." + name + ".writer"},
	)
}
