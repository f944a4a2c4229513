package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"vtq.internal/scripts/images/internal/proof"
)

// of is the digest of an image that ends in a digit.
func of(t *testing.T, program, digit string) name.Digest {
	t.Helper()
	d, err := name.NewDigest("registry.example.com/vtq/" + program + "@sha256:" + strings.Repeat("0", 63) + digit)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSame(t *testing.T) {
	first := []name.Digest{of(t, "vtq", "1"), of(t, "vtq-lookup", "2")}
	if err := same(first, []name.Digest{of(t, "vtq-lookup", "2"), of(t, "vtq", "1")}); err != nil {
		t.Errorf("same() of the same = %v", err)
	}
	if err := same(first, []name.Digest{of(t, "vtq", "1"), of(t, "vtq-lookup", "3")}); err == nil || !strings.HasPrefix(err.Error(), "vtq-lookup: two builds") {
		t.Errorf("same() of two that differ = %v, want vtq-lookup named", err)
	}
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	table(&out, []proof.Image{{
		Program: "vtq-lookup", Platform: v1.Platform{OS: "linux", Architecture: "arm64"}, Digest: "sha256:0123456789abcdef",
		Compressed: 8_900_000, Unpacked: 16_040_000, Roots: 116,
	}})
	if want := "vtq-lookup  linux/arm64  8.9 MB      16.0 MB   116    sha256:0123456789ab\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("table() = %q, want a line %q", out.String(), want)
	}
	out.Reset()
	if err := published(&out, "registry.example.com/vtq", []name.Digest{of(t, "vtq", "1"), of(t, "vtq-lookup", "2")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--set image.registry=registry.example.com/vtq \\\n", "image.digests.vtq=sha256:0", "image.digests.lookup=sha256:0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("published() = %q, want %q in it", out.String(), want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{{"push"}, {"-regstry", "x"}} {
		var stderr bytes.Buffer
		if code := run(args, nil, &bytes.Buffer{}, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("run(%q) = %d %q, want 2 and a complaint", args, code, stderr.String())
		}
	}
	var stderr bytes.Buffer
	if code := run([]string{"-root", t.TempDir()}, nil, &bytes.Buffer{}, &stderr); code != 1 || !strings.Contains(stderr.String(), "clone the repository") {
		t.Errorf("run() outside a repository = %d %q, want 1 and advice", code, stderr.String())
	}
}
