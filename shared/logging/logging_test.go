package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/logging"
)

// logged returns what f writes to a logger, at the moment at which every
// synctest bubble begins: midnight UTC of 2000-01-01, and 1,234 ms.
func logged(t *testing.T, f func(*bytes.Buffer)) string {
	t.Helper()
	var b bytes.Buffer
	synctest.Test(t, func(*testing.T) {
		time.Sleep(1234 * time.Millisecond)
		f(&b)
	})
	return b.String()
}

func TestNew(t *testing.T) {
	const (
		line  = `{"level":"warn","service":"lookup","attempt":2,"error":"no route","time":"2000-01-01T00:00:01.234Z","message":"reconnecting"}` + "\n"
		plain = `00:00:01.234 WRN reconnecting error="no route" attempt=2 service=lookup` + "\n"
	)
	cases := map[string]struct {
		cfg  config.Log
		want string
	}{
		"zero":                {config.Log{}, line},
		"json":                {config.Log{Level: "warn", Format: config.LogJSON}, line},
		"below the level":     {config.Log{Level: "error"}, ""},
		"unknown level":       {config.Log{Level: "loud"}, line},
		"console, no colours": {config.Log{Format: config.LogConsole, NoColor: "1"}, plain},
	}
	write := func(cfg config.Log) string {
		return logged(t, func(b *bytes.Buffer) {
			log := logging.New(b, cfg, "lookup")
			log.Warn().Int("attempt", 2).Err(errors.New("no route")).Msg("reconnecting")
		})
	}
	for name, c := range cases {
		if got := write(c.cfg); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	t.Setenv("NO_COLOR", "") // The console writer of zerolog looks for itself.
	if got := write(config.Log{Format: config.LogConsole}); !strings.Contains(got, "\x1b[") {
		t.Errorf("console has no colours: %q", got)
	}
}

func TestNewLevels(t *testing.T) {
	for level, want := range map[string]string{"debug": "debug info warn error", "": "info warn error", "info": "info warn error", "warn": "warn error", "error": "error"} {
		var b bytes.Buffer
		log := logging.New(&b, config.Log{Level: level}, "lookup")
		log.Debug().Send()
		log.Info().Send()
		log.Warn().Send()
		log.Error().Send()
		var got []string
		for line := range strings.Lines(b.String()) {
			var fields struct{ Level string }
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatalf("%q is not JSON: %v", line, err)
			}
			got = append(got, fields.Level)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("at level %q these are written: %q, want %q", level, got, want)
		}
	}
}

func TestTimeIsUTC(t *testing.T) {
	var b bytes.Buffer
	log := logging.New(&b, config.Log{}, "lookup")
	before := time.Now().Truncate(time.Millisecond)
	log.Info().Send()
	var fields struct{ Time time.Time }
	if err := json.Unmarshal(b.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	if fields.Time.Location() != time.UTC || fields.Time.Before(before) || fields.Time.After(time.Now()) {
		t.Errorf("time = %v, want now in UTC", fields.Time)
	}
}
