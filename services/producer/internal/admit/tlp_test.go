package admit_test

import (
	"strings"
	"testing"

	"vtq.internal/services/producer/internal/admit"
)

func TestTLPText(t *testing.T) {
	cases := map[string]struct {
		text string
		want admit.TLP
	}{
		"clear":             {"CLEAR", admit.Clear},
		"white, of old":     {"WHITE", admit.Clear},
		"green":             {"green", admit.Green},
		"amber":             {"Amber", admit.Amber},
		"with its prefix":   {"TLP:AMBER", admit.Amber},
		"prefix and blanks": {" tlp: amber ", admit.Amber},
		"strict":            {"AMBER+STRICT", admit.AmberStrict},
		"strict, hyphened":  {"amber-strict", admit.AmberStrict},
		"strict, spaced":    {"TLP:AMBER STRICT", admit.AmberStrict},
		"red":               {"TLP:RED", admit.Red},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := admit.TLP(-1)
			if err := got.UnmarshalText([]byte(c.text)); err != nil || got != c.want {
				t.Errorf("UnmarshalText(%q) = %v, %v, want %v", c.text, got, err, c.want)
			}
		})
	}
}

func TestTLPRefusesOtherTexts(t *testing.T) {
	for _, text := range []string{"", "AMBERSTRICT", "TLP", "RED AND MORE", "4"} {
		got := admit.Green
		err := got.UnmarshalText([]byte(text))
		if err == nil || got != admit.Green {
			t.Errorf("UnmarshalText(%q) = %v, %v, want an error and nothing changed", text, got, err)
			continue
		}
		if !strings.Contains(err.Error(), "wants CLEAR, GREEN, AMBER, AMBER+STRICT or RED") {
			t.Errorf("UnmarshalText(%q) = %v, want the way to mend it", text, err)
		}
	}
}

func TestTLPStringReadsBack(t *testing.T) {
	for want := admit.Clear; want <= admit.Red; want++ {
		var got admit.TLP
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v", want.String(), got, err, want)
		}
	}
}
