package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/google/go-containerregistry/pkg/name"

	"vtq.internal/scripts/images/internal/proof"
)

// table prints the images with their sizes: what goes over the wire, and what lies on a node's disk.
func table(w io.Writer, images []proof.Image) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "IMAGE\tPLATFORM\tCOMPRESSED\tUNPACKED\tROOTS\tDIGEST")
	for _, i := range images {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%.19s\n", i.Program, i.Platform, megabytes(i.Compressed), megabytes(i.Unpacked), i.Roots, i.Digest)
	}
	_ = t.Flush() // As with Fprintf: a report whose reader is gone.
}

// megabytes shows bytes as MB, as registries and docker images do.
func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// published prints the references, and how a chart takes them by digest: a tag may be moved.
func published(w io.Writer, registry string, made []name.Digest) error {
	fmt.Fprintln(w, "\nPushed:")
	for _, d := range made {
		if _, err := fmt.Fprintf(w, "  %s\n", d.Name()); err != nil {
			return fmt.Errorf("printing the references: %w", err)
		}
	}
	fmt.Fprintf(w, "\nFor the chart:\n  --set image.registry=%s", registry)
	for _, d := range made {
		fmt.Fprintf(w, " \\\n  --set-string image.digests.%s=%s", strings.TrimPrefix(program(d), "vtq-"), d.DigestStr())
	}
	fmt.Fprintln(w)
	return nil
}
