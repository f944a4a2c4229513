package writer

import (
	"slices"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/verdict"
)

// An Attribute is one that the writer keeps on an indicator, as documents and demonstrations show it.
type Attribute struct {
	Field   string // As VTQ_ATTRIBUTES names it.
	Name    string // In ThreatQ.
	Meaning string // One sentence.
}

// Attributes lists what is written of a provider with these settings, in the order in which an analyst reads it.
func (c Config) Attributes(who string) []Attribute {
	mapping, meanings := c.mapping(verdict.DefaultPolicy()), meanings()
	var all []Attribute
	names := mapping.NamesOf(who)
	for _, field := range attribute.Known() {
		if mapping.Fields == nil || slices.Contains(mapping.Fields, field) {
			all = append(all, Attribute{Field: string(field), Name: names[len(all)], Meaning: meanings[field]})
		}
	}
	return all
}

// meanings say what each field tells an analyst.
func meanings() map[attribute.Field]string {
	return map[attribute.Field]string{
		"verdict":          "Malicious, Suspicious, Harmless, Undetected, No Verdict or Not Found.",
		"severity":         "High, Medium, Low or None, by the verdict.",
		"detections":       "Engines that call it malicious, of those that gave an opinion: `14/72`.",
		"malicious":        "Engines that call it malicious.",
		"suspicious":       "Engines that suspect it.",
		"harmless":         "Engines that call it clean.",
		"undetected":       "Engines that looked and have no opinion.",
		"engines":          "Names of the engines that speak against it, up to 20.",
		"threat_label":     "What most engines call it, such as `trojan.emotet`.",
		"last_analysis":    "When the engines last looked, UTC.",
		"first_submission": "When somebody first submitted it, UTC.",
		"reputation":       "The community's score; below zero speaks against it.",
		"tags":             "The provider's tags.",
		"link":             "The report, for a person.",
		"file_type":        "Of files: the type.",
		"file_name":        "Of files: the name that says most.",
		"registrar":        "Of domains: the registrar.",
		"categories":       "Of domains and URLs: how vendors classify the site.",
		"country":          "Of addresses: the country, in two letters.",
		"as_owner":         "Of addresses: who runs the network.",
		"final_url":        "Of URLs: where redirects ended.",
		"title":            "Of URLs: the title of the page.",
		"sandboxes":        "Of files, with a private key: what sandboxes say.",
		"yara":             "Of files, with a private key: YARA rules that match.",
		"sigma":            "Of files, with a private key: Sigma rules that match.",
		"first_seen_itw":   "Of files, with a private key: when it was first seen in the wild, UTC.",
		"gti_verdict":      "With a private key: the verdict of Google Threat Intelligence.",
		"gti_severity":     "With a private key: its severity.",
		"gti_score":        "With a private key: its score, 0 to 100.",
	}
}
