// Command images builds the container images of the four programs, for every platform, and proves of each what its users rely on.
//
// An image is made of a commit, never of a desk: the commit that is checked out is cloned twice, to two folders, and built in each.
// Both builds must come out the same to the bit, and each image is pulled back from its registry and looked into (package proof).
// Only then is anything pushed to a registry that others read, by a third build, which has to be the same again.
//
//	images -root DIR                                        into a registry that lives as long as the command, on loopback
//	images -root DIR -registry registry.example.com/vtq     and pushed there, with the credentials of docker login
//
// Exit codes: 0 built, proved and pushed; 1 not; 2 the command line is wrong.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limit bounds the whole: a first build compiles ko, the standard library for two platforms and the four programs, about four
// minutes on two idle cores.
const limit = 30 * time.Minute

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr)) }

func run(args, env []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("images", flag.ContinueOnError)
	flags.SetOutput(stderr)
	j := job{env: env, stdout: stdout, stderr: stderr}
	flags.StringVar(&j.root, "root", ".", "the `folder` of the repository")
	flags.StringVar(&j.registry, "registry", "", "push to this `registry`, such as registry.example.com/vtq; none pushes nowhere")
	flags.StringVar(&j.base, "base", "", "build on this `image`, or on scratch: nothing but roots of trust. Without -registry scratch, else what .ko.yaml says")
	flags.StringVar(&j.tag, "tag", "", "`tag` of the images; what git describe says by default")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "images: %q: it takes flags only\n", flags.Arg(0))
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the images took longer than %s", limit))
	defer cancel()
	if err := j.run(ctx); err != nil {
		fmt.Fprintf(stderr, "images: %v\n", err)
		return 1
	}
	return 0
}
