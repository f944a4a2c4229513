package verdict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/verdict"
)

func TestAgainst(t *testing.T) {
	said := []verdict.Engine{
		{Name: "b", Category: verdict.Malicious, Result: "X"},
		{Name: "a\n", Category: verdict.Suspicious, Result: "\u202eY "},
		{Name: "c", Category: verdict.Harmless},
		{Name: "d", Category: verdict.Undetected},
		{Name: "e", Category: verdict.Failure},
		{Name: "f"},
		{Name: " ", Category: verdict.Malicious},
		{Name: "b", Category: verdict.Malicious, Result: "W"},
	}
	want := []verdict.Engine{
		{Name: "a", Category: verdict.Suspicious, Result: "Y"},
		{Name: "b", Category: verdict.Malicious, Result: "W"},
		{Name: "b", Category: verdict.Malicious, Result: "X"},
	}
	if diff := cmp.Diff(want, verdict.Against(said)); diff != "" {
		t.Errorf("Against (-want +got):\n%s", diff)
	}
	if got := verdict.Against(said[2:6]); got != nil {
		t.Errorf("Against nobody = %v, want nil", got)
	}
}

func TestAgainstIsBounded(t *testing.T) {
	for n, want := range map[int]int{verdict.MaxEngines: verdict.MaxEngines, verdict.MaxEngines + 1: verdict.MaxEngines} {
		said := make([]verdict.Engine, 0, n)
		for i := range n {
			said = append(said, verdict.Engine{
				Name: fmt.Sprintf("%04d%s", n-i, strings.Repeat("n", verdict.MaxName)), Category: verdict.Malicious, Result: strings.Repeat("r", verdict.MaxItem+1),
			})
		}
		got := verdict.Against(said)
		if len(got) != want || !strings.HasPrefix(got[0].Name, "0001") {
			t.Errorf("Against %d: %d, the first %q; want %d by name", n, len(got), got[0].Name, want)
		}
		if len([]rune(got[0].Name)) != verdict.MaxName || len([]rune(got[0].Result)) != verdict.MaxItem {
			t.Errorf("a name of %d runes and a result of %d", len([]rune(got[0].Name)), len([]rune(got[0].Result)))
		}
	}
}
