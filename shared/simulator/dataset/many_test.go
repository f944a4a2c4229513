package dataset_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/verdict"
)

func TestMany(t *testing.T) {
	classes, seen := map[verdict.Class]int{}, map[string]bool{}
	for it := range dataset.Many(200) {
		classes[it.Class]++
		seen[it.Value] = true
		report := dataset.Synthesize("file", it.Object)
		if got := classOf(t, report != nil, report); got != it.Class {
			t.Errorf("Synthesize(%s) is %s, want %s", it.Object, got, it.Class)
		}
	}
	want := map[verdict.Class]int{
		verdict.ClassMalicious: 60, verdict.ClassSuspicious: 20, verdict.ClassUndetected: 60, verdict.ClassNoVerdict: 20,
		verdict.ClassNotFound: 40,
	}
	if diff := cmp.Diff(want, classes); diff != "" || len(seen) != 200 {
		t.Errorf("Many(200): %d values, classes (-want +got):\n%s", len(seen), diff)
	}
}

func TestManyEnds(t *testing.T) {
	for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, 7: 7} {
		got := 0
		for range dataset.Many(n) {
			got++
		}
		if got != want {
			t.Errorf("Many(%d) gave %d", n, got)
		}
	}
	for range dataset.Many(dataset.MaxMany + 1) {
		break // The last of so many is far; that the first comes at once is the point.
	}
}

func TestSynthesizeKnowsItsOwnOnly(t *testing.T) {
	one := slices.Collect(dataset.Many(1))[0]
	if dataset.Synthesize("file", one.Object) == nil {
		t.Errorf("Synthesize(file, %s) = nil, want a report", one.Object)
	}
	for name, c := range map[string][2]string{
		"another kind":  {"url", one.Object},
		"another hash":  {"file", one.Object[:63] + "0"},
		"no number":     {"file", strings.Repeat("x", 64)},
		"an MD5":        {"file", one.Object[:32]},
		"nothing":       {"file", ""},
		"of the demo":   {"file", dataset.Demo()[2].Object},
		"upper case":    {"file", strings.ToUpper(one.Object)},
		"the last hash": {"file", strings.Repeat("f", 64)},
	} {
		if dataset.Synthesize(c[0], c[1]) != nil {
			t.Errorf("%s: Synthesize(%s, %s) gave a report", name, c[0], c[1])
		}
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		dataset.Demo()
	}
}

func BenchmarkMany(b *testing.B) {
	for b.Loop() {
		for range dataset.Many(100) {
		}
	}
}

func BenchmarkSynthesize(b *testing.B) {
	one := slices.Collect(dataset.Many(1))[0]
	for b.Loop() {
		dataset.Synthesize("file", one.Object)
	}
}
