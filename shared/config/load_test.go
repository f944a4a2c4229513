package config_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

// everything has a field of each type that Load knows.
type everything struct {
	Name   string         `env:"VTQ_NAME" envDefault:"vtq" doc:"A name."`
	Wait   time.Duration  `env:"VTQ_WAIT" envDefault:"20s" doc:"A wait."`
	Count  int            `env:"VTQ_COUNT" doc:"A count."`
	Size   uint16         `env:"VTQ_SIZE" doc:"A size."`
	Share  float64        `env:"VTQ_SHARE" doc:"A share."`
	On     bool           `env:"VTQ_ON" doc:"A switch."`
	Limit  *int           `env:"VTQ_LIMIT" doc:"A limit."`
	Names  []string       `env:"VTQ_NAMES" envDefault:"a,b" doc:"Some names."`
	Counts []int          `env:"VTQ_COUNTS" doc:"Some counts."`
	Net    netip.Prefix   `env:"VTQ_NET" doc:"A network."`
	Nets   []netip.Prefix `env:"VTQ_NETS" doc:"Some networks."`
	Key    config.Secret  `env:"VTQ_KEY" doc:"A key."`
	URL    config.URL     `env:"VTQ_URL" doc:"An address."`

	Nested struct {
		Wait time.Duration `env:"WAIT" envDefault:"5s" doc:"Another wait."`
	} `envPrefix:"VTQ_NESTED_"`

	Program string // Not a variable.
	private string
}

func TestLoadDefaults(t *testing.T) {
	got := everything{Program: "set before", private: "also"}
	if err := config.Load(nil, &got); err != nil {
		t.Fatalf("Load(nothing) = %v, want nil", err)
	}
	want := everything{Name: "vtq", Wait: 20 * time.Second, Names: []string{"a", "b"}, Program: "set before", private: "also"}
	want.Nested.Wait = 5 * time.Second
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{}), cmp.Comparer(samePrefix)); diff != "" {
		t.Errorf("Load(nothing): -want +got\n%s", diff)
	}
}

func samePrefix(a, b netip.Prefix) bool { return a == b }

func TestLoadValues(t *testing.T) {
	environ := []string{
		"VTQ_NAME=first", "VTQ_NAME=last ", "VTQ_WAIT=1m30s\r", "VTQ_COUNT=-3", "VTQ_SIZE=65535", "VTQ_SHARE=0.5",
		"VTQ_ON=true", "VTQ_LIMIT=0", "VTQ_NAMES= x, y y ,,", "VTQ_COUNTS=1, 2,3", "VTQ_NET=10.0.0.0/8",
		"VTQ_NETS=::1/128, 127.0.0.0/8", "VTQ_KEY= hunter2=", "VTQ_URL=https://host/", "VTQ_NESTED_WAIT=1h",
		"WAIT=2h", "MALFORMED",
	}
	var got everything
	if err := config.Load(environ, &got); err != nil {
		t.Fatalf("Load(values) = %v, want nil", err)
	}
	address, _ := config.ParseURL("https://host")
	want := everything{
		Name: "last", Wait: 90 * time.Second, Count: -3, Size: 65535, Share: 0.5, On: true, Limit: new(int),
		Names: []string{"x", "y y"}, Counts: []int{1, 2, 3}, Net: netip.MustParsePrefix("10.0.0.0/8"),
		Nets: []netip.Prefix{netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.0/8")},
		Key:  config.NewSecret(" hunter2="), URL: address,
	}
	want.Nested.Wait = time.Hour
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(everything{}), cmp.Comparer(samePrefix)); diff != "" {
		t.Errorf("Load(values): -want +got\n%s", diff)
	}
}

