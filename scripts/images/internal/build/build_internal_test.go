package build

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vtq.internal/scripts/images/internal/source"
)

const digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// A developer's shell decides nothing about an image.
func TestEnv(t *testing.T) {
	plan := Plan{
		Registry: "registry.example.com/vtq", Commit: source.Commit{Time: time.Unix(1700000000, 0)},
		Env: []string{"PATH=/bin", "GOWORK=off", "GOFLAGS=-tags=x", "KO_CONFIG_PATH=/x", "SOURCE_DATE_EPOCH=1", "KO_DEFAULTBASEIMAGE=x"},
	}
	want := []string{"PATH=/bin", "KO_DOCKER_REPO=registry.example.com/vtq", "SOURCE_DATE_EPOCH=1700000000", "KO_DATA_DATE_EPOCH=1700000000"}
	if got := plan.env(); !slices.Equal(got, want) {
		t.Errorf("env() = %q, want %q", got, want)
	}
	plan.Base = "scratch.example.com/base"
	if got := plan.env(); !slices.Equal(got, append(want, "KO_DEFAULTBASEIMAGE=scratch.example.com/base")) {
		t.Errorf("env() with a base = %q", got)
	}
}

func TestDigests(t *testing.T) {
	refs := []string{
		"r.example.com/vtq/vtq-writer:v1" + digest, "r.example.com/vtq/vtq:v1" + digest,
		"r.example.com/vtq/vtq-lookup" + digest, "r.example.com/vtq/vtq-producer:v1" + digest,
	}
	got, err := digests(refs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range got {
		names = append(names, d.Context().RepositoryStr())
	}
	if want := []string{"vtq/vtq", "vtq/vtq-producer", "vtq/vtq-lookup", "vtq/vtq-writer"}; !slices.Equal(names, want) {
		t.Errorf("digests() = %q, want %q", names, want)
	}
	for name, refs := range map[string][]string{"one missing": refs[1:], "one without a digest": append([]string{"r.example.com/vtq/vtq-writer:v1"}, refs[1:]...)} {
		if got, err := digests(refs); err == nil {
			t.Errorf("digests() with %s = %v, want an error", name, got)
		}
	}
}

func TestAdvice(t *testing.T) {
	cases := map[string]struct {
		plan Plan
		said string
		want string
	}{
		"credentials": {Plan{Registry: "r.example.com/vtq"}, "POST https://r.example.com: UNAUTHORIZED: authentication required", "docker login r.example.com"},
		"no base":     {Plan{}, "error fetching base image: dial tcp", "set BASE"},
		"another":     {Plan{Base: "x"}, "error fetching base image: dial tcp", ""},
	}
	for name, c := range cases {
		if got := c.plan.advice(c.said); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: advice(%q) = %q, want %q", name, c.said, got, c.want)
		}
	}
}

// The proofs ask for what .ko.yaml says, which is written twice.
func TestTheConfigurationNamesTheSame(t *testing.T) {
	text, err := os.ReadFile("../../../../.ko.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Platforms() {
		if !strings.Contains(string(text), "  - "+p.String()+"\n") {
			t.Errorf(".ko.yaml builds nothing for %s", p)
		}
	}
	for _, program := range Programs() {
		dir, main, _ := strings.Cut(strings.TrimPrefix(program, "vtq.internal/"), "/cmd/")
		if entry := "dir: " + dir + "\n    main: ./cmd/" + main + "\n"; !strings.Contains(string(text), entry) {
			t.Errorf(".ko.yaml lacks %q", entry)
		}
	}
}
