package stream_test

import (
	"cmp"
	"slices"
	"testing"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/stream"
)

// TestLabelsAreWhatCanHappen settles with every kind of fault, with none, and without a server, and finds each label once.
func TestLabelsAreWhatCanHappen(t *testing.T) {
	inLab(t, func(l *lab) {
		causes := []error{nil}
		for _, kind := range fault.Kinds() {
			causes = append(causes, fault.New(kind, errWork))
		}
		l.publish(to(len(causes)+1), jobSubject)
		last, settler := l.take(l.jobs()), l.settler(stream.Jobs)
		var got []stream.Label
		for _, cause := range causes {
			got = append(got, settler.Settle(l.Context(), l.take(l.jobs()), cause).Label())
		}
		l.server.Stop()
		got = append(got, settler.Settle(l.Context(), last, nil).Label())
		if want := sorted(stream.Labels()); !slices.Equal(sorted(got), want) {
			l.Errorf("deliveries ended as %v, want each of %v once", got, want)
		}
	})
}

func sorted(labels []stream.Label) []stream.Label {
	return slices.SortedFunc(slices.Values(labels), func(a, b stream.Label) int {
		return cmp.Or(cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Settle, b.Settle))
	})
}
