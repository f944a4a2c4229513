package chart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	helm "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// Of the release that is rendered, and of the cluster that it is rendered for.
const (
	// Name is the release's.
	Name = "vtq"
	// Namespace is the release's.
	Namespace = "security"
	// kubernetes is a version that the chart has to be content with; providers append their own words.
	kubernetes = "v1.36.3-provider.1"
)

// inTree is where the chart is, below the repository's root.
const inTree = "deployments/helm/vtq"

// errNoChart is for whoever calls from elsewhere.
var errNoChart = errors.New("no deployments/helm/vtq in this folder or above it")

// Find gives the folder of the chart, from any folder of the repository.
func Find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for the chart: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, inTree, "Chart.yaml")); err == nil {
			return filepath.Join(dir, inTree), nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errNoChart
		}
		dir = above
	}
}

// A Chart can be rendered any number of times, by one at a time.
type Chart struct {
	// Dir is its folder.
	Dir  string
	helm *helm.Chart
}

// Open reads the chart of the repository.
func Open() (*Chart, error) {
	dir, err := Find()
	if err != nil {
		return nil, err
	}
	loaded, err := loader.LoadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the chart: %w", err)
	}
	return &Chart{dir, loaded}, nil
}

// Values are what a user sets, of the form that YAML is read in: maps, lists, strings, float64 and bool.
type Values = map[string]any

// Samples lists the names of the files of values that come with the chart, such as "minimal", in alphabetical order.
func (c *Chart) Samples() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(c.Dir, "ci", "*-values.yaml"))
	if err != nil {
		return nil, fmt.Errorf("looking for values: %w", err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(path), "-values.yaml"))
	}
	slices.Sort(names)
	return names, nil
}

// Sample reads the values of this name.
func (c *Chart) Sample(name string) (Values, error) {
	values, err := chartutil.ReadValuesFile(filepath.Join(c.Dir, "ci", name+"-values.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading values: %w", err)
	}
	return values, nil
}

// AppVersion is the version of the programs that the chart installs.
func (c *Chart) AppVersion() string { return c.helm.Metadata.AppVersion }

// Render renders the chart. The error is helm's, about values that are refused, or about an object that is none.
func (c *Chart) Render(values Values) (Release, error) {
	if !chartutil.IsCompatibleRange(c.helm.Metadata.KubeVersion, kubernetes) {
		return Release{}, fmt.Errorf("rendering the chart: %s does not admit Kubernetes %s", c.helm.Metadata.KubeVersion, kubernetes)
	}
	version, err := chartutil.ParseKubeVersion(kubernetes)
	if err != nil {
		return Release{}, fmt.Errorf("rendering the chart: %w", err)
	}
	able := chartutil.DefaultCapabilities.Copy()
	able.KubeVersion = *version
	all, err := chartutil.ToRenderValues(c.helm, values, chartutil.ReleaseOptions{Name: Name, Namespace: Namespace, IsInstall: true, Revision: 1}, able)
	if err != nil {
		return Release{}, fmt.Errorf("checking the values: %w", err)
	}
	files, err := engine.Render(c.helm, all)
	if err != nil {
		return Release{}, fmt.Errorf("rendering the chart: %w", err)
	}
	return read(files)
}

// Render renders the chart of the repository with values, and gives its objects.
func Render(values Values) ([]Object, error) {
	c, err := Open()
	if err != nil {
		return nil, err
	}
	release, err := c.Render(values)
	return release.Objects, err
}
