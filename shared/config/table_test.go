package config_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

// documented shows everything that a table and an example have to render.
type documented struct {
	Log   config.Log
	Key   config.Secret `env:"VTQ_KEY" required:"true" doc:"A key."`
	Token config.Secret `env:"VTQ_TOKEN" doc:"A token."`
	Kind  string        `env:"VTQ_KIND" envDefault:"a|b" doc:"Either a|b or c."`
	Again string        `env:"VTQ_KIND" doc:"A name that occurs twice."`
	Inner struct {
		Name string `env:"NAME" doc:"A name."`
	} `envPrefix:"VTQ_INNER_"`
}

func (documented) Heading() string { return "Pipeline" }

func TestVariables(t *testing.T) {
	want := []config.Variable{
		{Name: "LOG_LEVEL", Heading: "Logging", Default: "info", Doc: "The least level that is logged: debug, info, warn or error."},
		{Name: "LOG_FORMAT", Heading: "Logging", Default: "json", Doc: "Lines for machines (json) or for people (console)."},
		{Name: "NO_COLOR", Heading: "Logging", Doc: "Any value leaves the colours out of LOG_FORMAT=console."},
		{Name: "VTQ_KEY", Heading: "Pipeline", Doc: "A key.", Required: true, Usual: true, Secret: true},
		{Name: "VTQ_TOKEN", Heading: "Pipeline", Doc: "A token.", Secret: true},
		{Name: "VTQ_KIND", Heading: "Pipeline", Default: "a|b", Doc: "Either a|b or c."},
		{Name: "VTQ_INNER_NAME", Heading: "Pipeline", Doc: "A name."},
	}
	if diff := cmp.Diff(want, config.Variables(&documented{}, &config.Log{})); diff != "" {
		t.Errorf("Variables: -want +got\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	const want = "" +
		"| Variable | Default | Meaning |\n" +
		"|---|---|---|\n" +
		"| `LOG_LEVEL` | `info` | The least level that is logged: debug, info, warn or error. |\n" +
		"| `LOG_FORMAT` | `json` | Lines for machines (json) or for people (console). |\n" +
		"| `NO_COLOR` |  | Any value leaves the colours out of LOG_FORMAT=console. |\n" +
		"| `VTQ_KEY` | **required** | A key. Also `VTQ_KEY_FILE`. |\n" +
		"| `VTQ_TOKEN` |  | A token. Also `VTQ_TOKEN_FILE`. |\n" +
		"| `VTQ_KIND` | `a\\|b` | Either a\\|b or c. |\n" +
		"| `VTQ_INNER_NAME` |  | A name. |\n"
	if diff := cmp.Diff(want, config.Table(&documented{})); diff != "" {
		t.Errorf("Table: -want +got\n%s", diff)
	}
}

func TestExample(t *testing.T) {
	const want = `## Logging

# The least level that is logged: debug, info, warn or error.
# LOG_LEVEL=info

# Lines for machines (json) or for people (console).
# LOG_FORMAT=json

# Any value leaves the colours out of LOG_FORMAT=console.
# NO_COLOR=

## Pipeline

# A key. Also VTQ_KEY_FILE.
VTQ_KEY=

# A token. Also VTQ_TOKEN_FILE.
# VTQ_TOKEN=

# Either a|b or c.
# VTQ_KIND='a|b'

# A name.
# VTQ_INNER_NAME=
`
	if diff := cmp.Diff(want, config.Example(&documented{})); diff != "" {
		t.Errorf("Example: -want +got\n%s", diff)
	}
}

func TestExampleQuotesForTheShell(t *testing.T) {
	got := config.Example(&struct {
		Plain string `env:"VTQ_A" envDefault:"https://host:1/p,q=r%20+s@t"`
		Blank string `env:"VTQ_B" envDefault:"two words"`
		Quote string `env:"VTQ_C" envDefault:"it's $HOME"`
	}{})
	for _, want := range []string{"# VTQ_A=https://host:1/p,q=r%20+s@t\n", "# VTQ_B='two words'\n", `# VTQ_C='it'\''s $HOME'` + "\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("Example = %q, which lacks %q", got, want)
		}
	}
}

// TestDefaultsLoad takes every default back in as if a user had uncommented it.
func TestDefaultsLoad(t *testing.T) {
	file := write(t, hunter2)
	environ := []string{
		"THREATQ_URL=https://tq.example.com", "THREATQ_CLIENT_ID=id", "THREATQ_CLIENT_SECRET_FILE=" + file, "VT_API_KEY_FILE=" + file,
	}
	blocks := []any{&config.NATS{}, &config.ThreatQ{}, &config.VirusTotal{}, &config.Log{}}
	for line := range strings.Lines(config.Example(blocks...)) {
		environ = append(environ, strings.TrimSpace(strings.TrimPrefix(line, "# ")))
	}
	environ = append(environ, environ[:2]...) // The example leaves these two empty.
	if err := config.Load(environ, blocks...); err != nil {
		t.Errorf("Load(Example) = %v, want nil", err)
	}
	if got := config.Unknown(environ, blocks...); len(got) > 0 {
		t.Errorf("Unknown(Example) = %q, want none", got)
	}
}

// TestBlocksAreDocumented holds the shared blocks to one sentence a variable.
func TestBlocksAreDocumented(t *testing.T) {
	name, sentence := regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`), regexp.MustCompile(`^[A-Z][^\n]+\.$`)
	for _, v := range config.Variables(
		&config.NATS{}, &config.ThreatQ{}, &config.VirusTotal{}, &config.Verdicts{}, &config.Log{}, &config.Shutdown{},
	) {
		if !name.MatchString(v.Name) || !sentence.MatchString(v.Doc) || v.Heading == "" {
			t.Errorf("%+v: want a name, a sentence and a heading", v)
		}
	}
}
