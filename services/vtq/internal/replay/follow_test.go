package replay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/services/vtq/internal/replay"
	"vtq.internal/shared/stream"
)

// TestProgress has a writer that takes a minute for each.
func TestProgress(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(10)
		record := l.begin(replay.Start{}, replay.Options{})
		if got, p, ok, err := l.replay.Current(l.Context()); err != nil || !ok || got.Number != 1 || p.Total != 10 || p.Done != 0 {
			l.Errorf("Current = %+v, %+v, %t, %v", got, p, ok, err)
		}
		w := l.write(time.Minute / 2)
		var seen []int
		began := time.Now()
		ended := must(l.replay.Follow(l.Context(), record, func(p replay.Progress) {
			if seen = append(seen, p.Done); p.Total != 10 || p.Still > time.Minute {
				l.Errorf("progress = %+v", p)
			}
		}))(l.T)
		if took := time.Since(began); took < 4*time.Minute || took > 6*time.Minute || ended.Outcome != replay.Done {
			l.Errorf("it took %v, and ended as %+v", took, ended)
		}
		if seen = slices.Compact(seen); !slices.Equal(seen, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
			l.Errorf("progress went %v", seen)
		}
		if _, _, ok, err := l.replay.Current(l.Context()); ok || err != nil {
			l.Errorf("Current = %t, %v after the end, want nothing", ok, err)
		}
		w.end()
	})
}

func TestAStandstillIsTold(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		record := l.begin(replay.Start{}, replay.Options{})
		must(l.stream().PauseConsumer(l.Context(), stream.Writer, time.Now().Add(30*time.Minute)))(l.T)
		ctx, cancel := context.WithTimeoutCause(l.Context(), 20*time.Minute, errors.New("tired"))
		defer cancel()
		var last replay.Progress
		_, err := l.replay.Follow(ctx, record, func(p replay.Progress) { last = p })
		if err == nil || err.Error() != "tired" {
			l.Errorf("Follow = %v, want the cause of the end", err)
		}
		if last.Still < 19*time.Minute || last.Paused > 11*time.Minute || last.Paused < 9*time.Minute || last.Done != 0 {
			l.Errorf("progress = %+v after 20 minutes of a pause of 30", last)
		}
		w := l.write(0)
		if got := l.follow(record); got.Outcome != replay.Done { // It has gone on by itself.
			l.Errorf("Follow = %+v after the pause", got)
		}
		l.wrote(w, sequences(1, 3))
	})
}

// TestWhetherAWriterRuns is told by who asks for verdicts, whatever happened before.
func TestWhetherAWriterRuns(t *testing.T) {
	now := func(l *lab) replay.Progress {
		_, p, ok, err := l.replay.Current(l.Context())
		if !ok || err != nil {
			l.Errorf("Current = %t, %v, want a replay", ok, err)
		}
		return p
	}
	inLab(t, func(l *lab) {
		l.verdicts(3)
		l.begin(replay.Start{}, replay.Options{})
		if p := now(l); !p.Unattended {
			l.Errorf("progress = %+v before there ever was a writer, want it unattended", p)
		}
	})
	inLab(t, func(l *lab) {
		l.written(3)
		l.pass(day)
		l.begin(replay.Start{}, replay.Options{})
		if p := now(l); !p.Unattended || p.Still > time.Second {
			l.Errorf("progress = %+v a day after the writer stopped, want it unattended", p)
		}
		w := l.write(5 * time.Minute)
		l.pass(3 * time.Minute)
		if p := now(l); p.Unattended || p.InHand != 1 || p.Still < 2*time.Minute || p.Still > 4*time.Minute {
			l.Errorf("progress = %+v with one in hand for three minutes", p)
		}
		l.pass(2*time.Minute + time.Second)
		w.end()
		l.pass(2 * time.Second)
		if p := now(l); p.Unattended {
			l.Errorf("progress = %+v in the moment in which a writer stops", p)
		}
		l.pass(time.Minute)
		if p := now(l); !p.Unattended || p.Still < time.Minute {
			l.Errorf("progress = %+v a minute later, want it unattended", p)
		}
		must(l.stream().PauseConsumer(l.Context(), stream.Writer, time.Now().Add(time.Hour)))(l.T)
		w = l.write(0)
		l.pass(time.Minute)
		if p := now(l); p.Unattended || p.Paused == 0 {
			l.Errorf("progress = %+v of a writer that is paused", p)
		}
		w.end()
	})
}

