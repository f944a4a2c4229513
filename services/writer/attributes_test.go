package writer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/services/writer"
)

func TestEveryAttributeSaysWhatItMeans(t *testing.T) {
	all := writer.Config{Prefix: "VirusTotal"}.Attributes("virustotal")
	if len(all) < 20 {
		t.Fatalf("%d attributes are listed, want all", len(all))
	}
	for _, a := range all {
		if a.Field == "" || !strings.HasPrefix(a.Name, "VirusTotal ") || !strings.HasSuffix(a.Meaning, ".") {
			t.Errorf("attribute %+v: want a field, a name with its prefix, and a sentence", a)
		}
	}
}

func TestAttributesFollowTheSettings(t *testing.T) {
	c := writer.Config{
		Prefix: "VT", Fields: []string{"link", "verdict", "detections"}, Names: []string{"link=Report", "severity=Not written"},
	}
	var got []string
	for _, a := range c.Attributes("virustotal") {
		got = append(got, a.Field+"="+a.Name)
	}
	want := []string{"verdict=VT Verdict", "detections=VT Detections", "link=Report"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(c.Attributes("virustotal"), func(a writer.Attribute) bool { return strings.Contains(a.Meaning, "14/72") }) {
		t.Error("no attribute tells of detections")
	}
}
