package attribute

import (
	"fmt"
	"strconv"
	"strings"

	"vtq.internal/shared/verdict"
)

// fields is every field, in the order in which an analyst reads them. The README's table is made from it.
func fields() []field {
	return []field{
		{id: "verdict", title: "Verdict", value: class},
		{id: "severity", title: "Severity", value: severity},
		{id: "detections", title: "Detections", value: fact(detections)},
		{id: "malicious", title: "Malicious Count", value: count(verdict.Malicious)},
		{id: "suspicious", title: "Suspicious Count", value: count(verdict.Suspicious)},
		{id: "harmless", title: "Harmless Count", value: count(verdict.Harmless)},
		{id: "undetected", title: "Undetected Count", value: count(verdict.Undetected)},
		{id: "engines", title: "Detecting Engines", value: fact(engines)},
		{id: "threat_label", title: "Threat Label", value: text(func(f verdict.Facts) string { return f.ThreatLabel })},
		{id: "last_analysis", title: "Last Analysis", value: text(func(f verdict.Facts) string { return date(f.LastAnalysis) })},
		{id: "first_submission", title: "First Submission", value: text(func(f verdict.Facts) string { return date(f.FirstSubmission) })},
		{id: "reputation", title: "Reputation", value: text(func(f verdict.Facts) string { return number(f.Reputation) })},
		{id: "tags", title: "Tags", value: list(func(f verdict.Facts) []string { return f.Tags })},
		{id: "link", title: "Link", value: text(func(f verdict.Facts) string { return f.Link })},
		{id: "file_type", title: "File Type", value: text(func(f verdict.Facts) string { return f.FileType })},
		{id: "file_name", title: "File Name", value: text(func(f verdict.Facts) string { return f.FileName })},
		{id: "registrar", title: "Registrar", value: text(func(f verdict.Facts) string { return f.Registrar })},
		{id: "categories", title: "Categories", value: list(func(f verdict.Facts) []string { return f.Categories })},
		{id: "country", title: "Country", value: text(func(f verdict.Facts) string { return f.Country })},
		{id: "as_owner", title: "AS Owner", value: text(func(f verdict.Facts) string { return f.ASOwner })},
		{id: "final_url", title: "Final URL", value: text(func(f verdict.Facts) string { return f.FinalURL })},
		{id: "title", title: "Title", value: text(func(f verdict.Facts) string { return f.Title })},
		// Without a private key the client keeps none of these.
		{id: "sandboxes", title: "Sandbox Verdicts", value: list(func(f verdict.Facts) []string { return f.Private.Sandboxes })},
		{id: "yara", title: "YARA Rules", value: list(func(f verdict.Facts) []string { return f.Private.YARA })},
		{id: "sigma", title: "Sigma Rules", value: list(func(f verdict.Facts) []string { return f.Private.Sigma })},
		{id: "first_seen_itw", title: "First Seen In The Wild", value: text(func(f verdict.Facts) string { return date(f.Private.FirstSeenITW) })},
		{id: "gti_verdict", title: "GTI Verdict", value: text(func(f verdict.Facts) string { return f.Private.GTIVerdict })},
		{id: "gti_severity", title: "GTI Severity", value: text(func(f verdict.Facts) string { return f.Private.GTISeverity })},
		{id: "gti_score", title: "GTI Score", value: text(func(f verdict.Facts) string { return number(f.Private.GTIScore) })},
	}
}

func class(_ verdict.Verdict, c verdict.Class, _ verdict.Meaning) string { return string(c) }

func severity(_ verdict.Verdict, _ verdict.Class, m verdict.Meaning) string {
	return string(m.Severity)
}

func fact(f func(verdict.Verdict) string) func(verdict.Verdict, verdict.Class, verdict.Meaning) string {
	return func(v verdict.Verdict, _ verdict.Class, _ verdict.Meaning) string { return f(v) }
}

func text(f func(verdict.Facts) string) func(verdict.Verdict, verdict.Class, verdict.Meaning) string {
	return fact(func(v verdict.Verdict) string { return f(v.Facts) })
}

func list(f func(verdict.Facts) []string) func(verdict.Verdict, verdict.Class, verdict.Meaning) string {
	return fact(func(v verdict.Verdict) string { return strings.Join(f(v.Facts), ", ") })
}

// count gives a count that the provider sent; one that it did not send is not zero.
func count(c verdict.Category) func(verdict.Verdict, verdict.Class, verdict.Meaning) string {
	return fact(func(v verdict.Verdict) string {
		if !v.Counts.Provided(c) {
			return ""
		}
		return strconv.Itoa(v.Counts.Of(c))
	})
}

func detections(v verdict.Verdict) string { return v.Counts.Detections() }

// engines names those that call the object malicious or suspicious, and says how many more there are.
func engines(v verdict.Verdict) string {
	var names []string
	for _, e := range v.Engines {
		names = append(names, verdict.Clean(e.Name, verdict.MaxName))
	}
	shown := names[:min(len(names), MaxEngines)]
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
