// Package grant says what each role may do on the NATS server: the permissions of its user, and the limits of the account that all
// users are in. It is one Go value, beside the topology that it is about, from which the server's configuration is made.
//
// A role is a process and the key that it logs in with. The three stages have one each, and the admin sets up and operates. A stage
// may use what stands there and change nothing of it: it reads the streams before it in their consumers, writes into those behind it,
// and can neither make nor change nor delete any. A mistake in one stage, or settings meant for another, therefore end at its own
// streams. Against somebody who has taken a stage's key that is less than it looks: see the last but one of the decisions.
//
// ## Decisions
//
// Subjects are as narrow as the code: a wildcard stands where a token differs from message to message or from site to site (route,
// lane, account, key, id), and ">" nowhere but below the names of streams and consumers of the admin, and of inboxes. A role that
// lacks a right meets a timeout and one line in its log: the test that runs the whole pipeline as these users, and fails on such a
// line, is what tells that nothing is missing.
//
// Acknowledgements bear their number of tokens, against the usual "$JS.ACK.STREAM.CONSUMER.>". A server understands two forms, with
// and without domain and account, and takes what is not a number for one: "$JS.ACK.*.*.VTQ_JOBS.>", meant for the longer form, covers
// "$JS.ACK.VTQ_VERDICTS.writer.VTQ_JOBS.1.1.1.1" of the shorter one, by which a lookup could acknowledge verdicts in the writer's name
// (nats-server 2.15, ackReplyInfo).
//
// The admin cannot delete, purge, back up or restore a stream, nor delete the place of a stage in one, against a right to all of
// "$JS.API.>": no command of ours does, and the key lies in a cluster, for the job that sets up. Whoever runs the server can do so all the same.
//
// What a server does not refuse: it sends an answer to whatever subject the question names, and never asks whether the one who asked
// could publish there (nats-server 2.15; TestAnswersGoAnywhere of the command shows it). Who holds a key that may write somewhere and
// read there directly can have the server put bytes of his choice under any subject of the account. Such a message bears the headers of
// a direct read (Nats-Stream, Nats-Subject), by which a reader could tell it. To end it on the server takes an account for each role, with
// imports and exports between them: the answers to an import stay in the account that asked.
//
// The account has limits that hold for one server as for three. A bound on the bytes of the account would not: it counts copies, and a
// server by itself must have room for all of it. Instead each stream has to have a bound of at most the largest of ours, and there
// are as many streams as ours.
package grant
