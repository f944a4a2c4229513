package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// ReadyPatience bounds the wait for a process to be ready: as long as the chart's startup probe gives it.
const ReadyPatience = 150 * time.Second

// Stages are those that a fleet has, in the order of their work.
func Stages() []string { return []string{"producer", "lookup", "writer"} }

// A Fleet is the replicas of all stages.
type Fleet struct {
	yard     *Yard
	programs Programs
	release  *Release
	world    *World
	members  map[string][]*member // By stage.

	// Kills and Rolls count what was done to replicas.
	Kills, Rolls int
}

// A member is a replica, and how it is reached by what would ask it in a cluster.
type member struct {
	stage, name string
	process     *Process
	life        *Life
	admin       string
}

// NewFleet has nobody in it.
func NewFleet(yard *Yard, programs Programs, release *Release, world *World) *Fleet {
	return &Fleet{yard: yard, programs: programs, release: release, world: world, members: map[string][]*member{}}
}

// Start starts n replicas of a stage, and waits until they are ready.
func (f *Fleet) Start(ctx context.Context, stage string, n int) error {
	for i := range n {
		f.members[stage] = append(f.members[stage], &member{stage: stage, name: stage + "-" + strconv.Itoa(i)})
	}
	return f.wake(ctx, f.members[stage]...)
}

// wake starts members, and waits until they are ready.
func (f *Fleet) wake(ctx context.Context, members ...*member) error {
	for _, m := range members {
		if err := f.begin(ctx, m); err != nil {
			return err
		}
	}
	for _, m := range members {
		err := Await(ctx, m.name+" to be ready", ReadyPatience, func(ctx context.Context) error {
			if err := f.yard.Sound(); err != nil {
				return err
			}
			return m.ready(ctx)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// begin begins a life of a member.
func (f *Fleet) begin(ctx context.Context, m *member) error {
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return err
	}
	m.admin = address(ports[0])
	own := map[string]string{"VTQ_ADMIN_ADDRESS": m.admin}
	life, variable, url, err := f.world.Desk(ctx, m.stage, m.name)
	if err != nil {
		return err
	}
	m.life, own[variable] = life, url
	command, err := f.release.Command(f.programs, m.stage, m.name, own)
	if err != nil {
		return err
	}
	m.process, err = f.yard.Start(command)
	return err
}

// ready asks as a kubelet does.
func (m *member) ready(ctx context.Context) error {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.admin+"/readyz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return err
	}
	_ = answer.Body.Close() // The status is all there is to it.
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d: %w", m.name, answer.StatusCode, errNotYet)
	}
	return nil
}

// Kill kills a replica at its next deed, between the effect and the answer, and starts another in its place as a kubelet would. It returns
// when that is ready. What is to bring the deed about may be nil.
func (f *Fleet) Kill(ctx context.Context, stage string, i int, bring func()) error {
	m := f.members[stage][i]
	last := m.life.Doom()
	if bring != nil {
		bring()
	}
	err := Await(ctx, "the next deed of "+m.name, ReadyPatience, func(context.Context) error {
		select {
		case <-last:
			return nil
		default:
			return cmp.Or(f.yard.Sound(), errNotYet)
		}
	})
	if err != nil {
		return err
	}
	m.process.Kill()
	m.life.Kill()
	f.Kills++
	return f.wake(ctx, m)
}

// Roll replaces all replicas of a stage in the way that its deployment asks for.
func (f *Fleet) Roll(ctx context.Context, stage string) error {
	surges, err := f.release.Surges(stage)
	if err != nil {
		return err
	}
	for _, m := range f.members[stage] {
		old := *m
		if surges {
			if err := f.wake(ctx, m); err != nil {
				return err
			}
		}
		if err := f.dismiss(old); err != nil {
			return err
		}
		f.Rolls++
	}
	if !surges {
		return f.wake(ctx, f.members[stage]...)
	}
	return nil
}

// dismiss ends a replica as a kubelet does.
func (f *Fleet) dismiss(m member) error {
	grace, err := f.release.Grace(m.stage)
	if err != nil {
		return err
	}
	return m.process.Stop(syscall.SIGTERM, grace)
}

// Dismiss ends everybody.
func (f *Fleet) Dismiss() error {
	for _, stage := range Stages() {
		for _, m := range f.members[stage] {
			if err := f.dismiss(*m); err != nil {
				return err
			}
		}
	}
	return nil
}

// Size is how many replicas there are.
func (f *Fleet) Size() (n int) {
	for _, members := range f.members {
		n += len(members)
	}
	return n
}
