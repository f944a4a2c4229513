package reversinglabs

import (
	"slices"
	"strings"
	"time"
)

// A Shape is how the records of one file look in TCA-0103. Its zero value is the recorded one, with the records that the file has.
type Shape struct {
	// NoRecords makes xref an empty text in place of a list, which a connector by a third party is prepared for.
	NoRecords bool
	// AllFailed leaves results out: all scanners failed (vendor documentation).
	AllFailed bool
	// Failed makes so many scanners fail, the first ones: they are in scanners and not in results.
	Failed int
	// History is how many older records there are besides. What they find is nothing: the file was new.
	History int
	// NumericSingleScan makes single_scan the number of the documentation, not the boolean of the recording.
	NumericSingleScan bool
}

// historyStep parts the records that Shape.History makes up.
const historyStep = 30 * 24 * time.Hour

// sample is a file's records, all of them or the latest.
func (s *Server) sample(r *record, history bool) object {
	var shape Shape
	if s.Shape != nil {
		shape = s.Shape(r.names.primary())
	}
	scans := shape.scans(r)
	sample := object{
		"single_scan": len(scans) == 1 && r.firstScan.Equal(scans[0].at),
		"sample_type": r.description, "sample_size": r.size,
		"xref": "", // Where there are no records.
	}
	if shape.NumericSingleScan {
		sample["single_scan"] = len(scans)
	}
	r.identity(sample)
	if !history {
		scans = scans[:min(1, len(scans))]
	}
	if s.Shuffle {
		disorder(scans)
	}
	if len(scans) > 0 {
		records := make([]xrefRecord, 0, len(scans))
		for _, scan := range scans {
			records = append(records, shape.record(scan))
		}
		sample["xref"] = records
	}
	return sample
}

// scans are the file's own and made up ones, the latest first. The list is the caller's.
func (sh Shape) scans(r *record) []scan {
	if sh.NoRecords {
		return nil
	}
	scans := slices.Clone(r.scans)
	for range sh.History {
		if len(scans) > 0 {
			scans = append(scans, scans[len(scans)-1].older())
		}
	}
	return scans
}

// older is a scan of the time before anything was found.
func (s scan) older() scan {
	past := scan{at: s.at.Add(-historyStep), engines: slices.Clone(s.engines)}
	for i, e := range past.engines {
		if e.category == malicious {
			past.engines[i].category, past.engines[i].result = undetected, ""
		}
	}
	return past
}

// identity is what the service knows a file by, as far as it is known.
func (r *record) identity(sample object) {
	for name, text := range map[string]string{
		"md5": r.names.md5, "sha1": r.names.sha1, "sha256": r.names.sha256,
		"sha384": r.names.sha384, "sha512": r.names.sha512, "ripemd160": r.names.ripemd160,
		"first_seen_on": stamp(r.first), "last_seen_on": stamp(r.last),
		"first_scanned_on": stamp(r.firstScan), "last_scanned_on": stamp(r.latest().at),
	} {
		setText(sample, name, text)
	}
}

// record is one scan. A scanner whose verdict this API has no word for, a doubt or a file of a type that it does not read, is
// left out.
func (sh Shape) record(s scan) xrefRecord {
	record := xrefRecord{ScannedOn: stamp(s.at), Scanners: []xrefScanner{}}
	for _, e := range s.engines {
		if !e.listed() {
			continue
		}
		failed := e.failed() || sh.AllFailed || record.Count < sh.Failed
		record.Count++
		record.Scanners = append(record.Scanners, xrefScanner{e.scanner, e.version, e.updated})
		if failed {
			continue
		}
		text := e.word()
		if text != "" {
			record.Match++
		}
		record.Results = append(record.Results, xrefResult{e.scanner, text})
	}
	return record
}

// listed tells whether this API has a word for the engine's verdict on a file.
func (e engine) listed() bool {
	return e.category == malicious || e.category == undetected || e.failed()
}

// word is what the engine found, empty for nothing. An engine without a word for it is the recorded "detected".
func (e engine) word() string {
	if e.category != malicious {
		return ""
	}
	if strings.TrimSpace(e.result) == "" {
		return "detected"
	}
	return e.result
}
