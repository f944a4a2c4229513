package vtq_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/provider"
	"vtq.internal/shared/simulator/dataset"
	tqsim "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// replayer works beside the pipeline, which runs.
func (r *run) replayer() (*replay.Replayer, jetstream.JetStream) {
	r.w.t.Helper()
	js, err := jetstream.New(r.nc)
	if err != nil {
		r.w.t.Fatalf("opening JetStream: %v", err)
	}
	replayer, err := replay.Open(context.Background(), js)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return replayer, js
}

// replay replays verdicts to their end.
func (r *run) replay(start replay.Start, o replay.Options) replay.Record {
	r.w.t.Helper()
	replayer, _ := r.replayer()
	record, err := replayer.Begin(context.Background(), start, o)
	if err == nil {
		record, err = replayer.Follow(context.Background(), record, func(replay.Progress) {})
	}
	if err != nil || record.Outcome != replay.Done {
		r.w.t.Fatalf("replaying: %+v, %v", record, err)
	}
	r.settle(1)
	return record
}

// values are all rows of an indicator, by name and value; how often each stands there is their value.
func (w *world) values(id int64) map[string]int {
	all := map[string]int{}
	for _, row := range w.tq.Attributes(id) {
		all[row.Name+"="+row.Value]++
	}
	return all
}

func TestAReplayOfWhatStandsCostsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		ids := w.add(dataset.Demo()...)
		r := w.start()
		r.settle(1)
		lookups, requests := w.vt.Lookups(), w.tq.Requests()
		record := r.replay(replay.Start{}, replay.Options{})
		if record.Verdicts < uint64(len(ids))/2 {
			t.Errorf("%d verdicts came again, of %d indicators", record.Verdicts, len(ids))
		}
		if got := w.vt.Lookups() - lookups; got != 0 {
			t.Errorf("the replay asked the provider %d times, want 0", got)
		}
		if got := w.tq.Requests() - requests; got != 0 {
			t.Errorf("the replay asked ThreatQ %d times, want 0", got)
		}
		r.stop()
	}, "VTQ_POLL=1h") // Nobody else asks ThreatQ meanwhile.
}

// TestARestoredThreatQIsPutRight puts ThreatQ back to a state in which half of it was not enriched, after an analyst has added rows to
// it, under ids that the ledger knows as ours.
func TestARestoredThreatQIsPutRight(t *testing.T) {
	inWorld(t, func(w *world) {
		items := dataset.Demo()
		half := len(items) / 2
		ids := w.add(items[:half]...)
		r := w.start()
		r.settle(1)
		backup := w.tq.Backup()
		ids = append(ids, w.add(items[half:]...)...)
		w.pass(time.Hour)
		r.settle(3)
		want := map[int64]map[string]int{}
		for _, id := range ids {
			want[id] = w.values(id)
		}
		w.tq.Restore(backup)
		w.add(items[half:]...) // They are there again before the replay, under their old ids.
		note := tqsim.Attribute{Name: "Analyst", Value: "note", Sources: []tqsim.Source{{Name: "Analyst"}}}
		for _, id := range ids[half:] {
			w.tq.AddAttribute(id, note)
			want[id]["Analyst=note"]++
		}
		lookups := w.vt.Lookups()
		r.replay(replay.Start{}, replay.Options{Verify: true})
		for _, id := range ids {
			if diff := cmp.Diff(want[id], w.values(id)); diff != "" {
				t.Errorf("rows of indicator %d after the replay (-before +after):\n%s", id, diff)
			}
		}
		if got := w.vt.Lookups() - lookups; got != 0 {
			t.Errorf("the replay asked the provider %d times, want 0", got)
		}
		if dead := w.deadLetters(); len(dead) > 0 {
			t.Errorf("the replay left dead letters: %v", dead)
		}
		r.stop()
	})
}

// TestVerdictsTellByWhichReplayTheyCame asks again about everything, and looks at what comes of it.
func TestVerdictsTellByWhichReplayTheyCame(t *testing.T) {
	inWorld(t, func(w *world) {
		ids := w.add(dataset.Demo()[:4]...)
		r := w.start()
		r.settle(1)
		replayer, js := r.replayer()
		before := time.Now()
		w.pass(time.Hour)
		at := time.Now()
		jobs := replay.Jobs{Replayer: replayer, Policy: verdict.DefaultPolicy(), Routes: provider.Only(provider.VirusTotal)}
		tally, err := jobs.Publish(context.Background(), replay.Selection{IgnoreFresh: true}, at, func(replay.Tally) {})
		if err != nil || tally.Published == 0 || tally.Published > len(ids) {
			t.Fatalf("Publish = %+v, %v, want a job for each of %d indicators or less", tally, err, len(ids))
		}
		w.pass(time.Hour)
		verdicts, err := js.Stream(context.Background(), stream.Verdicts)
		if err != nil {
			t.Fatal(err)
		}
		named := 0
		for seq := uint64(1); seq <= verdicts.CachedInfo().State.LastSeq; seq++ {
			message, err := verdicts.GetMsg(context.Background(), seq)
			if err != nil || wire.ReplayOf(message.Header) == "" {
				continue
			}
			named++
			v, err := wire.DecodeVerdict(message.Data)
			if name := wire.ReplayOf(message.Header); err != nil || name != replay.Name(at) || v.JobCreated.After(before) {
				t.Errorf("a verdict tells of replay %q and a job of %v, %v; want %q, and of before %v", name, v.JobCreated, err, replay.Name(at), before)
			}
		}
		if named != tally.Published {
			t.Errorf("%d verdicts tell of the replay, want %d", named, tally.Published)
		}
		r.stop()
	})
}
