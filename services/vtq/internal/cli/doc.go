// Package cli is the vtq command: what can be typed, and which exit code follows.
//
//	vtq up           run the pipeline                          logs on standard error, until a signal
//	vtq check        try out what the pipeline needs           a line for each thing, or JSON
//	vtq setup        make the streams on a NATS server         their names
//	vtq credentials  make keys and certificates for NATS       files, or a manifest
//	vtq lookup       ask a running pipeline about values       a table, or JSON
//	vtq pause        let no worker ask, for a while            until when
//	vtq resume       end that                                  what is so now
//	vtq deadletters  list, show, redrive and drop them         a table or JSON; how many
//	vtq replay       write verdicts again, or ask again        what it comes to
//	vtq demo         show the pipeline on simulators           a table and figures, or JSON
//	vtq simulate     serve the simulators                      assignments for a shell, until a signal
//
// Results go to standard output, progress and logs to standard error, so that `vtq demo -o json | jq` works and shows how far it is
// all the same. Exit codes are those of package daemon:
//
//	Done     what was asked for is done, or a signal ended in order what would have gone on
//	Failed   it could not be done; trying again may help
//	Misused  the command line or the configuration is wrong; trying again cannot help
//
// The process is a parameter (daemon.Process): arguments, environment, streams and the exit come from main.go, and from the tests.
//
// ## Decisions
//
// cobra, against the standard library's flag: commands with help, suggestions for misspelt ones and completion for four shells are
// what operators know from kubectl. The services, which have no commands, use flag.
//
// Configuration is in the environment alone. No flag sets what a variable sets, so that there is no order of precedence to
// remember, and no secret in a process list.
//
// `vtq up` is package daemon's service like the three stages, and logs like them. On a terminal alone, where a person reads, its
// lines are for people unless LOG_FORMAT says otherwise.
package cli
