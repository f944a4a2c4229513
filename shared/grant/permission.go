package grant

import (
	"vtq.internal/shared/stream"
	"vtq.internal/shared/wire"
)

// A Permission is what a role may publish and subscribe to. There is nothing else that it may.
type Permission struct {
	Publish   []Right
	Subscribe []string
}

// A Right is to publish to some subjects, for one purpose.
type Right struct {
	Why      string
	Subjects []string
}

// Of gives the permissions of a role.
func Of(role Role) Permission {
	var p Permission
	for _, name := range role.inboxes() {
		p.Subscribe = append(p.Subscribe, "_INBOX_"+name+".>")
	}
	switch role {
	case Admin:
		p.Publish = admin()
		p.Subscribe = append(p.Subscribe, answers, graves)
	case Producer:
		p.Publish = producer()
	case Lookup:
		p.Publish = lookup()
	case Writer:
		p.Publish = writer()
	}
	return p
}

// Keys of the state bucket, with a wildcard for what differs.
const (
	cursors   = "cursor.*"     // Of the producer, one for each selection.
	providers = "provider.*.*" // Of the lookups, one for each account.
	replayed  = "replay"       // The notes of vtq replay, which the writer tells from an accident.
)

// Subjects with a wildcard for each token, where package wire has one for all.
const (
	verdicts  = "vtq.verdict.*.*.*"
	aliases   = "vtq.alias.*.*"
	slots     = "vtq.quota.*.*.*"
	counters  = "vtq.spend.*.*.*"   // Of a day or a month,
	perLane   = "vtq.spend.*.*.*.*" // and of what a lane used of it.
	ledger    = "vtq.written.*"
	answers   = "vtq.verdict.*.*.0"     // To an operator who waits for one,
	graves    = "vtq.dead.lookup.*.*.0" // or for the end of the job.
	dead      = ".*.*.*"                // Below the name of a stage.
	anyRoute  = ".*.*.*"                // Below a lane.
	consumers = "*"                     // Of a stream that has no others than those of lanes and routes.
)

func producer() []Right {
	jobs := Right{Why: "Jobs of the backlog."}
	for _, lane := range wire.Backlog() {
		jobs.Subjects = append(jobs.Subjects, "vtq.job."+string(lane)+anyRoute)
	}
	return []Right{
		jobs,
		{"To see that the streams are there.", info(stream.Jobs, stream.Verdicts, stream.DeadLetters, bucket)},
		{"What has a verdict already, or died on the way: many subjects in one request.", many(stream.Verdicts, stream.DeadLetters)},
		{"How far ThreatQ was read.", keeps(cursors)},
	}
}

func lookup() []Right {
	return []Right{
		{"Verdicts, and under which other names their objects are known.", []string{verdicts, aliases}},
		{"The quota: slots, pauses and leases, and what was spent.", []string{slots, counters, perLane}},
		{"Dead letters, and whether one stands already.", append(many(stream.DeadLetters), "vtq.dead.lookup"+dead)},
		{"To see that the streams are there; the server's clock.", info(
			stream.Jobs, stream.Urgent, stream.Verdicts, stream.DeadLetters, stream.Quota, stream.Spend, bucket)},
		{"Jobs of all lanes and routes, those of former settings among them.", append(append(
			takes(stream.Jobs, consumers), takes(stream.Urgent, consumers)...), api("CONSUMER.NAMES", stream.Jobs))},
		{"To pause the lanes while nothing can be asked.", []string{
			api("CONSUMER.PAUSE", stream.Jobs, consumers), api("CONSUMER.PAUSE", stream.Urgent, consumers),
		}},
		{"What is known about an object already.", []string{one(stream.Verdicts, verdicts), one(stream.Verdicts, aliases)}},
		{"The slots that are taken, and what all workers have spent, many in one request.", many(stream.Quota, stream.Spend)},
		{"What was spent, for the status page.", []string{one(stream.Spend, counters)}},
		{"What keeps providers from being asked.", keeps(providers)},
	}
}

func writer() []Right {
	return []Right{
		{"The ledger.", append(many(stream.Written), ledger)},
		{"Dead letters, and whether one stands already.", append(many(stream.DeadLetters), "vtq.dead.writer"+dead)},
		{"To see that the streams are there.", info(stream.Verdicts, stream.DeadLetters, stream.Written, bucket)},
		{"Verdicts, as they come.", takes(stream.Verdicts, stream.Writer)},
		{"The verdict that was written last, by its sequence and by its subject.", append(many(stream.Verdicts), one(stream.Verdicts, verdicts))},
		{"Whether the ledger or the verdicts were put back.", []string{reads(wire.EpochKey), reads(replayed)}},
	}
}

func admin() []Right {
	all := []string{stream.Jobs, stream.Urgent, stream.Verdicts, stream.DeadLetters, stream.Quota, stream.Spend, stream.Written, bucket}
	var setup []string
	for _, name := range all {
		setup = append(setup, api("STREAM.CREATE", name), api("STREAM.UPDATE", name))
	}
	for _, name := range []string{stream.Jobs, stream.Urgent, stream.Verdicts} {
		setup = append(setup, api("CONSUMER.CREATE", name, ">"), api("CONSUMER.INFO", name, "*"))
	}
	return []Right{
		{"vtq setup: the streams, the bucket and the consumers.", setup},
		{"vtq check, and every other command: what is there, and how full it is.", append(info(all...),
			api("CONSUMER.LIST", stream.Jobs), api("CONSUMER.LIST", stream.Urgent))},
		{"vtq lookup: jobs that somebody waits for, and what is known.", []string{
			"vtq.urgent" + anyRoute, one(stream.Verdicts, verdicts), one(stream.Verdicts, aliases),
		}},
		{"vtq lookup: what is in the way, by a consumer of its own.", []string{
			api("CONSUMER.CREATE", bucket, ">"), api("CONSUMER.DELETE", bucket, "*"), "$JS.FC." + bucket + ".>",
		}},
		{"vtq pause and vtq resume.", append(keeps(providers),
			api("CONSUMER.PAUSE", stream.Jobs, consumers), api("CONSUMER.PAUSE", stream.Urgent, consumers))},
		{"vtq deadletters: reading letters and what they are about.", append(many(stream.DeadLetters, stream.Verdicts),
			one(stream.Written, ledger), api("STREAM.MSG.GET", stream.Jobs), api("STREAM.MSG.GET", stream.Urgent))},
		{"vtq deadletters: sending them back, and taking them away.", []string{
			"vtq.job.*" + anyRoute, verdicts, "vtq.dead.*" + dead,
			api("STREAM.MSG.DELETE", stream.DeadLetters), api("STREAM.MSG.DELETE", stream.Jobs), api("STREAM.MSG.DELETE", stream.Urgent),
		}},
		{"vtq replay jobs: what was written of each.", many(stream.Written)},
		{"vtq replay.", append(append(keeps(replayed), append(keeps("replay.jobs"), keeps(wire.EpochKey)...)...),
			api("CONSUMER.RESET", stream.Verdicts, stream.Writer))},
		{"vtq replay: counting and reading verdicts, by consumers that are not the writer's.", counts()},
	}
}

// counts pulls from the consumers of a replay, and ends them.
func counts() []string {
	var all []string
	for _, name := range stream.ReplayConsumers() {
		all = append(all, api("CONSUMER.MSG.NEXT", stream.Verdicts, name), api("CONSUMER.DELETE", stream.Verdicts, name))
	}
	return all
}
