package wire_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

// natsDefault is the largest message that a NATS server takes by default, headers included.
const natsDefault = 1 << 20

// wide is a rune of four bytes that JSON leaves as it is, which is the most that a cleaned rune costs.
const wide = "𝔸"

// escaped is a value at its bound in bytes that JSON writes as six each.
func escaped() string { return strings.Repeat("\x01", indicator.MaxValueBytes) }

// latest is a time of the longest spelling: nanoseconds, and a zone.
func latest() time.Time {
	return time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", -23*3600-59*60))
}

func TestWorstJobFits(t *testing.T) {
	object := indicator.Object{Kind: indicator.Domain, Value: escaped()}
	body, err := wire.EncodeJob(wire.Job{
		Created: latest(), Object: object, Other: &object, After: latest(),
		Indicator: indicator.Indicator{ID: math.MaxInt64, Type: strings.Repeat(wide, verdict.MaxText), Value: escaped()},
	})
	if err != nil {
		t.Fatalf("EncodeJob = %v", err)
	}
	const values = 3 * 6 * indicator.MaxValueBytes
	if len(body) < values || len(body) > values+2<<10 {
		t.Errorf("the worst job has %d bytes, MaxJob is derived from %d of values and few beside", len(body), values)
	}
	if _, err := wire.DecodeJob(body); err != nil {
		t.Errorf("DecodeJob of the worst job = %v", err)
	}
}

func TestWorstVerdictFits(t *testing.T) {
	worst := wire.Verdict{
		Indicator: indicator.Indicator{ID: math.MaxInt64, Type: strings.Repeat(wide, verdict.MaxText), Value: escaped()},
		Object:    indicator.Object{Kind: indicator.Domain, Value: escaped()},
	}
	exhaust(t, reflect.ValueOf(&worst.Verdict).Elem(), "")
	body, err := wire.EncodeVerdict(worst)
	if err != nil {
		t.Fatalf("EncodeVerdict = %v", err)
	}
	const indicatorAndObject = 2 * 6 * indicator.MaxValueBytes
	if answer := len(body) - indicatorAndObject; answer < 220<<10 || answer > 240<<10 {
		t.Errorf("the worst verdict has %d bytes beside indicator and object, MaxVerdict is derived from about 230 KiB", answer)
	}
	if _, err := wire.DecodeVerdict(body); err != nil {
		t.Errorf("DecodeVerdict of the worst verdict = %v", err)
	}
}

// exhaust sets every field to the bound that package verdict names for it, new fields included.
func exhaust(t *testing.T, v reflect.Value, name string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(latest()))
			return
		}
		for field, value := range v.Fields() {
			exhaust(t, value, v.Type().Name()+"."+field.Name)
		}
	case reflect.String:
		v.SetString(longest(name))
	case reflect.Slice:
		n := verdict.MaxList
		if name == "Verdict.Engines" {
			n = verdict.MaxEngines
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			exhaust(t, v.Index(i), "item")
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		exhaust(t, v.Elem(), name)
	case reflect.Map:
		counts := verdict.Counts{}
		for _, category := range verdict.Categories() {
			counts[category] = math.MinInt64
		}
		v.Set(reflect.ValueOf(counts))
	case reflect.Int64:
		v.SetInt(math.MinInt64)
	case reflect.Bool:
		v.SetBool(false)
	default:
		t.Fatalf("no worst value for %s %s: teach exhaust", name, v.Type())
	}
}

// longest is the text that costs most in a field.
func longest(name string) string {
	runes := verdict.MaxText
	switch name {
	case "Verdict.Kind":
		return string(indicator.Domain)
	case "Engine.Category":
		return string(verdict.Suspicious) // Others do not speak against an object.
	case "Engine.Name":
		runes = verdict.MaxName
	case "Engine.Result", "item":
		runes = verdict.MaxItem
	case "Verdict.Object", "Facts.Link", "Facts.URL", "Facts.FinalURL":
		runes = verdict.MaxURL
	}
	return strings.Repeat(wide, runes)
}

// The derivation of MaxVerdict counts four bytes a rune: what package verdict has cleaned must never cost more.
func TestCleanRunesCostFourBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clean := verdict.Clean(rapid.String().Draw(t, "text"), verdict.MaxText)
		with, without := notFound(), notFound()
		with.Verdict.Object, without.Verdict.Object = clean+"x", "x"
		long, err := wire.EncodeVerdict(with)
		short, shortErr := wire.EncodeVerdict(without)
		if err := errors.Join(err, shortErr); err != nil {
			t.Fatal(err)
		}
		if cost, most := len(long)-len(short), 4*len([]rune(clean)); cost > most {
			t.Errorf("%q costs %d bytes, want at most %d", clean, cost, most)
		}
	})
}

func TestBoundsAreExact(t *testing.T) {
	job, answer := minimalJob(), notFound()
	cases := map[string]struct {
		limit  int
		encode func(value string) ([]byte, error)
		decode func([]byte) (any, error)
	}{
		"job": {wire.MaxJob, func(value string) ([]byte, error) {
			job.Object.Value = value
			return wire.EncodeJob(job)
		}, decodeJob},
		"verdict": {wire.MaxVerdict, func(value string) ([]byte, error) {
			answer.Object.Value = value
			return wire.EncodeVerdict(answer)
		}, decodeVerdict},
		"alias": {wire.MaxJob, func(value string) ([]byte, error) {
			return wire.EncodeAlias(wire.Alias{Key: indicator.Key(value)})
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.limit > natsDefault/2 {
				t.Errorf("the bound is %d, want it far below the %d of a NATS server", c.limit, natsDefault)
			}
			empty, err := c.encode("")
			if err != nil {
				t.Fatal(err)
			}
			room := c.limit - len(empty)
			body, err := c.encode(strings.Repeat("a", room))
			if err != nil || len(body) != c.limit {
				t.Fatalf("encoding %d bytes = %d bytes, %v, want %d", c.limit, len(body), err, c.limit)
			}
			_, err = c.encode(strings.Repeat("a", room+1))
			wantTooLarge(t, "encoding one byte more", err)
			if c.decode == nil {
				return // No alias is as long as its bound.
			}
			if _, err := c.decode(body); err != nil {
				t.Errorf("decoding %d bytes = %v", len(body), err)
			}
			_, err = c.decode(append(bytes.Clone(body), ' '))
			wantTooLarge(t, "decoding one byte more", err)
		})
	}
}

func wantTooLarge(t *testing.T, doing string, err error) {
	t.Helper()
	if !errors.Is(err, wire.ErrTooLarge) || fault.KindOf(err) != fault.Permanent {
		t.Errorf("%s = %v (%v), want a permanent fault with %v", doing, err, fault.KindOf(err), wire.ErrTooLarge)
	}
}