func TestAServerThatRestartsIsWaitedFor(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		record := l.begin(replay.Start{}, replay.Options{})
		ended := make(chan replay.Record)
		go func() { ended <- l.follow(record) }()
		l.pass(5 * time.Second)
		l.server.Stop()
		l.pass(time.Minute)
		l.server.Start()
		w := l.write(0)
		if got := <-ended; got.Outcome != replay.Done {
			l.Errorf("Follow = %+v", got)
		}
		l.wrote(w, sequences(1, 3))
	})
}

func TestAConsumerThatIsGoneIsNot(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		record := l.begin(replay.Start{}, replay.Options{})
		if err := l.stream().DeleteConsumer(l.Context(), stream.Writer); err != nil {
			l.Fatal(err)
		}
		if _, err := l.replay.Follow(l.Context(), record, func(replay.Progress) {}); !errors.Is(err, jetstream.ErrConsumerNotFound) {
			l.Errorf("Follow = %v, want ErrConsumerNotFound", err)
		}
	})
}

// TestCancel stops a replay of twenty after some. What came meanwhile is written all the same.
func TestCancel(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(20)
		record := l.begin(replay.Start{}, replay.Options{Verify: true})
		w := l.write(time.Second)
		l.pass(5 * time.Second)
		w.end()
		done := uint64(len(w.seen))
		l.verdicts(2) // 21 and 22, in the places of 1 and 2.
		l.store(answer(99, 0))
		got, left, err := l.replay.Cancel(l.Context())
		if err != nil || got.Number != record.Number || got.Outcome != replay.Cancelled || left != 20-done {
			l.Errorf("Cancel = %+v, %d left out, %v; want %d", got, left, err, 20-done)
		}
		if ended := l.follow(record); ended.Outcome != replay.Cancelled {
			l.Errorf("Follow = %+v, want it cancelled", ended)
		}
		w = l.write(0)
		l.idle()
		l.wrote(w, sequences(21, 23))
		if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrIdle) {
			l.Errorf("a second Cancel = %v, want ErrIdle", err)
		}
	})
}

// TestCancelLeavesNothingUnwritten has a writer that never came to the last ten.
func TestCancelLeavesNothingUnwritten(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(10)
		for id := range int64(10) {
			l.store(answer(100+id, 0))
		}
		l.begin(replay.Start{}, replay.Options{})
		if _, left, err := l.replay.Cancel(l.Context()); err != nil || left != 10 {
			l.Errorf("Cancel = %d left out, %v; want 10", left, err)
		}
		w := l.write(0)
		l.idle()
		l.wrote(w, sequences(11, 20))
	})
}

func TestNothingToCancel(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrIdle) {
			l.Errorf("Cancel without a replay = %v, want ErrIdle", err)
		}
		l.begin(replay.Start{}, replay.Options{})
		w := l.write(0)
		l.idle()
		l.verdicts(2)
		if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrIdle) {
			l.Errorf("Cancel of what is over = %v, want ErrIdle", err)
		}
		l.idle()
		w.end()
		if all := must(l.replay.History(l.Context()))(l.T); all[0].Outcome != replay.Done {
			l.Errorf("the replay ended as %q, want it done", all[0].Outcome)
		}
	})
}

