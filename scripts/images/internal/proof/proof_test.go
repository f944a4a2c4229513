package proof_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"vtq.internal/scripts/images/internal/base"
	"vtq.internal/scripts/images/internal/proof"
)

const revision = "0123456789abcdef0123456789abcdef01234567"

func want() proof.Want {
	return proof.Want{Program: "vtq-lookup", Revision: revision, Version: "v1.2.3", Platforms: []v1.Platform{{OS: "linux", Architecture: "amd64"}}}
}

// A sketch is an image to be made: what is wrong with it is all that differs from a good one.
type sketch struct {
	config v1.ConfigFile
	files  map[string][]byte
	modes  map[string]int64
	bare   bool // Without the base, and its roots.
}

func good() sketch {
	return sketch{
		config: v1.ConfigFile{
			OS: "linux", Architecture: "amd64", Created: v1.Time{Time: time.Unix(1, 0)},
			Config: v1.Config{
				User: "65532", Entrypoint: []string{"/ko-app/vtq-lookup"},
				Labels: map[string]string{
					"org.opencontainers.image.revision": revision, "org.opencontainers.image.version": "v1.2.3",
					"org.opencontainers.image.created": "1970-01-01T00:00:01Z",
				},
			},
		},
		files: map[string][]byte{"ko-app/vtq-lookup": program(elf.EM_X86_64)},
		modes: map[string]int64{},
	}
}

// program is the head of a binary, with program headers of the types.
func program(machine elf.Machine, types ...elf.ProgType) []byte {
	var out bytes.Buffer
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: uint16(len(types)), Shentsize: 64,
	}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	_ = binary.Write(&out, binary.LittleEndian, header) // A buffer takes everything.
	for _, kind := range types {
		_ = binary.Write(&out, binary.LittleEndian, elf.Prog64{Type: uint32(kind)})
	}
	return out.Bytes()
}

// draw makes the image.
func draw(t *testing.T, s sketch) v1.Image {
	t.Helper()
	platform := v1.Platform{OS: s.config.OS, Architecture: s.config.Architecture}
	index, err := base.Index([]v1.Platform{platform})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, content := range s.files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o555 | s.modes[name], Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if s.bare {
		if err := w.WriteHeader(&tar.Header{Name: "etc/ssl/certs/.wh.ca-certificates.crt", Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		t.Fatal(err)
	}
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.Config, config.Created, config.Architecture = s.config.Config, s.config.Created, s.config.Architecture
	if image, err = mutate.ConfigFile(image, config); err != nil {
		t.Fatal(err)
	}
	return image
}

func TestLookSees(t *testing.T) {
	cases := map[string]struct {
		spoil func(s *sketch)
		want  string
	}{
		"root":                   {func(s *sketch) { s.config.Config.User = "" }, `runs as user ""`},
		"a user by name":         {func(s *sketch) { s.config.Config.User = "nonroot" }, `runs as user "nonroot"`},
		"another machine":        {func(s *sketch) { s.config.Architecture = "arm64" }, "says it is for linux/arm64"},
		"no entrypoint":          {func(s *sketch) { s.config.Config.Entrypoint = nil }, "starts []"},
		"a shell":                {func(s *sketch) { s.config.Config.Entrypoint = []string{"/bin/sh", "-c", "vtq-lookup"} }, "starts [\"/bin/sh\""},
		"arguments":              {func(s *sketch) { s.config.Config.Cmd = []string{"-version"} }, "without arguments"},
		"a volume":               {func(s *sketch) { s.config.Config.Volumes = map[string]struct{}{"/data": {}} }, "volumes or ports"},
		"another commit":         {func(s *sketch) { s.config.Config.Labels["org.opencontainers.image.revision"] = "1" }, "label org.opencontainers.image.revision"},
		"no version":             {func(s *sketch) { delete(s.config.Config.Labels, "org.opencontainers.image.version") }, "label org.opencontainers.image.version"},
		"no time":                {func(s *sketch) { s.config.Created = v1.Time{} }, "when its commit was made"},
		"no binary":              {func(s *sketch) { s.files = nil }, "holds 0 binaries"},
		"two binaries":           {func(s *sketch) { s.files["bin/busybox"] = program(elf.EM_X86_64) }, "holds 2 binaries (/bin/busybox, /ko-app/vtq-lookup)"},
		"a binary elsewhere":     {func(s *sketch) { s.files = map[string][]byte{"app": program(elf.EM_X86_64)} }, "there is no binary"},
		"an interpreter":         {func(s *sketch) { s.files["ko-app/vtq-lookup"] = program(elf.EM_X86_64, elf.PT_INTERP) }, "PT_INTERP"},
		"a dynamic binary":       {func(s *sketch) { s.files["ko-app/vtq-lookup"] = program(elf.EM_X86_64, elf.PT_LOAD, elf.PT_DYNAMIC) }, "PT_DYNAMIC"},
		"another machine's code": {func(s *sketch) { s.files["ko-app/vtq-lookup"] = program(elf.EM_AARCH64) }, "is for EM_AARCH64"},
		"a broken binary":        {func(s *sketch) { s.files["ko-app/vtq-lookup"] = []byte("\x7fELF") }, "reading the binary"},
		"a rider":                {func(s *sketch) { s.modes["ko-app/vtq-lookup"] = 0o4000 }, "act as their owner"},
		"no roots":               {func(s *sketch) { s.bare = true }, "0 roots of trust"},
		"few roots":              {func(s *sketch) { s.files[base.Roots] = []byte("none") }, "0 roots of trust"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := good()
			c.spoil(&s)
			_, err := proof.Look(draw(t, s), want().Platforms[0], want())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Look() = %v, want a complaint with %q", err, c.want)
			}
		})
	}
}

// A head without a body was built by nobody: of a good image nothing else is to be said.
func TestLookTells(t *testing.T) {
	s := good()
	got, err := proof.Look(draw(t, s), want().Platforms[0], want())
	if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "reading how the binary was built") {
		t.Errorf("Look() = %v, want one complaint, of how it was built", err)
	}
	if size := int64(len(s.files["ko-app/vtq-lookup"])); got.Roots < 100 || got.Unpacked <= size || got.Compressed <= 0 || len(got.Binary) != int(size) {
		t.Errorf("Look(): %d roots, %d bytes unpacked, %d compressed, binary of %d, want those of the image", got.Roots, got.Unpacked, got.Compressed, len(got.Binary))
	}
}
