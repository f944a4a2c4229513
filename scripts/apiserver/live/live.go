package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"strings"
	"time"

	"vtq.internal/scripts/apiserver/control"
	"vtq.internal/scripts/apiserver/crd"
	"vtq.internal/scripts/apiserver/release"
	"vtq.internal/scripts/apiserver/rendering"
)

// runTimeout bounds a run: six renderings and the upgrades between them take
// 15 s on two free cores.
const runTimeout = 15 * time.Minute

var (
	errRunTimeout = fmt.Errorf("the run took longer than %s", runTimeout)

	// errRefused means that the server refused what it should accept, or accepted
	// what it should refuse; the report has said what.
	errRefused = errors.New("not everything went as it should")
)

// Run starts a control plane, tries every rendering of a folder on it, and
// reports to out. An error means that something was refused, or that nothing
// could be tried.
func Run(ctx context.Context, folder fs.FS, out io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, runTimeout, errRunTimeout)
	defer cancel()
	start := time.Now()
	renderings, err := rendering.ReadAll(folder)
	if err != nil {
		return err
	}
	plane, err := control.Start(ctx)
	if err != nil {
		return err
	}
	t, err := newTrial(ctx, plane, out, start)
	if err == nil {
		err = t.all(ctx, renderings)
	}
	return errors.Join(err, plane.Close())
}

// A trial tries renderings on one API server, and tells of each.
type trial struct {
	cluster *release.Cluster
	out     io.Writer
	start   time.Time
	wrong   int // what did not go as it should
}

// newTrial teaches the API server the custom kinds, and tells of both.
func newTrial(ctx context.Context, plane *control.Plane, out io.Writer, start time.Time) (*trial, error) {
	fmt.Fprintf(out, "kube-apiserver %s on etcd %s, ready after %s.\n",
		builtWith("k8s.io/kubernetes"), builtWith("go.etcd.io/etcd/server/v3"), since(start))
	kinds, err := crd.Install(ctx, plane.Config(), crd.Sources())
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "It enforces restricted:%s, and serves %s.\n", release.PolicyVersion, strings.Join(kinds, ", "))
	cluster, err := release.NewCluster(plane.Config())
	return &trial{cluster: cluster, out: out, start: start}, err
}

// all makes every attempt.
func (t *trial) all(ctx context.Context, renderings []*rendering.Rendering) error {
	if err := t.prove(ctx); err != nil {
		return err
	}
	sound, err := t.install(ctx, renderings)
	if err != nil {
		return err
	}
	if err := t.upgrade(ctx, sound); err != nil {
		return err
	}
	if t.wrong > 0 {
		fmt.Fprintf(t.out, "\nWrong: %d, after %s.\n", t.wrong, since(t.start))
		return errRefused
	}
	fmt.Fprintf(t.out, "\nAll accepted, after %s.\n", since(t.start))
	return nil
}

// install installs each rendering for itself, twice, and returns those of which
// nothing was refused.
func (t *trial) install(ctx context.Context, renderings []*rendering.Rendering) ([]*rendering.Rendering, error) {
	fmt.Fprintln(t.out, "\nInstalled, and applied again:")
	var sound []*rendering.Rendering
	for _, what := range renderings {
		installed, first, err := t.cluster.Install(ctx, what)
		if err != nil {
			return nil, fmt.Errorf("installing %s: %w", what.Name, err)
		}
		second, err := installed.Repeat(ctx, what)
		if err != nil {
			return nil, fmt.Errorf("applying %s again: %w", what.Name, err)
		}
		first.Refused = append(first.Refused, second.Refused...)
		if len(first.Refused) == 0 {
			sound = append(sound, what)
		}
		t.tell(what.Name, first)
	}
	return sound, nil
}

// upgrade takes a release from each rendering to each other one, both ways. What
// is refused by itself has been told of, and is none of these.
func (t *trial) upgrade(ctx context.Context, sound []*rendering.Rendering) error {
	fmt.Fprintln(t.out, "\nUpgraded, of those that were accepted:")
	for len(sound) > 1 {
		from := sound[0]
		sound = sound[1:]
		installed, _, err := t.cluster.Install(ctx, from)
		if err != nil {
			return fmt.Errorf("installing %s: %w", from.Name, err)
		}
		for _, to := range sound {
			if err := errors.Join(t.step(ctx, installed, from, to), t.step(ctx, installed, to, from)); err != nil {
				return err
			}
		}
	}
	return nil
}

// step upgrades a release once.
func (t *trial) step(ctx context.Context, installed *release.Release, from, to *rendering.Rendering) error {
	outcome, err := installed.Upgrade(ctx, to)
	if err != nil {
		return fmt.Errorf("upgrading %s to %s: %w", from.Name, to.Name, err)
	}
	t.tell(from.Name+" to "+to.Name, outcome)
	return nil
}

// tell reports an outcome of which nothing should be refused.
func (t *trial) tell(what string, o release.Outcome) {
	refused := ""
	if len(o.Refused) > 0 {
		refused = fmt.Sprintf("   REFUSED %d", len(o.Refused))
	}
	fmt.Fprintf(t.out, "  %-32s objects %3d   pods %2d%s\n", what, o.Objects, o.Pods, refused)
	for _, err := range o.Refused {
		fmt.Fprintf(t.out, "      %s\n", err)
	}
	t.wrong += len(o.Refused)
}

// since is the time since then, as a person reads it.
func since(then time.Time) time.Duration { return time.Since(then).Round(100 * time.Millisecond) }

// builtWith returns the version of a module within this binary: the API server
// does not know its own unless its makers build it.
func builtWith(module string) string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return "(version unknown)"
	}
	for _, m := range info.Deps {
		if m.Path == module {
			return m.Version
		}
	}
	return "(version unknown)"
}
