// Package provider names the providers, what each can answer, and the routes to them.
//
// A route is an ordered list of providers. The job of an indicator takes the routes of its kind, and a worker asks the first provider of
// the route that is up and has budget left, so that a backlog that is queued already fails over, too.
//
//	policy   routes of a kind                      what an analyst sees
//	first    one, of all providers in their order  one answer, of the provider that gave it
//	all      one for each provider                 the answers of all, side by side
//
// Under first an indicator may bear answers of two providers all the same, after one stood in for the other: each under its own name and
// with its own date. Who stood in is not asked again, so its answer grows old there.
//
// A route is called after its providers: "reversinglabs-virustotal". So its name says who may answer its jobs, whatever the settings say
// by now: jobs that were queued under other settings are still answered.
//
// # What they answer
//
//	virustotal     files, URLs, domains and addresses
//	reversinglabs  files and URLs, in its suite that is compatible with VirusTotal's API v3; files by its own bulk API
//	compatible     files and URLs: any other endpoint that speaks the schema, of which no more is known
//
// ## Decisions
//
// Routes are named by what they are, against by a number or a word of the settings: a worker that was configured otherwise than the
// producer, as in the middle of a rollout, needs to know nothing else.
package provider
