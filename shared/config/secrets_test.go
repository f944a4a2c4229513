package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

// vault has secrets at two depths, and what is none.
type vault struct {
	Open   string        `env:"OPEN"`
	User   string        `env:"USER_NAME"`
	Number int           `env:"NUMBER" required:"true"`
	Key    config.Secret `env:"KEY" required:"true"`
	Inner  struct {
		Key config.Secret `env:"KEY"`
	} `envPrefix:"INNER_"`
}

func TestSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		environ []string
		want    map[string]string
		err     string
	}{
		"none is set, though required":   {nil, map[string]string{}, ""},
		"the rest does not matter":       {[]string{"OPEN=x", "NUMBER=nonsense"}, map[string]string{}, ""},
		"secrets, and the one besides":   {[]string{"KEY=a", "USER_NAME= b "}, map[string]string{"KEY": "a", "USER_NAME": "b"}, ""},
		"deeper, from a file":            {[]string{"INNER_KEY_FILE=" + file}, map[string]string{"INNER_KEY": "from a file"}, ""},
		"an empty one counts as unset":   {[]string{"KEY="}, map[string]string{}, ""},
		"a file that is not there":       {[]string{"KEY_FILE=" + file + "-gone"}, nil, "KEY_FILE: wants the path of a readable file"},
		"both ways":                      {[]string{"KEY=hidden", "KEY_FILE=" + file}, nil, "KEY: wants to be the only one"},
		"a secret that can be no secret": {[]string{"KEY=hid\tden"}, nil, "KEY: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := config.Secrets(c.environ, []string{"USER_NAME"}, &vault{})
			if c.err != "" {
				if !errors.Is(err, config.ErrInvalid) || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "hid") {
					t.Errorf("Secrets = %v, want ErrInvalid and %q", err, c.err)
				}
				return
			}
			got := map[string]string{}
			for name, secret := range found {
				got[name] = secret.Reveal()
			}
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("Secrets (-want +got), %v:\n%s", err, diff)
			}
		})
	}
}
