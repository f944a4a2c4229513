// Package base makes the image that others are built on where no registry is to be reached: nothing but the roots of trust, which a
// client of HTTPS cannot do without, and a user that is not root.
//
// ## Decisions
//
//   - The roots are those of golang.org/x/crypto/x509roots, Mozilla's by way of the Go team, rather than the building machine's:
//     go.sum pins them, so that every machine makes the same bytes. They move with `go get`.
//   - Roots that are trusted only for certificates from before some date are left out: a PEM file cannot say until when. The dates
//     lie further back than any certificate is valid.
//   - No /etc/passwd and no /tmp: a static program looks nothing up there, and the containers' root is read-only.
package base

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const (
	// Roots is where Go looks for roots of trust on Linux (crypto/x509), first of several places.
	Roots = "etc/ssl/certs/ca-certificates.crt"
	// User is the one that distroless and Chainguard call nonroot.
	User = "65532"
)

// Index makes one image for each platform. It is the same to the bit whenever and wherever it is made.
func Index(platforms []v1.Platform) (v1.ImageIndex, error) {
	layer, err := roots()
	if err != nil {
		return nil, err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range platforms {
		image, err := image(platform, layer)
		if err != nil {
			return nil, fmt.Errorf("making the base for %s: %w", platform, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	return index, nil
}

// image is one layer with a configuration.
func image(platform v1.Platform, layer v1.Layer) (v1.Image, error) {
	config := &v1.ConfigFile{OS: platform.OS, Architecture: platform.Architecture, Config: v1.Config{User: User}}
	// The configuration first: it lists the layers, and appending keeps the list.
	image, err := mutate.ConfigFile(mutate.MediaType(empty.Image, types.OCIManifestSchema1), config)
	if err != nil {
		return nil, fmt.Errorf("configuring: %w", err)
	}
	return mutate.Append(mutate.ConfigMediaType(image, types.OCIConfigJSON), mutate.Addendum{
		Layer: layer, MediaType: types.OCILayer, History: v1.History{CreatedBy: "roots of golang.org/x/crypto/x509roots"},
	})
}

// roots is a layer of one file, without times.
func roots() (v1.Layer, error) {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // A buffer takes everything.
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: Roots, Mode: 0o444, Size: int64(text.Len()), Typeflag: tar.TypeReg}); err != nil {
		return nil, fmt.Errorf("packing the roots: %w", err)
	}
	if _, err := w.Write(text.Bytes()); err != nil {
		return nil, fmt.Errorf("packing the roots: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing the roots: %w", err)
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}
