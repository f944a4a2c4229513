// Package verdict is what a provider knows about one object, and what that means.
//
// A Verdict keeps the provider's answer as raw counts, one for each of the eight categories in which engines speak, and never
// adds two categories together: an engine that says "clean" (harmless) and an engine that found nothing (undetected) are
// different witnesses, and an engine that failed is none. The Class of a verdict is derived when it is needed, by a Policy,
// so that a site can change its thresholds and replay what it has, without asking the provider again.
//
// The default policy, first line that fits:
//
//	class        when                                          severity  score
//	Not Found    the provider has no such object (404)         None      none
//	Malicious    malicious >= 5                                High      9
//	Suspicious   malicious >= 1 or suspicious >= 3             Medium    6
//	Harmless     harmless >= 1: somebody says it is clean      Low       1
//	Undetected   engines gave an opinion, none of the above    Low       3
//	No Verdict   no counts, or only failures, timeouts and     None      none
//	             unsupported types
//
// Undetected scores above Harmless: silence is less than a clean bill of health. Not Found and No Verdict give no score,
// since nobody knowing is no reason to lower one.
//
// # Decisions
//
// Counts are a map, not a struct of integers: a category that a provider does not have is absent, and "not provided" never
// reads as "zero engines". A missing category adds nothing to a ratio.
//
// A provider counts variants of one engine as engines. Where they are taken together the counts before it stay beside (Raw), since
// nobody could tell them from the others; and where a provider's total contradicts its own list the list counts, and the verdict says so
// (Miscounted), since only the list can be checked.
//
// One malicious vote is Suspicious, not Malicious: google.com had one in a recording of 2026, five separates such lone votes
// from the samples that engines agree on.
package verdict
