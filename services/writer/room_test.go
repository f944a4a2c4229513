package writer_test

import (
	"strings"
	"testing"
	"time"

	"vtq.internal/shared/stream"
)

// TestAStreamThatIsNearlyFull is told once, and once more when there is room again.
func TestAStreamThatIsNearlyFull(t *testing.T) {
	inLab(t, func(l *lab) {
		verdicts, err := l.js.Stream(l.Context(), stream.Verdicts)
		if err != nil {
			l.Fatalf("opening the verdicts: %v", err)
		}
		limits := verdicts.CachedInfo().Config
		limits.MaxMsgs = 10
		if _, err := l.js.UpdateStream(l.Context(), limits); err != nil {
			l.Fatalf("narrowing the verdicts: %v", err)
		}
		told := func(level, message string) int {
			return len(l.logs.with(func(one line) bool { return one.Level == level && strings.Contains(one.Message, message) }))
		}
		r := l.start()
		ids := l.add(9)
		l.answerAll(ids[:8])
		l.sleep(time.Hour)
		if got, ratio := told("warn", "nearly full"), r.value("vtq_verdicts_used_ratio"); got != 0 || ratio != 0.8 {
			l.Errorf("at 80 %% it is told %d times, and the metric is %v, want neither more than 0 and 0.8", got, ratio)
		}
		l.answerAll(ids[8:])
		l.sleep(time.Hour)
		if got, ratio := told("warn", "nearly full"), r.value("vtq_verdicts_used_ratio"); got != 1 || ratio != 0.9 {
			l.Errorf("at 90 %% it is told %d times, and the metric is %v, want once and 0.9", got, ratio)
		}
		if err := verdicts.Purge(l.Context()); err != nil {
			l.Fatalf("making room: %v", err)
		}
		l.sleep(time.Hour)
		if got := told("info", "has room again"); got != 1 {
			l.Errorf("that there is room is told %d times, want once", got)
		}
		r.stop()
	})
}
