// Command render renders the Helm chart with every file of values that comes with it:
//
//	render DIR
//
// writes minimal.yaml and so on into a folder that is there, each with all objects of a release, hooks and tests among them, for whoever wants to show them to
// an API server.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"vtq.internal/scripts/deploycheck/chart"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	if len(args) != 1 || strings.HasPrefix(args[0], "-") {
		_, _ = fmt.Fprintln(stderr, "usage: render DIR")
		return 2
	}
	if err := render(args[0]); err != nil {
		_, _ = fmt.Fprintln(stderr, "render:", err)
		return 1
	}
	return 0
}

func render(dir string) (err error) {
	c, err := chart.Open()
	if err != nil {
		return err
	}
	names, err := c.Samples()
	if err != nil {
		return err
	}
	folder, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	for _, name := range names {
		text, err := text(c, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := folder.WriteFile(name+".yaml", []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return nil
}

// text gives the objects that come of a file of values.
func text(c *chart.Chart, name string) (string, error) {
	values, err := c.Sample(name)
	if err != nil {
		return "", err
	}
	release, err := c.Render(values)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, object := range release.Objects {
		fmt.Fprintf(&b, "---\n# Of templates/%s.\n%s\n", object.File, strings.TrimSpace(object.Text))
	}
	return b.String(), nil
}
