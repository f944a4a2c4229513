package crd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const (
	// fetchTimeout bounds one download: a module is 20 MB at most.
	fetchTimeout = 2 * time.Minute

	// maxFile bounds a file of a schema, many times the largest: a ScaledObject's
	// is 30 KB, a PodMonitor's 70 KB.
	maxFile = 4 << 20
)

// A Source is a module that holds the schemas of custom kinds.
type Source struct {
	Module, Version string
	Sum             string   // of the module's files, as in go.sum
	Files           []string // slash-separated paths within the module
}

// Sources returns where the schemas of the chart's custom kinds are, and is the
// one place that says in which version.
func Sources() []Source {
	return []Source{
		{
			Module: "github.com/prometheus-operator/prometheus-operator", Version: "v0.90.1",
			Sum: "h1:n/+FkLB6WpftBxJC8IEHrWXSA6uzNTocFmwU/ACkfeg=",
			Files: []string{
				"example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
				"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
			},
		},
		{
			Module: "github.com/kedacore/keda/v2", Version: "v2.21.0",
			Sum: "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
			Files: []string{
				"config/crd/bases/keda.sh_scaledobjects.yaml",
				"config/crd/bases/keda.sh_triggerauthentications.yaml",
			},
		},
	}
}

// Read returns the definitions that a source holds, fetched where the module
// cache lacks them.
func (s Source) Read(ctx context.Context) ([]*unstructured.Unstructured, error) {
	dir, err := s.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetching %s@%s: %w", s.Module, s.Version, err)
	}
	var out []*unstructured.Unstructured
	for _, name := range s.Files {
		definition, err := read(os.DirFS(dir), name)
		if err != nil {
			return nil, fmt.Errorf("reading %s of %s@%s: %w", name, s.Module, s.Version, err)
		}
		out = append(out, definition)
	}
	return out, nil
}

// fetch has the go command bring the module into its cache, and returns where it
// lies there.
func (s Source) fetch(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", s.Module+"@"+s.Version) //nolint:gosec // The arguments are constants of this package.
	download.Dir = os.TempDir()                                                                    // outside every module, whose go.mod it would otherwise heed
	out, err := download.Output()
	var got struct{ Dir, Sum, Error string }
	if bad := json.Unmarshal(out, &got); bad != nil {
		return "", errors.Join(err, bad)
	}
	switch {
	case got.Error != "":
		return "", errors.New(got.Error)
	case got.Sum != s.Sum:
		return "", fmt.Errorf("its files have the sum %s, want %s", got.Sum, s.Sum)
	}
	return got.Dir, err
}

// read reads the one definition of a file.
func read(from fs.FS, name string) (*unstructured.Unstructured, error) {
	info, err := fs.Stat(from, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxFile)
	}
	text, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("---\n"))
	out := &unstructured.Unstructured{}
	return out, yaml.Unmarshal(text, &out.Object)
}
