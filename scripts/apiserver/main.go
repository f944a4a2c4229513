// Command apiserver has a real kube-apiserver judge the renderings of the Helm
// chart: it applies every one, its pods included, in a namespace that enforces
// the restricted Pod Security profile. Nothing of it leaves this machine.
//
//	apiserver DIR
//
// DIR holds one file of YAML for each set of values, as `helm template` prints
// it. The exit code is 0 if the server accepts all of it, 1 if it does not or
// could not be asked, and 2 if the command was called wrongly.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"vtq.internal/scripts/apiserver/live"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run picks the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		fmt.Fprintln(stderr, "usage: apiserver DIR")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := live.Run(ctx, os.DirFS(args[0]), stdout); err != nil {
		fmt.Fprintln(stderr, "apiserver:", err)
		return 1
	}
	return 0
}
