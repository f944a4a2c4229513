package dataset

import (
	"strings"

	"vtq.internal/shared/verdict"
)

// A format is a type of file, in the words of several tools.
type format struct {
	tag, description, extension, magic, mime string
}

// formats are what feeds send most of.
func formats() []format {
	return []format{
		{"peexe", "Win32 EXE", "exe", "PE32 executable (GUI) Intel 80386, for MS Windows", "application/octet-stream"},
		{"pedll", "Win32 DLL", "dll", "PE32+ executable (DLL) (console) x86-64, for MS Windows", "application/octet-stream"},
		{"pdf", "PDF", "pdf", "PDF document, version 1.7", "application/pdf"},
		{"docx", "Office Open XML Document", "docx", "Microsoft Word 2007+", "application/msword"},
		{"elf", "ELF", "so", "ELF 64-bit LSB shared object, x86-64, version 1 (SYSV)", "application/octet-stream"},
		{"android", "Android", "apk", "Zip archive data, at least v2.0 to extract", "application/zip"},
		{"javascript", "JavaScript", "js", "ASCII text, with very long lines", "text/javascript"},
		{"zip", "ZIP", "zip", "Zip archive data, at least v1.0 to extract", "application/zip"},
		{"isoimage", "ISO image", "iso", "ISO 9660 CD-ROM filesystem data", "application/x-iso9660-image"},
		{"lnk", "Windows shortcut", "lnk", "MS Windows shortcut", "application/octet-stream"},
	}
}

// hashes are the three names of one file. They are made up of each other, not of a file: no file has them.
func hashes(sha256 string) (md5, sha1 string) {
	d := roll("hashes of " + sha256)
	return d.hex(16), d.hex(20)
}

// file adds what all recorded files have, and what some do.
func (r Recipe) file(d *dice, a object) {
	f := pick(d, formats())
	md5, sha1 := hashes(r.Object)
	a["sha256"], a["sha1"], a["md5"] = r.Object, sha1, md5
	a["size"] = d.between(200, 9_000_000)
	a["magic"], a["type_tag"], a["type_description"] = f.magic, f.tag, f.description
	a["ssdeep"] = "3072:" + d.hex(20) + ":" + d.hex(12)
	a["vhash"] = d.hex(8)
	a["trid"] = []object{{"file_type": f.description, "probability": float64(d.between(300, 990)) / 10}}
	a["unique_sources"] = d.between(1, 60)
	a["names"] = r.names(d, f)
	if r.Traits.Has(Sparse) {
		return
	}
	a["meaningful_name"] = r.names(d, f)[0]
	a["type_extension"], a["type_tags"] = f.extension, []string{"file", f.tag}
	a["tlsh"] = "T1" + strings.ToUpper(d.hex(35))
	a["creation_date"] = epoch - daySeconds*int64(d.between(1500, 4000))
	a["first_seen_itw_date"] = epoch - daySeconds*int64(d.between(1600, 2000))
	a["exiftool"] = object{"MIMEType": f.mime, "FileTypeExtension": f.extension}
	r.label(d, a)
	if r.Traits.Has(Crowd) {
		r.crowd(d, a)
	}
}

// names are what submitters called the file. Real reports list up to some hundred of them.
func (r Recipe) names(d *dice, f format) []string {
	switch {
	case r.Traits.Has(Sparse):
		return []string{}
	case r.Traits.Has(Hostile):
		all := hostileTexts()
		first := d.below(len(all))
		return append(all[first:], all[:first]...)
	}
	return []string{d.fileName() + "." + f.extension, d.fileName() + ".tmp"}
}

// label is what engines agree to call it: there when enough of them call it anything.
func (r Recipe) label(d *dice, a object) {
	if r.Class != verdict.ClassMalicious {
		return
	}
	category, second := pick(d, words(trickery)), pick(d, words(families))
	a["popular_threat_classification"] = object{
		"suggested_threat_label":  category + "." + r.family() + "/" + second,
		"popular_threat_category": []object{{"value": category, "count": d.between(5, 20)}},
		"popular_threat_name":     []object{{"value": r.family(), "count": d.between(4, 12)}, {"value": second, "count": 3}},
	}
}

// crowd is what sandboxes and shared rules say.
func (r Recipe) crowd(d *dice, a object) {
	category, names := "undetected", []string{}
	if r.Class == verdict.ClassMalicious {
		category, names = "malicious", []string{r.family()}
	}
	a["sandbox_verdicts"] = object{
		"Aquarium Sandbox": object{
			"category": category, "confidence": d.between(50, 100), "sandbox_name": "Aquarium Sandbox",
			"malware_classification": []string{"UNKNOWN_VERDICT"}, "malware_names": names,
		},
		"Terrarium": object{"category": "harmless", "sandbox_name": "Terrarium"},
	}
	stats := object{"critical": 0, "high": 1, "medium": 1, "low": 0}
	a["sigma_analysis_stats"] = stats
	a["sigma_analysis_summary"] = object{"Harbor Rule Set": stats}
	a["sigma_analysis_results"] = []object{
		{
			"rule_title": "Office Program Starts A Shell", "rule_level": "high", "rule_source": "Harbor Rule Set",
			"rule_id": d.hex(32), "rule_author": "A. Keeper", "rule_description": "Writes letters, runs commands.",
		},
		{
			"rule_title": "File Named Like Another Type", "rule_level": "medium", "rule_source": "Harbor Rule Set",
			"rule_id": d.hex(32), "rule_author": "A. Keeper", "rule_description": "Two extensions, one of them true.",
		},
	}
	a["crowdsourced_yara_results"] = []object{{
		"rule_name": "Win_" + r.family(), "ruleset_name": "harbor_families", "ruleset_id": d.hex(5),
		"source": "https://quiet-harbor-almanac.org/rules", "author": "A. Keeper", "description": "Strings of the family.",
	}}
}
