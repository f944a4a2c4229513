package rest_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/rest"
)

func TestNumber(t *testing.T) {
	none := rest.Number{}
	cases := map[string]rest.Number{
		`5`: {Value: 5, Told: true}, `5.0`: {Value: 5, Told: true}, `5e0`: {Value: 5, Told: true}, `"5"`: {Value: 5, Told: true}, `0`: {Told: true},
		`-7`: {Value: -7, Told: true}, `9223372036854775807`: {Value: math.MaxInt64, Told: true},
		`9007199254740992.0`: {Value: 1 << 53, Told: true}, `9.1e15`: none, `1e300`: none, `9223372036854775808`: none,
		`null`: none, `true`: none, `"x"`: none, `""`: none, `"NaN"`: none, `[5]`: none, `{"a":5}`: none,
		`"` + strings.Repeat("0", 29) + `5"`: {Value: 5, Told: true}, `"` + strings.Repeat("0", 30) + `5"`: none,
	}
	for text, want := range cases {
		var got struct{ N rest.Number }
		rest.Lenient([]byte(`{"n":`+text+`}`), &got)
		if got.N != want {
			t.Errorf("a Number of %s = %+v, want %+v", text, got.N, want)
		}
	}
}

func TestPointer(t *testing.T) {
	for value, want := range map[int64]*int64{0: nil, 1: new(int64(1)), 9: new(int64(9)), 10: nil} {
		if got := (rest.Number{Value: value, Told: true}).Pointer(1, 9); !cmp.Equal(got, want) {
			t.Errorf("%d.Pointer(1, 9) = %v, want %v", value, got, want)
		}
	}
	if got := (rest.Number{Value: 5}).Pointer(1, 9); got != nil {
		t.Errorf("Pointer of a number that was not told = %d", *got)
	}
}

func TestAMisfitCostsItsOwnFieldOnly(t *testing.T) {
	type item struct{ A string }
	var got struct {
		List   []item
		Text   string
		Number rest.Number
	}
	rest.Lenient([]byte(`{"list":[{"a":"x"},7,{"a":[]},{"a":"y"}],"text":{},"number":"3"}`), &got)
	if diff := cmp.Diff([]item{{"x"}, {}, {}, {"y"}}, got.List); diff != "" || got.Text != "" || got.Number.Value != 3 {
		t.Errorf("decoded %+v, list (-want +got):\n%s", got, diff)
	}
	got.Text = "kept"
	rest.Lenient(nil, &got)
	if got.Text != "kept" {
		t.Errorf("nothing decoded to %+v", got)
	}
}
