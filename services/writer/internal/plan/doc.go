// Package plan compares what should stand on an indicator with what stands there.
//
// ThreatQ knows no "set this attribute": a row is its name and value together, so that another value under the same name would be
// a second row. The plan therefore tells, for each attribute that is ours to write:
//
//	its value stands there already        leave it; delete what else of ours stands under the name
//	another value of ours stands there    update that row in place; delete what else of ours there is
//	nothing of ours stands there          create it
//	it has no value now                   delete what of ours stands there
//
// A row is ours when our source is its only one. A row that bears another source too is somebody else's word as well: it is never
// changed or deleted, and ours is written beside it. Only when somebody else has said the very same, the row is shared: to create it
// again adds our source to it, and no second row.
//
// Under a name that a site has chosen for several providers, a row may bear our sources for two of them, who said the same. When one of
// them says something else, that row is deleted and another created: to change it would put a word into the mouth of the other, whose
// own comes back with its next verdict; to leave it, as is done with somebody else's, would leave it for ever.
//
// # Decisions
//
// Where ThreatQ does not say which sources a row has, a row is taken for ours when its name begins with our prefix, as "VirusTotal
// Verdict" does: the other way round every change would leave a row behind. Under a name that a site has chosen, such as "Country",
// anybody may write, and to overwrite somebody's word is worse: there a row is never changed, a new value is written beside it, and
// the old one is left behind. A row that says what is wanted is left alone under either name.
//
// Whether ThreatQ takes two values for the same that differ in nothing but case, as its database would, is not known. So a shared
// row that says the same in another case is left alone, since it cannot be changed, and no row is given a value that another has
// in another case: either answer of ThreatQ's leads to one row, and to no write in the next pass.
package plan
