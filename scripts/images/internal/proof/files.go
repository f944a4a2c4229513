package proof

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"vtq.internal/scripts/images/internal/base"
)

const (
	// maxFile bounds one file of an image: the largest of ours is the operator's command, under 40 MB.
	maxFile = 128 << 20
	// maxFiles bounds their number: our base has one, Chainguard's some 1,400, of time zones.
	maxFiles = 10_000
	// fewRoots is less than any bundle has that is meant for the public web: Mozilla's holds about 140.
	fewRoots = 50
	// ridden are the bits that let a file act as its owner or group.
	ridden = 0o6000
)

// files are the contents of an image.
type files struct {
	binaries map[string][]byte // ELF, by absolute path.
	ridden   []string          // With the set-user-id or set-group-id bit.
	roots    int
	bytes    int64
}

// read walks over the files of an image as a container would find them.
func read(image v1.Image) (files, error) {
	out := files{binaries: map[string][]byte{}}
	stream := mutate.Extract(image)
	defer stream.Close()
	r := tar.NewReader(stream)
	for n := 0; ; n++ {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("unpacking: %w", err)
		}
		if n == maxFiles {
			return out, fmt.Errorf("unpacking: it holds more than %d files", maxFiles)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := out.add(header, r); err != nil {
			return out, err
		}
	}
}

// add notes one file.
func (f *files) add(header *tar.Header, content io.Reader) error {
	name := path.Join("/", header.Name) //nolint:gosec // A name to compare: nothing is written there.
	raw, err := io.ReadAll(io.LimitReader(content, maxFile+1))
	if err != nil {
		return fmt.Errorf("unpacking %q: %w", name, err)
	}
	if len(raw) > maxFile {
		return fmt.Errorf("unpacking: %q is larger than %d MB", name, maxFile>>20)
	}
	f.bytes += int64(len(raw))
	if header.Mode&ridden != 0 {
		f.ridden = append(f.ridden, name)
	}
	if bytes.HasPrefix(raw, []byte("\x7fELF")) {
		f.binaries[name] = raw
	}
	if name == "/"+base.Roots {
		f.roots = certificates(raw)
	}
	return nil
}

// certificates counts those of a PEM file that can be read.
func certificates(raw []byte) int {
	n := 0
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			n++
		}
	}
	return n
}

// complaints are about the files taken together.
func (f *files) complaints() error {
	var problems []error
	if len(f.binaries) != 1 {
		problems = append(problems, fmt.Errorf("it holds %d binaries (%s), and should hold one: a base with a shell or libraries is not ours", len(f.binaries), strings.Join(slices.Sorted(maps.Keys(f.binaries)), ", ")))
	}
	if len(f.ridden) > 0 {
		problems = append(problems, fmt.Errorf("these files act as their owner, whoever runs them: %s", strings.Join(f.ridden, ", ")))
	}
	if f.roots < fewRoots {
		problems = append(problems, fmt.Errorf("it holds %d roots of trust in /%s, and no HTTPS works with fewer than %d", f.roots, base.Roots, fewRoots))
	}
	return errors.Join(problems...)
}
