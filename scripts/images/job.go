package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"vtq.internal/scripts/images/internal/base"
	"vtq.internal/scripts/images/internal/build"
	"vtq.internal/scripts/images/internal/harbour"
	"vtq.internal/scripts/images/internal/proof"
	"vtq.internal/scripts/images/internal/source"
)

// scratch is the value of -base that stands for the base which this command makes.
const scratch = "scratch"

// A job is what the command line asks for.
type job struct {
	root, registry, base, tag string
	env                       []string
	stdout, stderr            io.Writer
}

// run builds, proves, and says what there is.
func (j job) run(ctx context.Context) error {
	commit, err := source.Read(ctx, j.root)
	if err != nil {
		return err
	}
	if commit.Changed > 0 {
		fmt.Fprintf(j.stderr, "images: %d files differ from the commit; the images hold the commit\n", commit.Changed)
	}
	// Beside each other, so that the second build finds what the first has left in go's cache, under another path.
	desk, err := os.MkdirTemp("", "vtq-images-")
	if err != nil {
		return fmt.Errorf("making a folder to build in: %w", err)
	}
	defer func() { _ = os.RemoveAll(desk) }() // What is left of it is in the folder for temporary files.
	local, err := harbour.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = local.Close() }() // What was pushed there is forgotten anyway.
	plan := build.Plan{
		Commit: commit, Tag: cmp.Or(j.tag, commit.Version), Env: j.env,
		Registry: local.Address() + "/vtq",
	}
	if plan.Base, err = j.foundation(ctx, local); err != nil {
		return err
	}
	if plan.Ko, err = build.Ko(ctx, filepath.Join(j.root, "scripts", "images"), j.env); err != nil {
		return err
	}
	made, err := j.build(ctx, plan, filepath.Join(desk, "one"))
	if err != nil {
		return err
	}
	if err := j.prove(ctx, commit, made); err != nil {
		return err
	}
	plan.Registry = local.Address() + "/again"
	if _, err := j.again(ctx, plan, filepath.Join(desk, "two", "deeper"), made); err != nil {
		return err
	}
	if j.registry == "" {
		fmt.Fprintln(j.stdout, "\nBuilt twice to the same digests, and proved. Pushed nowhere: REGISTRY=registry.example.com/vtq does.")
		return nil
	}
	// Only now: what is pushed under a tag may be running a minute later.
	plan.Registry = j.registry
	pushed, err := j.again(ctx, plan, filepath.Join(desk, "three"), made)
	if err != nil {
		return err
	}
	return published(j.stdout, j.registry, pushed)
}

// foundation is the image to build on; "" is the one that .ko.yaml names.
func (j job) foundation(ctx context.Context, local *harbour.Harbour) (string, error) {
	switch {
	case j.base == "" && j.registry != "":
		return "", nil
	case j.base != "" && j.base != scratch:
		return j.base, nil
	}
	index, err := base.Index(build.Platforms())
	if err != nil {
		return "", err
	}
	ref, err := name.ParseReference(local.Address() + "/base:latest")
	if err != nil {
		return "", fmt.Errorf("naming the base: %w", err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx)); err != nil {
		return "", fmt.Errorf("putting the base into the registry on loopback: %w", err)
	}
	return ref.Name(), nil
}

// build makes the images in a clone of the commit.
func (j job) build(ctx context.Context, plan build.Plan, folder string) ([]name.Digest, error) {
	if err := plan.Commit.Clone(ctx, folder); err != nil {
		return nil, err
	}
	began := time.Now()
	made, err := plan.Run(ctx, folder)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(j.stderr, "images: built %d images of %s for %s in %s\n", len(made), plan.Commit.Short(), plan.Registry, time.Since(began).Round(time.Second))
	return made, nil
}

// again builds elsewhere, and complains unless the same comes out.
func (j job) again(ctx context.Context, plan build.Plan, folder string, first []name.Digest) ([]name.Digest, error) {
	made, err := j.build(ctx, plan, folder)
	if err != nil {
		return nil, err
	}
	return made, same(first, made)
}

// same complains of images whose second build has another digest than the first.
func same(first, second []name.Digest) error {
	digests := map[string]string{}
	for _, d := range second {
		digests[program(d)] = d.DigestStr()
	}
	var problems []error
	for _, d := range first {
		if got := digests[program(d)]; got != d.DigestStr() {
			problems = append(problems, fmt.Errorf("%s: two builds of one commit differ: %s and %s; look for a time, a path or a random number in the program or its flags", program(d), d.DigestStr(), got))
		}
	}
	return errors.Join(problems...)
}

// program is what an image is called within its registry.
func program(d name.Digest) string {
	repository := d.Context().RepositoryStr()
	return repository[strings.LastIndexByte(repository, '/')+1:]
}

// prove pulls every image back and looks into it, then prints what there is.
func (j job) prove(ctx context.Context, commit source.Commit, made []name.Digest) error {
	var problems []error
	var found []proof.Image
	for _, d := range made {
		images, err := proof.Pull(d, proof.Want{Program: program(d), Platforms: build.Platforms(), Revision: commit.Revision, Version: commit.Version}, remote.WithContext(ctx))
		found = append(found, images...)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", program(d), err))
			continue
		}
		said, err := proof.Run(ctx, images, commit.Short())
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", program(d), err))
		}
		fmt.Fprint(j.stderr, said)
	}
	table(j.stdout, found)
	return errors.Join(problems...)
}
