package attribute

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"vtq.internal/shared/verdict"
)

// Manner stands for the way in which a mapping makes verdicts into attributes: mappings of one manner make the same attributes of the
// same verdict. It is taken from the policy and from what comes of a sample, so that a version of the program that spells a value
// otherwise has another manner, without anybody having to think of it.
func (m Mapping) Manner() string {
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	_ = encoder.Encode(m.Policy) // Numbers and words, to a hash: neither can fail.
	for _, v := range []verdict.Verdict{{}, sample()} {
		_ = encoder.Encode(m.Of(v))
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// sample is a verdict in which every fact has a value.
func sample() verdict.Verdict {
	at, number := time.Date(2026, 3, 1, 9, 30, 15, 0, time.UTC), int64(-12)
	engines := make([]verdict.Engine, MaxEngines+1)
	for i := range engines {
		engines[i] = verdict.Engine{Name: string(rune('A' + i)), Category: verdict.Malicious}
	}
	return verdict.Verdict{
		Provider: "sample", Found: true, Asked: at, Engines: engines,
		Counts: verdict.Counts{verdict.Malicious: 14, verdict.Suspicious: 1, verdict.Harmless: 2, verdict.Undetected: 55},
		Facts: verdict.Facts{
			Link: "https://a.test/?b=1", ThreatLabel: "label", LastAnalysis: at, FirstSubmission: at, Reputation: &number,
			Tags: []string{"a", "b"}, FileType: "type", FileName: " name ", Title: "title", FinalURL: "https://b.test/",
			Registrar: "registrar", Categories: []string{"c", "d"}, Country: "NO", ASOwner: "owner",
			Private: verdict.Private{
				Sandboxes: []string{"e", "f"}, YARA: []string{"g", "h"}, Sigma: []string{"i", "j"}, FirstSeenITW: at,
				GTIVerdict: "verdict", GTISeverity: "severity", GTIScore: &number,
			},
		},
	}
}