// TestAReplayWithinAReplay begins again from before and from behind where the first one stands, and takes both back.
func TestAReplayWithinAReplay(t *testing.T) {
	for name, start := range map[string]uint64{"from before": 2, "from behind": 15} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.written(20)
				first := l.begin(replay.Start{Sequence: 5}, replay.Options{Verify: true})
				w := l.write(time.Second)
				l.pass(4 * time.Second)
				w.end()
				next := l.info().AckFloor.Stream + 1
				second := l.begin(replay.Start{Sequence: start}, replay.Options{})
				if second.From != min(start, next) || second.Floor != 20 || !second.Verify || second.Epoch != 0 {
					l.Errorf("the second replay is %+v; want it from %d, up to what stood there before the first", second, min(start, next))
				}
				if got := l.follow(first); got.Outcome != replay.Continued {
					l.Errorf("the first one ended as %+v", got)
				}
				if _, left, err := l.replay.Cancel(l.Context()); err != nil || left != 20-second.From+1 {
					l.Errorf("Cancel = %d left out, %v", left, err)
				}
				w = l.write(0)
				l.idle()
				l.wrote(w, nil)
			})
		})
	}
}

// TestAnotherStreamOfThatName forgets floors of the one before: its sequences began again.
func TestAnotherStreamOfThatName(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(5)
		l.begin(replay.Start{}, replay.Options{})
		config := l.stream().CachedInfo().Config
		if err := l.js.DeleteStream(l.Context(), stream.Verdicts); err != nil {
			l.Fatal(err)
		}
		must(l.js.CreateStream(l.Context(), config))(l.T)
		must(l.js.CreateConsumer(l.Context(), stream.Verdicts, jetstream.ConsumerConfig{
			Durable: stream.Writer, AckPolicy: jetstream.AckExplicitPolicy,
		}))(l.T)
		l.replay = must(replay.Open(l.Context(), l.js))(l.T)
		l.verdicts(3)
		if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrIdle) {
			l.Errorf("Cancel = %v, want ErrIdle", err)
		}
		w := l.write(0)
		l.idle()
		l.wrote(w, sequences(1, 3))
	})
}

// TestABeginningNobodySawTheEndOf has notes of a command that was killed over them: where the consumer stands tells the rest.
func TestABeginningNobodySawTheEndOf(t *testing.T) {
	const body = `{"schema":1,"last":7,"replays":[{"number":7,"stream":%q,"outcome":"beginning","from":1,"to":4,"floor":4,"verdicts":4}]}`
	for name, moved := range map[string]bool{"before the reset": false, "behind it": true} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				l.written(4)
				note := fmt.Sprintf(body, l.stream().CachedInfo().Created.Format(time.RFC3339Nano))
				must(l.state().Put(l.Context(), replay.Key, []byte(note)))(l.T)
				if moved {
					must(l.stream().ResetConsumerToSequence(l.Context(), stream.Writer, 1))(l.T)
				}
				record, p, ok, err := l.replay.Current(l.Context())
				if err != nil || ok != moved || moved && (record.Number != 7 || p.Total != 4) {
					l.Errorf("Current = %+v, %+v, %t, %v", record, p, ok, err)
				}
				w := l.write(0)
				l.idle()
				w.end()
				if all := must(l.replay.History(l.Context()))(l.T); all[0].Outcome != replay.Unknown {
					l.Errorf("it ended as %q, want it unknown", all[0].Outcome)
				}
			})
		})
	}
}

// TestWhatNobodyHasWrittenIsFollowedToo begins behind the ack floor: there is nothing to cancel, and an end to wait for.
func TestWhatNobodyHasWrittenIsFollowedToo(t *testing.T) {
	inLab(t, func(l *lab) {
		l.written(3)
		l.verdicts(6) // 4 to 9.
		record := l.begin(replay.Start{Sequence: 8}, replay.Options{})
		if _, _, err := l.replay.Cancel(l.Context()); !errors.Is(err, replay.ErrIdle) {
			l.Errorf("Cancel = %v, want ErrIdle", err)
		}
		w := l.write(time.Second)
		if got := l.follow(record); got.Outcome != replay.Done {
			l.Errorf("Follow = %+v", got)
		}
		l.wrote(w, sequences(4, 9))
	})
}
