package writer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/verdict"
)

// by is a verdict of another provider.
func by(who string, v verdict.Verdict) verdict.Verdict {
	v.Provider = who
	return v
}

// words are what stands on an indicator: source and value by name.
func (l *lab) words(id int64) map[string]string {
	all := map[string]string{}
	for _, row := range l.tq.Attributes(id) {
		parts := []string{row.Value}
		for _, source := range row.Sources {
			parts = append(parts, source.Name)
		}
		all[row.Name] += strings.Join(parts, " by ")
	}
	return all
}

// TestAnswersStandSideBySide writes the verdicts of two providers onto one indicator, in both modes: each has its names and its source,
// and to write one leaves the other known.
func TestAnswersStandSideBySide(t *testing.T) {
	for _, mode := range []string{"attributes", "bulk"} {
		t.Run(mode, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.config.Prefix, l.config.Source, l.config.Mode = "{provider}", "{provider}", mode
				ids := l.add(4)
				for _, id := range ids {
					l.answer(id, found(14))
				}
				l.drain()
				for _, id := range ids {
					l.answer(id, by(provider.ReversingLabs, found(3)))
				}
				l.drain()
				want := map[string]string{
					"VirusTotal Verdict": "Malicious by VirusTotal", "VirusTotal Detections": "14/70 by VirusTotal", "VirusTotal Malicious Count": "14 by VirusTotal",
					"ReversingLabs Verdict": "Suspicious by ReversingLabs", "ReversingLabs Detections": "3/70 by ReversingLabs", "ReversingLabs Malicious Count": "3 by ReversingLabs",
				}
				l.wantWords(ids[0], want)

				before := l.asked()
				l.replay()
				l.drain()
				if again := l.asked() - before; again != 0 {
					l.Errorf("%d requests to write both again, want none", again)
				}
				l.answer(ids[0], found(15))
				l.drain()
				want["VirusTotal Detections"], want["VirusTotal Malicious Count"] = "15/70 by VirusTotal", "15 by VirusTotal"
				l.wantWords(ids[0], want)
				l.answer(ids[0], by(provider.ReversingLabs, found(4)))
				l.drain()
				want["ReversingLabs Detections"], want["ReversingLabs Malicious Count"] = "4/70 by ReversingLabs", "4 by ReversingLabs"
				l.wantWords(ids[0], want)

				l.raise(2) // ThreatQ was restored, as far as the ledger knows.
				l.replay()
				l.drain()
				l.wantWords(ids[0], want)
			})
		})
	}
}

func (l *lab) wantWords(id int64, want map[string]string) {
	l.Helper()
	got := l.words(id)
	maps.DeleteFunc(got, func(_, value string) bool { return value == "" })
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("the rows of indicator %d (-want +got):\n%s", id, diff)
	}
}

// TestOneNameForAll has two providers under one name say the same, and then, one after the other, something else: nothing that neither
// says stays, and nobody is made to say what the other does.
func TestOneNameForAll(t *testing.T) {
	for _, mode := range []string{"attributes", "bulk"} {
		for _, restored := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restored %t", mode, restored), func(t *testing.T) {
				inLab(t, func(l *lab) {
					l.config.Fields, l.config.Names = []string{"verdict"}, []string{"verdict=VT Verdict"}
					l.config.Prefix, l.config.Source, l.config.Mode = "{provider}", "{provider}", mode
					ids, epoch := l.add(3), uint64(1)
					says := func(who string, malicious int, want ...string) {
						l.Helper()
						for _, id := range ids {
							l.answer(id, by(who, found(malicious)))
						}
						l.drain()
						for _, id := range ids {
							got := l.rows(id)
							slices.Sort(got)
							if diff := cmp.Diff(want, got); diff != "" {
								l.Errorf("%s says %d, the rows of indicator %d (-want +got):\n%s", who, malicious, id, diff)
							}
						}
						l.answer(ids[0], by(who, found(malicious)))
						l.costs("the same again", 0, 0)
						if restored {
							epoch++
							l.raise(epoch)
						}
					}
					const vt, rl = provider.VirusTotal, provider.ReversingLabs
					says(vt, 14, "VirusTotal:VT Verdict=Malicious")
					says(rl, 14, "VirusTotal,ReversingLabs:VT Verdict=Malicious")
					says(vt, 0, "VirusTotal:VT Verdict=Undetected")
					says(rl, 14, "ReversingLabs:VT Verdict=Malicious", "VirusTotal:VT Verdict=Undetected")
					says(rl, 0, "VirusTotal,ReversingLabs:VT Verdict=Undetected")
				})
			})
		}
	}
}
