package clienttest

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// AssertNoLeak fails when err, or any error that it wraps, prints one of the secrets: plain, escaped for a URL, or in base64, by
// any verb of package fmt. The secrets are whatever must not get out: keys, passwords, tokens, indicator values.
func AssertNoLeak(tb testing.TB, err error, secrets ...string) {
	tb.Helper()
	if err == nil {
		tb.Errorf("no error to look for leaks in")
		return
	}
	for _, one := range chain(err) {
		text := fmt.Sprintf("%v\n%+v\n%#v", one, one, one)
		for _, secret := range secrets {
			for _, form := range forms(secret) {
				if strings.Contains(text, form) {
					tb.Errorf("an error leaks a secret as %q: %s", form, text)
				}
			}
		}
	}
}

// forms are the spellings in which a secret travels.
func forms(secret string) []string {
	raw := []byte(secret)
	return slices.Compact([]string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	})
}

// chain lists an error and all that it wraps.
func chain(err error) []error {
	all := []error{err}
	switch wrapper := err.(type) { //nolint:errorlint // Every link is looked at by itself.
	case interface{ Unwrap() error }:
		if inner := wrapper.Unwrap(); inner != nil {
			all = append(all, chain(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			all = append(all, chain(inner)...)
		}
	}
	return all
}
