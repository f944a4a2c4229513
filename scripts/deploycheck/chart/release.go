package chart

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// A Release is what a rendered chart consists of.
type Release struct {
	Objects []Object // Hooks and tests among them, ordered by their files.
	Notes   string   // What helm tells its user in the end.
}

// An Object is a Kubernetes object.
type Object struct {
	metav1.TypeMeta
	Meta metav1.ObjectMeta
	// Hook says when helm makes it, such as "pre-install,pre-upgrade" or "test"; "" for what belongs to the release.
	Hook string
	// File is the template that it comes from, below templates.
	File string
	// Text is its YAML, as rendered.
	Text string
	// Value is a pointer to the struct of its kind, such as *appsv1.Deployment.
	Value any
}

// hookAnnotation is helm's.
const hookAnnotation = "helm.sh/hook"

func (o Object) String() string { return o.Kind + "/" + o.Meta.Name }

// Component is the label that tells what of vtq the object is for.
func (o Object) Component() string { return o.Meta.Labels["app.kubernetes.io/component"] }

// read makes a release of the files that helm rendered.
func read(files map[string]string) (Release, error) {
	var r Release
	var all []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, short, _ := strings.Cut(name, "/templates/")
		switch {
		case short == "NOTES.txt":
			r.Notes = files[name]
		case path.Ext(short) == ".yaml":
			objects, err := readFile(short, files[name])
			if err != nil {
				all = append(all, fmt.Errorf("reading what came of %s: %w", short, err))
			}
			r.Objects = append(r.Objects, objects...)
		}
	}
	return r, errors.Join(all...)
}

func readFile(name, text string) ([]Object, error) {
	var objects []Object
	documents := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return objects, err
		}
		if blank(document) {
			continue
		}
		object, err := readObject(document)
		if err != nil {
			return objects, err
		}
		object.File = name
		objects = append(objects, object)
	}
}

// blank tells whether a document holds nothing but comments and lines between documents.
func blank(document []byte) bool {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

func readObject(document []byte) (Object, error) {
	var head struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if err := strict.Unmarshal(document, &head); err != nil {
		return Object{}, err
	}
	value := kind(head.TypeMeta)
	if value == nil {
		return Object{}, fmt.Errorf("%s of %s: no such kind is expected", head.Kind, head.APIVersion)
	}
	if err := strict.UnmarshalStrict(document, value); err != nil {
		return Object{}, fmt.Errorf("%s %s: %w", head.Kind, head.Metadata.Name, err)
	}
	return Object{
		TypeMeta: head.TypeMeta, Meta: head.Metadata, Hook: head.Metadata.Annotations[hookAnnotation],
		Text: string(document), Value: value,
	}, nil
}
