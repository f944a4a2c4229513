package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Secrets gives the secrets that are set, by their names, from their files too: those of the variables of the structs that dst points
// to, and of these the ones that are named besides. It fills nothing, and looks at no other variable. The error is as that of [Load].
func Secrets(environ, besides []string, dst ...any) (map[string]Secret, error) {
	l := loader{environ: env.ToMap(environ)}
	found := map[string]Secret{}
	for _, d := range dst {
		l.secrets(target(d), "", besides, found)
	}
	if len(l.complaints) > 0 {
		return nil, fmt.Errorf("%w:\n%s", ErrInvalid, strings.Join(l.complaints, "\n"))
	}
	return found, nil
}

func (l *loader) secrets(v reflect.Value, prefix string, besides []string, found map[string]Secret) {
	for _, s := range settings(v, prefix) {
		switch {
		case s.nested:
			l.secrets(s.value, s.prefix, besides, found)
		case s.Secret || slices.Contains(besides, s.Name):
			l.secret(s, found)
		}
	}
}

func (l *loader) secret(s setting, found map[string]Secret) {
	raw, err := l.raw(s)
	if err != nil {
		l.complain(err)
		return
	}
	var value Secret
	if err := value.UnmarshalText([]byte(raw)); err != nil {
		l.complain(malformed(s, raw, err))
		return
	}
	if value.IsSet() {
		found[s.Name] = value
	}
}
