// Package summary shows a person what a demonstration did: a table of indicators, gravest first, the figures, and what to set for
// the real services.
//
// Values are defanged, so that no terminal makes a link of one, and what does not print in them is escaped: they are chosen by
// whoever attacks. The document of `vtq demo -o json` has them raw.
//
// ## Decisions
//
// A table that does not show everything shows some of everything, against the first rows alone: in order of gravity these would be
// thirty malicious files, and a newcomer would not learn what becomes of an unknown domain or a private address. Rows are dealt to
// the classes in turns, and within a class to the kinds of objects.
package summary
