package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// ErrInvalid is what every error of [Load] wraps. Commands exit with 2 on it:
// another attempt with the same environment cannot fare better.
var ErrInvalid = errors.New("the configuration is invalid")

// Load fills the structs that dst points to from an environment in the form of
// [os.Environ]. Where a name occurs twice the last one counts.
//
// Its error wraps [ErrInvalid] and has one line for each complaint about any
// of the structs, in their order; a variable that several structs share is
// complained about once. What dst holds then is not to be used. Anything but
// pointers to structs is a mistake in the program: Load panics.
func Load(environ []string, dst ...any) error {
	l := loader{environ: env.ToMap(environ)}
	for _, d := range dst {
		l.block(target(d), "")
	}
	if len(l.complaints) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n%s", ErrInvalid, strings.Join(l.complaints, "\n"))
}

type loader struct {
	environ    map[string]string
	complaints []string
}

// complain keeps the lines of err that have not been said before.
func (l *loader) complain(err error) {
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSuffix(line, "\n")
		if !slices.Contains(l.complaints, line) {
			l.complaints = append(l.complaints, line)
		}
	}
}

// block loads one struct and the blocks nested in it. It reports whether all
// variables below could be read, which is what Validate needs to make sense.
func (l *loader) block(v reflect.Value, prefix string) (sound bool) {
	sound = true
	for _, s := range settings(v, prefix) {
		if s.nested {
			sound = l.block(s.value, s.prefix) && sound
		} else {
			sound = l.variable(s) && sound
		}
	}
	validator, ok := reflect.TypeAssert[interface{ Validate() error }](v.Addr())
	if !ok || !sound {
		return sound
	}
	if err := validator.Validate(); err != nil {
		l.complain(err)
	}
	return sound
}

// variable loads one variable and reports whether it could be read.
func (l *loader) variable(s setting) (sound bool) {
	raw, err := l.raw(s)
	if err != nil {
		l.complain(err)
		return false
	}
	if raw == "" && s.Required {
		l.complain(missing(s))
		return true
	}
	if err := s.convert(raw); err != nil {
		l.complain(malformed(s, raw, err))
		return false
	}
	return true
}

// raw returns the text of a variable, from its file if it is a secret that has
// one; "" if it is unset.
func (l *loader) raw(s setting) (string, error) {
	value := l.environ[s.Name]
	if !s.Secret {
		return s.trim(value), nil
	}
	path := strings.TrimSpace(l.environ[s.File()])
	if path == "" {
		return value, nil
	}
	if value != "" {
		return "", fmt.Errorf("%s: wants to be the only one of %[1]s and %s (both are set); unset either", s.Name, s.File())
	}
	content, err := readSecret(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.File(), err)
	}
	return content, nil
}

// trim drops the blanks around a value and, in a list, around its items, and
// the carriage return of a .env file that was edited on Windows.
func (s setting) trim(value string) string {
	if s.value.Kind() != reflect.Slice {
		return strings.TrimSpace(value)
	}
	var items []string
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return strings.Join(items, ",")
}

// convert sets the field to what raw means, or to the default when raw is
// empty. The parser is given a struct of this one field, so that its error can
// only be about this variable.
func (s setting) convert(raw string) error {
	holder := reflect.New(reflect.StructOf([]reflect.StructField{s.field})).Elem()
	holder.Field(0).Set(s.value)
	err := env.ParseWithOptions(holder.Addr().Interface(), env.Options{
		Prefix:      s.prefix,
		Environment: map[string]string{s.Name: raw},
	})
	if err != nil {
		return err
	}
	s.value.Set(holder.Field(0))
	return nil
}
