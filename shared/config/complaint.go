package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/caarlos0/env/v11"
)

// maxShown is how many runes of a rejected value a complaint shows: enough to
// recognise it, and a line stays a line.
const maxShown = 60

// missing is the complaint about a required variable without a value.
func missing(s setting) error {
	if s.Secret {
		return fmt.Errorf("%s: must be set, or %s to a file that holds it. %s", s.Name, s.File(), s.Doc)
	}
	return fmt.Errorf("%s: must be set. %s", s.Name, s.Doc)
}

// malformed is the complaint about a value that the type of its field cannot
// take. err is the parser's.
func malformed(s setting, raw string, err error) error {
	parse, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return fmt.Errorf("%s: %w", s.Name, err) // The program's mistake: a type that no parser knows.
	}
	if credentials(s.field.Type) {
		return fmt.Errorf("%s: %s", s.Name, wanted(s.field.Type, parse.Err))
	}
	return fmt.Errorf("%s: %s (got %s)", s.Name, wanted(s.field.Type, parse.Err), shown(raw))
}

// credentials reports whether values of a type may hold some.
func credentials(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[URL]()
}

// wanted words the shape of a type; err is why a value does not have it. Types
// with UnmarshalText word it themselves, in their error.
func wanted(t reflect.Type, err error) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "wants a comma-separated list: each item " + wanted(t.Elem(), err)
	case t.Kind() == reflect.Pointer:
		return wanted(t.Elem(), err)
	case t == reflect.TypeFor[time.Duration]():
		return "wants a duration like 20s"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return err.Error()
	case t.Kind() == reflect.Bool:
		return "wants true or false"
	case errors.Is(err, strconv.ErrRange):
		return "wants a smaller number"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "wants a whole number"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return "wants a whole number, not below 0"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "wants a number"
	}
	return err.Error()
}

// shown quotes a value for a complaint: on one line, escaped, of bounded length.
func shown(value any) string {
	text := []rune(fmt.Sprint(value))
	if len(text) > maxShown {
		return strconv.Quote(string(text[:maxShown])) + "..."
	}
	return strconv.Quote(string(text))
}