func TestLoadComplains(t *testing.T) {
	cases := map[string]struct{ entry, want string }{
		"duration without unit":  {"VTQ_WAIT=20", `VTQ_WAIT: wants a duration like 20s (got "20")`},
		"same field name below":  {"VTQ_NESTED_WAIT=soon", `VTQ_NESTED_WAIT: wants a duration like 20s (got "soon")`},
		"no number":              {"VTQ_COUNT=many", `VTQ_COUNT: wants a whole number (got "many")`},
		"fraction":               {"VTQ_COUNT=1.5", `VTQ_COUNT: wants a whole number (got "1.5")`},
		"number too large":       {"VTQ_SIZE=65536", `VTQ_SIZE: wants a smaller number (got "65536")`},
		"below zero":             {"VTQ_SIZE=-1", `VTQ_SIZE: wants a whole number, not below 0 (got "-1")`},
		"no float":               {"VTQ_SHARE=half", `VTQ_SHARE: wants a number (got "half")`},
		"no bool":                {"VTQ_ON=yes", `VTQ_ON: wants true or false (got "yes")`},
		"behind a pointer":       {"VTQ_LIMIT=none", `VTQ_LIMIT: wants a whole number (got "none")`},
		"item of a list":         {"VTQ_COUNTS=1,b", `VTQ_COUNTS: wants a comma-separated list: each item wants a whole number (got "1,b")`},
		"type's own words":       {"VTQ_NET=10", `VTQ_NET: netip.ParsePrefix("10"): no '/' (got "10")`},
		"escaped":                {"VTQ_ON=\x1b[31m", `VTQ_ON: wants true or false (got "\x1b[31m")`},
		"value at the bound":     {"VTQ_ON=" + strings.Repeat("é", 60), `VTQ_ON: wants true or false (got "` + strings.Repeat("é", 60) + `")`},
		"value beyond the bound": {"VTQ_ON=" + strings.Repeat("é", 61), `VTQ_ON: wants true or false (got "` + strings.Repeat("é", 60) + `"...)`},
		"malformed secret":       {"VTQ_KEY=hunter2\n", `VTQ_KEY: wants one line without control characters`},
		"malformed URL":          {"VTQ_URL=hunter2@host", `VTQ_URL: wants a URL such as https://host.example, without query or fragment`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := config.Load([]string{c.entry}, &everything{})
			if diff := cmp.Diff([]string{c.want}, complaints(t, err)); diff != "" {
				t.Errorf("Load(%q): -want +got\n%s", c.entry, diff)
			}
		})
	}
}

// complaints returns the lines of Load's error after the first.
func complaints(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	if !errors.Is(err, config.ErrInvalid) {
		t.Errorf("the error does not wrap ErrInvalid: %v", err)
	}
	lines := strings.Split(err.Error(), "\n")
	if lines[0] != "the configuration is invalid:" {
		t.Errorf("the error begins with %q", lines[0])
	}
	return lines[1:]
}

// checked is a block with a cross-field check.
type checked struct {
	Least int `env:"VTQ_LEAST" envDefault:"1" doc:"The least."`
	Most  int `env:"VTQ_MOST" envDefault:"2" doc:"The most."`
}

func (c checked) Validate() error {
	if c.Least <= c.Most {
		return nil
	}
	return errors.Join(
		fmt.Errorf("VTQ_LEAST: must be at most VTQ_MOST (got %d)", c.Least),
		fmt.Errorf("VTQ_MOST: must be at least VTQ_LEAST (got %d)", c.Most),
	)
}

type service struct {
	Checked checked
	Key     config.Secret `env:"VTQ_KEY" required:"true" doc:"A key."`
	Name    string        `env:"VTQ_NAME" required:"true" doc:"A name."`
	Wait    time.Duration `env:"VTQ_WAIT" doc:"A wait."`
}

