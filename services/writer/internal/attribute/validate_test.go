package attribute_test

import (
	"errors"
	"strings"
	"testing"

	"vtq.internal/services/writer/internal/attribute"
	"vtq.internal/shared/verdict"
)

type (
	fieldList = []attribute.Field
	nameMap   = map[attribute.Field]string
)

func TestValidate(t *testing.T) {
	longest := strings.Repeat("é", verdict.MaxItem)
	cases := map[string]struct {
		change func(m *attribute.Mapping)
		want   []string // A part of each complaint.
	}{
		"the default":      {func(*attribute.Mapping) {}, nil},
		"no prefix":        {func(m *attribute.Mapping) { m.Prefix = "" }, nil},
		"the longest name": {func(m *attribute.Mapping) { m.Names = nameMap{"link": longest} }, nil},
		"a name too long": {
			func(m *attribute.Mapping) { m.Names = nameMap{"link": longest + "é"} }, []string{"at most 100 characters, and no dot or dollar sign: not so that of link"},
		},
		"a dot":                {func(m *attribute.Mapping) { m.Names = nameMap{"link": "v1.2"} }, []string{"that of link"}},
		"a dollar sign":        {func(m *attribute.Mapping) { m.Names = nameMap{"link": "$"} }, []string{"that of link"}},
		"a control character":  {func(m *attribute.Mapping) { m.Names = nameMap{"link": "a\x00b"} }, []string{"that of link"}},
		"an empty name":        {func(m *attribute.Mapping) { m.Names = nameMap{"link": ""} }, []string{"that of link"}},
		"a prefix with a dot":  {func(m *attribute.Mapping) { m.Prefix, m.Fields = "a.b", fieldList{"tags", "link"} }, []string{"that of tags, link"}},
		"an unknown field":     {func(m *attribute.Mapping) { m.Fields = fieldList{"verdict", "hue"} }, []string{`no field is called "hue"; there are verdict, severity`}},
		"a name for nothing":   {func(m *attribute.Mapping) { m.Names = nameMap{"hue": "Hue"} }, []string{`no field is called "hue"`}},
		"two of one name":      {func(m *attribute.Mapping) { m.Names = nameMap{"link": "virustotal TAGS"} }, []string{"tags and link have the same attribute name"}},
		"a name not written":   {func(m *attribute.Mapping) { m.Fields, m.Names = fieldList{"link"}, nameMap{"tags": "VirusTotal Link"} }, nil},
		"everything at a time": {badly, []string{`"hue"`, `"saturation"`, "same attribute name", "that of tags"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := mapping()
			c.change(&m)
			got := m.Validate()
			if len(got) != len(c.want) {
				t.Fatalf("Validate() = %v, want %d complaints", errors.Join(got...), len(c.want))
			}
			for i, part := range c.want {
				if !strings.Contains(got[i].Error(), part) {
					t.Errorf("Validate()[%d] = %v, want it to say %q", i, got[i], part)
				}
			}
		})
	}
}

func badly(m *attribute.Mapping) {
	m.Fields = fieldList{"hue", "tags", "link", "country"}
	m.Names = nameMap{"saturation": "x", "tags": "a.b", "link": "Same", "country": "same"}
}
