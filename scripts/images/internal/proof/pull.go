package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// maxSBOM bounds a document that is read whole: ours name some forty modules, 40 kB.
const maxSBOM = 8 << 20

// Want is what an image has to be.
type Want struct {
	Program   string // Such as vtq-lookup.
	Platforms []v1.Platform
	Revision  string // Of the commit, whole.
	Version   string
}

// Pull fetches an index with all its images from a registry, and complains of whatever is not as it should be. The images are those
// that could be read.
func Pull(ref name.Digest, want Want, options ...remote.Option) ([]Image, error) {
	index, err := remote.Index(ref, options...)
	if err != nil {
		return nil, fmt.Errorf("pulling: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	problems := []error{platforms(manifest, want.Platforms), sbom(ref, options...)}
	var images []Image
	for _, m := range manifest.Manifests {
		if m.Platform == nil {
			continue // Complained of.
		}
		image, err := index.Image(m.Digest)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: pulling: %w", m.Platform, err))
			continue
		}
		found, err := Look(image, *m.Platform, want)
		images = append(images, found)
		if err := errors.Join(err, sbom(ref.Context().Digest(m.Digest.String()), options...)); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", m.Platform, err))
		}
	}
	return images, errors.Join(problems...)
}

// platforms complains of an index that holds others than it should.
func platforms(manifest *v1.IndexManifest, want []v1.Platform) error {
	var have, should []string
	for _, m := range manifest.Manifests {
		if m.Platform == nil {
			have = append(have, "none")
			continue
		}
		have = append(have, m.Platform.String())
	}
	for _, p := range want {
		should = append(should, p.String())
	}
	slices.Sort(have)
	slices.Sort(should)
	if !slices.Equal(have, should) {
		return fmt.Errorf("the index holds platforms %s, and should hold %s: see defaultPlatforms in .ko.yaml", strings.Join(have, ", "), strings.Join(should, ", "))
	}
	return nil
}

// sbom complains of a digest without an SPDX document beside it, under the tag where cosign looks.
func sbom(ref name.Digest, options ...remote.Option) error {
	tag := ref.Context().Tag(strings.Replace(ref.DigestStr(), ":", "-", 1) + ".sbom")
	image, err := remote.Image(tag, options...)
	if err != nil {
		return fmt.Errorf("pulling the bill of materials: %w", err)
	}
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		return fmt.Errorf("the bill of materials has %d layers, and should have 1: %w", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		return fmt.Errorf("pulling the bill of materials: %w", err)
	}
	defer content.Close()
	var document struct {
		Version  string            `json:"spdxVersion"`
		Packages []json.RawMessage `json:"packages"`
	}
	if err := json.NewDecoder(io.LimitReader(content, maxSBOM)).Decode(&document); err != nil {
		return fmt.Errorf("reading the bill of materials: %w", err)
	}
	if !strings.HasPrefix(document.Version, "SPDX-") || len(document.Packages) == 0 {
		return fmt.Errorf("the bill of materials is %q with %d packages, and should be SPDX with some", document.Version, len(document.Packages))
	}
	return nil
}