func TestLoadSaysEverythingOnce(t *testing.T) {
	cases := map[string]struct {
		environ []string
		want    []string
	}{
		"all structs": {
			[]string{"VTQ_LEAST=3", "VTQ_WAIT=x", "VTQ_NAME="},
			[]string{
				"VTQ_LEAST: must be at most VTQ_MOST (got 3)",
				"VTQ_MOST: must be at least VTQ_LEAST (got 2)",
				"VTQ_KEY: must be set, or VTQ_KEY_FILE to a file that holds it. A key.",
				"VTQ_NAME: must be set. A name.",
				`VTQ_WAIT: wants a duration like 20s (got "x")`,
			},
		},
		"no check of a block that could not be read": {
			[]string{"VTQ_LEAST=3", "VTQ_MOST=x", "VTQ_NAME=n", "VTQ_KEY=k"},
			[]string{`VTQ_MOST: wants a whole number (got "x")`},
		},
		"nothing wrong": {[]string{"VTQ_NAME=n", "VTQ_KEY=k"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := config.Load(c.environ, &service{}, &checked{}, &service{})
			if diff := cmp.Diff(c.want, complaints(t, err)); diff != "" {
				t.Errorf("Load(%q): -want +got\n%s", c.environ, diff)
			}
		})
	}
}

func TestLoadSecretFromFile(t *testing.T) {
	const most = 64 << 10
	cases := map[string]struct{ content, want, complaint string }{
		"plain":             {"hunter2", "hunter2", ""},
		"line break at end": {"hunter2\n", "hunter2", ""},
		"from Windows":      {"hunter2\r\n", "hunter2", ""},
		"blanks kept":       {" hunter2 \n", " hunter2 ", ""},
		"at the bound":      {strings.Repeat("k", most), strings.Repeat("k", most), ""},
		"beyond the bound":  {strings.Repeat("k", most+1), "", "VTQ_KEY_FILE: wants a file of at most 64 KiB"},
		"empty":             {"\n", "", "VTQ_KEY_FILE: wants a file with the secret in it (it is empty)"},
		"two lines":         {"hunter2\nhunter2", "", "VTQ_KEY: wants one line without control characters"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got everything
			err := config.Load([]string{"VTQ_KEY_FILE=" + write(t, c.content)}, &got)
			if lines := strings.Join(complaints(t, err), "\n"); lines != c.complaint {
				t.Errorf("Load = %q, want %q", lines, c.complaint)
			}
			if err == nil && got.Key.Reveal() != c.want {
				t.Errorf("the secret is %q, want %q", got.Key.Reveal(), c.want)
			}
		})
	}
}

// write puts content into a new file and returns its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadSecretFileComplaints(t *testing.T) {
	both := "VTQ_KEY: wants to be the only one of VTQ_KEY and VTQ_KEY_FILE (both are set); unset either"
	cases := map[string]struct {
		environ []string
		want    string
	}{
		"both":             {[]string{"VTQ_KEY=hunter2", "VTQ_KEY_FILE=" + write(t, hunter2)}, both},
		"file unset":       {[]string{"VTQ_KEY=hunter2", "VTQ_KEY_FILE="}, ""},
		"variable unset":   {[]string{"VTQ_KEY=", "VTQ_KEY_FILE=" + write(t, hunter2)}, ""},
		"directory":        {[]string{"VTQ_KEY_FILE=" + t.TempDir()}, "VTQ_KEY_FILE: wants the path of a readable file (is a directory)"},
		"the secret as is": {[]string{"VTQ_KEY_FILE=hunter2"}, "VTQ_KEY_FILE: wants the path of a readable file (no such file or directory)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := config.Load(c.environ, &everything{})
			if got := strings.Join(complaints(t, err), "\n"); got != c.want || leaks(got) {
				t.Errorf("Load = %q, want %q", got, c.want)
			}
		})
	}
}

func TestLoadNamesTheProgramsMistakes(t *testing.T) {
	err := config.Load([]string{"VTQ_C=1"}, &struct {
		C chan int `env:"VTQ_C"`
	}{})
	if got := complaints(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "VTQ_C: ") {
		t.Errorf("Load of a channel = %q, want one complaint about VTQ_C", got)
	}
	for name, dst := range map[string]any{"a value": everything{}, "nil": nil, "a nil pointer": (*everything)(nil), "no struct": new(int)} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Errorf("Load into %s does not panic", name)
				}
			}()
			_ = config.Load(nil, dst)
		})
	}
}
