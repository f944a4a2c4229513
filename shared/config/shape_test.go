package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

// A level is a number that is written as a word.
type level int

func (l *level) UnmarshalText(text []byte) error { *l = level(len(text)); return nil }

func TestShapes(t *testing.T) {
	type block struct {
		Text   string        `env:"TEXT"`
		Secret config.Secret `env:"SECRET"`
		List   []string      `env:"LIST"`
		Flag   bool          `env:"FLAG"`
		Int    int           `env:"INT"`
		Uint   *uint8        `env:"UINT"`
		Float  float64       `env:"FLOAT"`
		Time   time.Duration `env:"TIME"`
		URL    config.URL    `env:"URL"`
		Words  level         `env:"WORDS"`
	}
	want := map[string]config.Shape{
		"TEXT": config.ShapeText, "SECRET": config.ShapeText, "LIST": config.ShapeText, "WORDS": config.ShapeText, "FLAG": config.ShapeFlag,
		"INT": config.ShapeWhole, "UINT": config.ShapeWhole, "FLOAT": config.ShapeNumber,
		"TIME": config.ShapeDuration, "URL": config.ShapeAddress,
	}
	got := map[string]config.Shape{}
	for _, v := range config.Variables(&block{}) {
		got[v.Name] = v.Shape
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shapes (-want +got):\n%s", diff)
	}
}
