package writer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer"
	"vtq.internal/shared/config"
	"vtq.internal/shared/verdict"
)

// complains checks that an error has all the parts, and is nil when none is wanted.
func complains(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	if (err != nil) != (len(parts) > 0) {
		t.Errorf("%s: error is %v, want %d complaints", what, err, len(parts))
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want it to say %q", what, err, part)
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	var got writer.Config
	if err := config.Load(nil, &got); err != nil {
		t.Fatalf("Load of nothing = %v, want nil", err)
	}
	want := writer.Config{Prefix: "{provider}", Source: "{provider}", Score: "off", Concurrency: 4, Mode: "attributes"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestConfigFromTheEnvironment(t *testing.T) {
	var got writer.Config
	err := config.Load([]string{
		"VTQ_ATTRIBUTES=verdict, link", "VTQ_ATTRIBUTE_NAMES=verdict=VT Verdict,link= Report ", "VTQ_ATTRIBUTE_PREFIX=", "VTQ_SOURCE=vtq",
		"VTQ_SCORE=on", "VTQ_WRITE_CONCURRENCY=32", "VTQ_WRITE_MODE=bulk",
	}, &got)
	if err != nil {
		t.Fatalf("Load = %v, want nil", err)
	}
	var names []string
	for _, a := range got.Attributes("virustotal") {
		names = append(names, a.Name)
	}
	if diff := cmp.Diff([]string{"VT Verdict", "Report"}, names); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	longest := strings.Repeat("é", verdict.MaxItem)
	cases := map[string]struct {
		change func(c *writer.Config)
		want   []string
	}{
		"the default":          {func(*writer.Config) {}, nil},
		"score on":             {func(c *writer.Config) { c.Score = "on" }, nil},
		"score raise-only":     {func(c *writer.Config) { c.Score = "raise-only" }, nil},
		"score replace":        {func(c *writer.Config) { c.Score = "replace" }, nil},
		"another score":        {func(c *writer.Config) { c.Score = "yes" }, []string{"VTQ_SCORE: wants off, on, raise-only or replace (got \"yes\")"}},
		"in bulk":              {func(c *writer.Config) { c.Mode = "bulk" }, nil},
		"in another way":       {func(c *writer.Config) { c.Mode = "" }, []string{"VTQ_WRITE_MODE: wants attributes or bulk (got \"\")"}},
		"one at a time":        {func(c *writer.Config) { c.Concurrency = 1 }, nil},
		"none at a time":       {func(c *writer.Config) { c.Concurrency = 0 }, []string{"VTQ_WRITE_CONCURRENCY: wants 1 to 32 (got 0)"}},
		"the most at a time":   {func(c *writer.Config) { c.Concurrency = 32 }, nil},
		"too many at a time":   {func(c *writer.Config) { c.Concurrency = 33 }, []string{"VTQ_WRITE_CONCURRENCY: wants 1 to 32 (got 33)"}},
		"no source":            {func(c *writer.Config) { c.Source = "" }, []string{"VTQ_SOURCE: wants a name of at most 100 characters"}},
		"a source with blanks": {func(c *writer.Config) { c.Source = " x" }, []string{"VTQ_SOURCE"}},
		"the longest source":   {func(c *writer.Config) { c.Source = longest }, nil},
		"a source too long":    {func(c *writer.Config) { c.Source = longest + "é" }, []string{"VTQ_SOURCE"}},
		"an unknown field":     {func(c *writer.Config) { c.Fields = []string{"hue"} }, []string{`VTQ_ATTRIBUTES`, `no field is called "hue"`}},
		"a name without field": {func(c *writer.Config) { c.Names = []string{"Report"} }, []string{`VTQ_ATTRIBUTE_NAMES: wants field=name, separated by commas (got "Report")`}},
		"a name of no field":   {func(c *writer.Config) { c.Names = []string{"hue=Hue"} }, []string{`no field is called "hue"`}},
		"a prefix with a dot":  {func(c *writer.Config) { c.Prefix = "a.b" }, []string{"VTQ_ATTRIBUTE_PREFIX: an attribute's name has"}},
		"two of one name":      {func(c *writer.Config) { c.Names = []string{"tags=Same", "link=same"} }, []string{"same attribute name"}},
		"everything at a time": {
			func(c *writer.Config) { *c = writer.Config{Fields: []string{"hue"}, Names: []string{"x"}, Score: "x"} },
			[]string{"VTQ_ATTRIBUTES", "VTQ_ATTRIBUTE_NAMES: wants", "VTQ_SOURCE", "VTQ_SCORE", "VTQ_WRITE_CONCURRENCY"},
		},
	}
	for name, c := range cases {
		conf := settings()
		conf.Fields = nil
		c.change(&conf)
		complains(t, name, conf.Validate(), c.want...)
	}
}
