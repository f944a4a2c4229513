package replay_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/verdict"
)

func TestReplaysOfJobsAreNoted(t *testing.T) {
	inLab(t, func(l *lab) {
		if all := must(l.replay.JobsHistory(l.Context()))(l.T); len(all) != 0 {
			l.Errorf("JobsHistory before any = %+v", all)
		}
		began := time.Now().UTC()
		record := replay.JobsRecord{
			Name: replay.Name(began), Started: began, Outcome: replay.UnderWay, By: "alice\x1b@desk", Asked: strings.Repeat("<", 300), Jobs: 3,
		}
		l.noted(record)
		record.Outcome, record.Ended, record.Published, record.Pending = replay.Done, began.Add(time.Minute), 2, 1
		l.noted(record)
		record.By, record.Asked = "alice@desk", strings.Repeat("<", replay.MaxAsked-1)+"…"
		if diff := cmp.Diff([]replay.JobsRecord{record}, must(l.replay.JobsHistory(l.Context()))(l.T)); diff != "" {
			l.Errorf("JobsHistory (-want +got):\n%s", diff)
		}
		for n := range replay.Kept {
			record.Name = strconv.Itoa(n)
			l.noted(record)
		}
		all := must(l.replay.JobsHistory(l.Context()))(l.T)
		if len(all) != replay.Kept || all[0].Name != "0" || all[replay.Kept-1].Name != "19" {
			l.Errorf("JobsHistory = %d from %q on, want the last %d", len(all), all[0].Name, replay.Kept)
		}
	})
}

func (l *lab) noted(record replay.JobsRecord) {
	l.Helper()
	if err := l.replay.NoteJobs(l.Context(), record); err != nil {
		l.Fatalf("NoteJobs = %v", err)
	}
}

// TestNotesOfReplaysOfJobsThatNobodyCanRead are begun anew, as are those that a rival wrote over.
func TestNotesOfReplaysOfJobsThatNobodyCanRead(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, body := range []string{"\x00", `{"replays":[]}`, `{"schema":1,"x":"` + strings.Repeat("x", 64<<10) + `"}`} {
			must(l.state().Put(l.Context(), replay.JobsKey, []byte(body)))(l.T)
			l.noted(replay.JobsRecord{Name: "a"})
			if all := must(l.replay.JobsHistory(l.Context()))(l.T); len(all) != 1 {
				l.Errorf("JobsHistory over %.20q = %+v, want one", body, all)
			}
		}
		l.replay = must(replay.Open(l.Context(), &rival{l.js, replay.JobsKey, 1}))(l.T)
		l.noted(replay.JobsRecord{Name: "b"})
		if all := must(l.replay.JobsHistory(l.Context()))(l.T); len(all) != 2 {
			l.Errorf("JobsHistory = %+v, want two", all)
		}
	})
}

func TestASelectionSaysWhatItTakes(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 15, 0, time.UTC)
	for want, s := range map[string]replay.Selection{
		"those past their age": {},
		"whatever their age, classes [Malicious], published since 2026-03-01T09:30:15Z, given before 2026-03-01T09:30:15Z": {
			IgnoreFresh: true, Classes: []verdict.Class{verdict.ClassMalicious}, Since: at, Before: at,
		},
	} {
		if got := s.String(); got != want {
			t.Errorf("%+v.String() = %q, want %q", s, got, want)
		}
	}
	for want, s := range map[string]replay.Start{
		"all verdicts": {}, "verdicts from 5 on": {Sequence: 5}, "verdicts since 2026-03-01T09:30:15Z": {Since: at},
	} {
		if got := s.String(); got != want {
			t.Errorf("%+v.String() = %q, want %q", s, got, want)
		}
	}
}
