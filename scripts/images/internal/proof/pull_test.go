package proof_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"

	"vtq.internal/scripts/images/internal/harbour"
	"vtq.internal/scripts/images/internal/proof"
)

// push puts an index of platforms into a registry, with a document beside the index and each image; "" leaves them out.
func push(t *testing.T, document string, platforms ...string) name.Digest {
	t.Helper()
	h, err := harbour.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	repository, err := name.NewRepository(h.Address() + "/vtq/vtq-lookup")
	if err != nil {
		t.Fatal(err)
	}
	index := v1.ImageIndex(empty.Index)
	for _, platform := range platforms {
		s := good()
		s.config.Architecture = platform
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: draw(t, s), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: platform}}})
	}
	if err := remote.WriteIndex(repository.Tag("v1"), index); err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append([]v1.Descriptor{{Digest: digest}}, manifest.Manifests...) {
		if document == "" {
			continue
		}
		bill, err := mutate.AppendLayers(empty.Image, static.NewLayer([]byte(document), "text/spdx+json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(repository.Tag("sha256-"+d.Digest.Hex+".sbom"), bill); err != nil {
			t.Fatal(err)
		}
	}
	return repository.Digest(digest.String())
}

func TestPullSees(t *testing.T) {
	const spdx = `{"spdxVersion": "SPDX-2.3", "packages": [{}]}`
	cases := map[string]struct {
		document  string
		platforms []string
		want      string
	}{
		"a platform missing": {spdx, nil, "should hold linux/amd64"},
		"one too many":       {spdx, []string{"amd64", "s390x"}, "holds platforms linux/amd64, linux/s390x"},
		"no document":        {"", []string{"amd64"}, "pulling the bill of materials"},
		"another document":   {`{"bomFormat": "CycloneDX"}`, []string{"amd64"}, `is "" with 0 packages`},
		"no JSON":            {"SPDXVersion: SPDX-2.3", []string{"amd64"}, "reading the bill of materials"},
		"a fault inside":     {spdx, []string{"amd64"}, "linux/amd64: reading how the binary was built"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			images, err := proof.Pull(push(t, c.document, c.platforms...), want())
			if err == nil || !strings.Contains(err.Error(), c.want) || len(images) != len(c.platforms) {
				t.Errorf("Pull() = %d images, %v, want %d and a complaint with %q", len(images), err, len(c.platforms), c.want)
			}
		})
	}
}
