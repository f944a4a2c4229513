package rendering

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	yamlstream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const (
	// maxFile bounds a file in bytes. A chart's dashboards are the bulk of it, and
	// Helm keeps a release in a Secret, which holds 1 MiB once compressed.
	maxFile = 8 << 20

	// maxObjects bounds the documents of a file: this chart makes about 30.
	maxObjects = 500

	// maxFiles bounds the files of a folder. Every two of them are tried as an
	// upgrade, both ways, so time grows with the square.
	maxFiles = 16
)

// A Rendering is what the chart becomes with one set of values.
type Rendering struct {
	Name    string                       // of the file, without .yaml
	Objects []*unstructured.Unstructured // of the release, in the order of the file
	Hooks   []*Hook
}

// ReadAll reads every .yaml file at the top of a folder, in the order of names.
// It is an error if there is none.
func ReadAll(dir fs.FS) ([]*Rendering, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || len(names) > maxFiles {
		return nil, fmt.Errorf("found %d files that end in .yaml, want 1 to %d", len(names), maxFiles)
	}
	var out []*Rendering
	for _, name := range names {
		r, err := Read(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Read reads one file.
func Read(dir fs.FS, name string) (*Rendering, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	r := &Rendering{Name: strings.TrimSuffix(path.Base(name), ".yaml")}
	documents := yamlstream.NewYAMLReader(bufio.NewReader(&bounded{file, maxFile}))
	for number := 1; ; number++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.add(text)
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
	}
	return r, r.validate()
}

// add takes in one document. One of comments alone is none.
func (r *Rendering) add(document []byte) error {
	object := &unstructured.Unstructured{}
	// Strictly, since of a key that is there twice all but the last would be lost
	// before the server could refuse it.
	if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
		return err
	}
	if len(object.Object) == 0 {
		return nil
	}
	if object.GetKind() == "" || object.GetAPIVersion() == "" || object.GetName() == "" {
		return errors.New("it lacks a kind, an apiVersion or a name")
	}
	hook, err := newHook(object)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
	case hook != nil:
		r.Hooks = append(r.Hooks, hook)
	default:
		r.Objects = append(r.Objects, object)
	}
	return nil
}

// validate checks what no document shows alone.
func (r *Rendering) validate() error {
	all := r.all()
	if len(all) == 0 || len(all) > maxObjects {
		return fmt.Errorf("found %d objects, want 1 to %d", len(all), maxObjects)
	}
	home := ""
	for _, object := range all {
		switch at := object.GetNamespace(); {
		case at == "" || at == home:
		case home == "":
			home = at
		default:
			return fmt.Errorf("%s %s lies in namespace %s and others in %s, and a release has one", object.GetKind(), object.GetName(), at, home)
		}
	}
	return nil
}

// all returns the objects of the release and of its hooks.
func (r *Rendering) all() []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	out = append(out, r.Objects...)
	for _, h := range r.Hooks {
		out = append(out, h.Object)
	}
	return out
}

// bounded reads at most left bytes, and calls more of them an error rather than
// an end, which would go unnoticed.
type bounded struct {
	from io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	return n, err
}
