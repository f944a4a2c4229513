// Package config reads the environment, once, and says everything that is
// wrong with it at once.
//
// A configuration is a struct whose fields carry their whole story as tags:
//
//	type Config struct {
//		ThreatQ config.ThreatQ
//		Poll    time.Duration `env:"VTQ_POLL" envDefault:"60s" doc:"How often ThreatQ is asked what changed."`
//	}
//
// A field with an env tag is a variable: a string, bool, number,
// time.Duration, anything with UnmarshalText, a pointer to one of these (nil
// when unset) or a slice of them (comma-separated, blanks around items
// dropped). A struct without an env tag is a block of further variables; nest
// it as a named field, since an embedded one would lend its methods to the
// outer struct. The tags:
//
//	env         the variable's name
//	envDefault  its value when unset; an empty value counts as unset
//	required    "true" when there is no sensible default; "usually" when other
//	            variables decide, and the block's Validate complains
//	doc         one sentence, which becomes its row in the README
//
// From these the same walk makes the values ([Load]), the README's table
// ([Table]), the .env.example ([Example]) and the warning about misspelt names
// ([Unknown]), so that none of them can go stale on its own.
//
// A block that implements Validate() error checks what tags cannot say:
// bounds, and how variables depend on one another. Its complaints are lines of
// the form "VARIABLE: what it wants"; [Between], [OneOf], [Readable] and
// [Secure] word the common ones. Validate runs when every variable of its block
// could be read, whatever became of the others; a required one may still be
// unset, which has been said by then and needs no second line.
//
// Every [Secret] X is also read from the file that X_FILE names, the way
// Kubernetes and Docker mount secrets. Setting both is a complaint: either
// could be the stale one.
//
// ## Decisions
//
//   - The environment is a parameter, not os.Environ: only main.go touches the
//     process, and tests need no t.Setenv.
//   - caarlos0/env converts values, but one variable at a time. Its errors name
//     the Go field, and two blocks may both have a Timeout; with one variable
//     per call there is nothing to guess.
//   - A complaint shows a rejected value only if its type can hold no
//     credentials: never a [Secret], never a [URL]. The path in X_FILE is not
//     shown either, because the commonest mistake is to put the secret there.
//   - A Secret is a struct around a pointer, not a string type: fmt cannot call
//     methods on unexported fields, so a string type would print in the clear
//     from within any struct that keeps it private. A pointer prints as an
//     address.
//   - Verification of TLS certificates cannot be switched off. A private
//     authority is what X_CA_FILE is for.
package config
