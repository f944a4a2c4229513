// Package docker holds the Dockerfile to what make images proves of its images, as far as can be told without an engine: it reads the
// instructions, and runs the one that builds.
package docker_test

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is where the repository begins, seen from this package.
const root = "../../.."

// An instruction is a line of a Dockerfile, such as USER and 65532.
type instruction struct{ name, args string }

// parse reads instructions. Ours take one line each.
func parse(text string) []instruction {
	var out []instruction
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			name, args, _ := strings.Cut(line, " ")
			out = append(out, instruction{name, args})
		}
	}
	return out
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// broken complains of an image that is another than ko's.
func broken(text string) []string {
	var out []string
	var last []instruction // Of the last stage, which is the image.
	for _, i := range parse(text) {
		if i.name == "FROM" {
			last = nil
		}
		last = append(last, i)
	}
	find := func(name string) string {
		var all []string
		for _, i := range last {
			if i.name == name {
				all = append(all, i.args)
			}
		}
		return strings.Join(all, "; ")
	}
	for name, want := range map[string]string{
		"FROM": "gcr.io/distroless/static-debian12:nonroot", "USER": "65532:65532", "ENTRYPOINT": `["/program"]`,
		"COPY": "--from=build /out/program /program", "CMD": "", "RUN": "", "ADD": "", "EXPOSE": "", "VOLUME": "", "ENV": "",
	} {
		if got := find(name); got != want {
			out = append(out, fmt.Sprintf("%s is %q, want %q", name, got, want))
		}
	}
	return out
}

func TestTheImageIsRestricted(t *testing.T) {
	text := read(t, "deployments/docker/Dockerfile")
	for _, complaint := range broken(text) {
		t.Error(complaint)
	}
	for fault, want := range map[string]string{
		"USER root\n": "USER is", "RUN apk add curl\n": "RUN is", "CMD [\"-version\"]\n": "CMD is", "FROM alpine\n": "FROM is",
		"EXPOSE 8080\n": "EXPOSE is",
	} {
		if got := broken(text + fault); !slices.ContainsFunc(got, func(c string) bool { return strings.HasPrefix(c, want) }) {
			t.Errorf("complaints after %q: %q, want one that %s wrong", fault, got, want)
		}
	}
}

// What is to be secret, or large, does not get into the builder's context.
func TestTheContextLeavesOut(t *testing.T) {
	ignored := strings.Split(read(t, ".dockerignore"), "\n")
	for _, want := range []string{"/.env", "/.vtq", "/bin", "/deployments/compose/.env", "/deployments/compose/nats", "/deployments/compose/data"} {
		if !slices.Contains(ignored, want) {
			t.Errorf(".dockerignore lacks %s", want)
		}
	}
	if slices.Contains(ignored, "/.git") || slices.Contains(ignored, ".git") {
		t.Error(".dockerignore leaves out .git, without which no version is stamped")
	}
}

// The one RUN line is a shell's: it makes each program, static and for the machine that is asked for.
func TestTheBuildLineBuilds(t *testing.T) {
	line := ""
	for _, i := range parse(read(t, "deployments/docker/Dockerfile")) {
		if i.name == "RUN" {
			line = i.args
		}
	}
	for program, machine := range map[string]elf.Machine{"vtq": elf.EM_X86_64, "vtq-lookup": elf.EM_X86_64, "vtq-writer": elf.EM_AARCH64} {
		t.Run(program, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "program")
			work, err := filepath.Abs(filepath.Join(root, "go.work"))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-euc", strings.ReplaceAll(line, "/out/program", out))
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOWORK="+work, "PROGRAM="+program, "TARGETOS=linux",
				"TARGETARCH="+map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[machine])
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", line, err, said)
			}
			file, err := elf.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }() // It was only read.
			if file.Machine != machine || file.Section(".dynamic") != nil {
				t.Errorf("the program is for %s, dynamic %v, want a static one for %s", file.Machine, file.Section(".dynamic") != nil, machine)
			}
		})
	}
}
