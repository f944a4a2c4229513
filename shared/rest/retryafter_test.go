package rest_test

import (
	"net/http"
	"testing"
	"time"

	"vtq.internal/shared/rest"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 8, 22, 23, 59, 30, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	cases := map[string]struct {
		value string
		want  time.Duration
	}{
		"none":                    {"", 0},
		"seconds":                 {"120", 2 * time.Minute},
		"seconds with spaces":     {" 5 ", 5 * time.Second},
		"zero":                    {"0", 0},
		"the most":                {"86400", rest.MaxRetryAfter},
		"more than the most":      {"86401", rest.MaxRetryAfter},
		"more than an int64":      {"99999999999999999999", rest.MaxRetryAfter},
		"negative":                {"-1", 0},
		"a fraction":              {"1.5", 0},
		"words":                   {"in a while", 0},
		"a date":                  {date(30 * time.Second), 30 * time.Second},
		"a date in the past":      {date(-time.Hour), 0},
		"a date in a week":        {date(7 * 24 * time.Hour), rest.MaxRetryAfter},
		"a date in the old style": {now.Add(time.Minute).Format("Monday, 02-Jan-06 15:04:05 GMT"), time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := rest.ParseRetryAfter(c.value, now); got != c.want {
				t.Errorf("ParseRetryAfter(%q) = %v, want %v", c.value, got, c.want)
			}
		})
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "120", "-1", "1e9", "٣", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(seed, int64(1_445_412_480))
	}
	f.Fuzz(func(t *testing.T, value string, now int64) {
		if got := rest.ParseRetryAfter(value, time.Unix(now, 0)); got < 0 || got > rest.MaxRetryAfter {
			t.Errorf("ParseRetryAfter(%q) = %v, outside 0 to %v", value, got, rest.MaxRetryAfter)
		}
	})
}
