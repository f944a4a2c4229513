package proof

import (
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"vtq.internal/scripts/images/internal/base"
)

// An Image is what was found in one.
type Image struct {
	Program    string
	Platform   v1.Platform
	Digest     string
	Compressed int64 // Bytes of its layers as they are pulled.
	Unpacked   int64 // Bytes of its files.
	Roots      int   // Certificates that it trusts.
	Binary     []byte
}

// Look reads an image that should be of a platform.
func Look(image v1.Image, platform v1.Platform, want Want) (Image, error) {
	out := Image{Program: want.Program, Platform: platform}
	digest, err := image.Digest()
	if err != nil {
		return out, fmt.Errorf("reading its manifest: %w", err)
	}
	out.Digest = digest.String()
	manifest, err := image.Manifest()
	if err != nil {
		return out, fmt.Errorf("reading its manifest: %w", err)
	}
	for _, layer := range manifest.Layers {
		out.Compressed += layer.Size
	}
	config, err := image.ConfigFile()
	if err != nil {
		return out, fmt.Errorf("reading its configuration: %w", err)
	}
	files, err := read(image)
	if err != nil {
		return out, err
	}
	out.Unpacked, out.Roots = files.bytes, files.roots
	problems := []error{configured(config, platform, want), files.complaints()}
	if len(files.binaries) == 1 && len(config.Config.Entrypoint) > 0 {
		entry := config.Config.Entrypoint[0]
		out.Binary = files.binaries[entry]
		if out.Binary == nil {
			problems = append(problems, fmt.Errorf("the entrypoint is %s, where there is no binary", entry))
		} else {
			problems = append(problems, static(out.Binary, platform.Architecture), stamped(out.Binary, want.Revision))
		}
	}
	return out, errors.Join(problems...)
}

// configured complains of what a container would be started with.
func configured(file *v1.ConfigFile, platform v1.Platform, want Want) error {
	var problems []error
	complain := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	config := file.Config
	if config.User != base.User {
		complain("it runs as user %q, and should as %s, which Kubernetes can tell is not root", config.User, base.User)
	}
	if file.OS != platform.OS || file.Architecture != platform.Architecture {
		complain("it says it is for %s/%s, and its index that it is for %s", file.OS, file.Architecture, platform)
	}
	if want := []string{"/ko-app/" + want.Program}; !slices.Equal(config.Entrypoint, want) || len(config.Cmd) > 0 {
		complain("it starts %q %q, and should start %q without arguments", config.Entrypoint, config.Cmd, want)
	}
	if len(config.Volumes) > 0 || len(config.ExposedPorts) > 0 {
		complain("it names volumes or ports, which are for manifests to say")
	}
	for label, should := range map[string]string{
		"org.opencontainers.image.revision": want.Revision,
		"org.opencontainers.image.version":  want.Version,
	} {
		if got := config.Labels[label]; got != should {
			complain("its label %s is %q, and should be %q", label, got, should)
		}
	}
	if config.Labels["org.opencontainers.image.created"] == "" || file.Created.IsZero() {
		complain("it does not say when its commit was made")
	}
	return errors.Join(problems...)
}
