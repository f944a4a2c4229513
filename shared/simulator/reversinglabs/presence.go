package reversinglabs

import (
	"strings"
	"unicode"
)

// The verdicts of TCA-0101.
const (
	statusMalicious  = "MALICIOUS"
	statusSuspicious = "SUSPICIOUS"
	statusKnown      = "KNOWN"
	unknown          = "UNKNOWN"
)

// leastMalicious is how many scanners make a file malicious here. The service's own verdict is no count, and how it is come to is
// not published.
const leastMalicious = 5

// presence is the service's verdict on a file: the status alone, or what the count makes of it as well.
func (r *record) presence(extended, hashes bool) object {
	match, count := 0, 0
	for _, e := range r.latest().engines {
		if e.listed() {
			count++
		}
		if e.category == malicious {
			match++
		}
	}
	status := statusOf(match, count)
	entry := object{"status": status}
	if hashes {
		setText(entry, "md5", r.names.md5)
		setText(entry, "sha1", r.names.sha1)
		setText(entry, "sha256", r.names.sha256)
	}
	if !extended || status == unknown {
		return entry
	}
	entry["scanner_count"], entry["scanner_match"] = count, match
	entry["scanner_percent"] = 100 * float64(match) / float64(count)
	setText(entry, "first_seen", stamp(r.first))
	setText(entry, "last_seen", stamp(r.last))
	r.threat(entry, status)
	return entry
}

// statusOf never says KNOWN of a file that no scanner answered about: that would be a verdict.
func statusOf(match, count int) string {
	switch {
	case count == 0:
		return unknown
	case match == 0:
		return statusKnown
	case match < leastMalicious:
		return statusSuspicious
	}
	return statusMalicious
}

// threat adds what is said of a file that something is held against.
func (r *record) threat(entry object, status string) {
	levels := map[string]int{statusMalicious: 5, statusSuspicious: 2} // Of 5; those of a known file are 0.
	entry["threat_level"], entry["trust_factor"] = levels[status], levels[status]
	if levels[status] == 0 {
		return
	}
	category, family := r.threatName()
	entry["reason"] = "antivirus"
	entry["threat_name"] = "Win32." + category + "." + family
	entry["classification"] = object{
		"platform": "Win32", "type": category, "family_name": family, "is_generic": family == generic,
	}
}

// generic is the family of what has no name.
const generic = "Generic"

// threatName makes two words of what VirusTotal's engines agree on, "trojan.duskrelay/mossbot".
func (r *record) threatName() (category, family string) {
	category, rest, ok := strings.Cut(r.label, ".")
	if !ok {
		return "Malware", generic
	}
	family, _, _ = strings.Cut(rest, "/")
	return capital(category), capital(family)
}

// capital is a word with its first letter in upper case. A word that is empty is no name.
func capital(word string) string {
	for i, first := range word {
		return word[:i] + string(unicode.ToUpper(first)) + word[i+len(string(first)):]
	}
	return generic
}
