package release

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"vtq.internal/scripts/apiserver/rendering"
)

// A Release is what has been installed of the chart, in a namespace of its own.
type Release struct {
	cluster   *Cluster
	namespace string
	now       map[string]*unstructured.Unstructured // what was accepted last, under its identity
}

// Install installs a rendering in a fresh namespace. The error tells of the
// cluster; what the server refuses is in the outcome.
func (c *Cluster) Install(ctx context.Context, what *rendering.Rendering) (*Release, Outcome, error) {
	namespace, err := c.namespace(ctx, "vtq")
	if err != nil {
		return nil, Outcome{}, err
	}
	r := &Release{cluster: c, namespace: namespace, now: map[string]*unstructured.Unstructured{}}
	var out Outcome
	r.hooks(ctx, what, rendering.PreInstall, &out)
	r.objects(ctx, what, &out)
	r.hooks(ctx, what, rendering.PostInstall, &out)
	r.hooks(ctx, what, rendering.Test, &out)
	return r, out, context.Cause(ctx)
}

// Upgrade takes the release from the rendering that it has to another one.
func (r *Release) Upgrade(ctx context.Context, to *rendering.Rendering) (Outcome, error) {
	var out Outcome
	before := r.now
	r.now = map[string]*unstructured.Unstructured{}
	r.hooks(ctx, to, rendering.PreUpgrade, &out)
	r.objects(ctx, to, &out)
	r.prune(ctx, before, to, &out)
	r.hooks(ctx, to, rendering.PostUpgrade, &out)
	return out, context.Cause(ctx)
}

// Repeat applies what the release has once more, and counts as refused what
// changes by it: an upgrade to the same values would then restart pods, and
// whoever compares a cluster with its source would never see them agree.
func (r *Release) Repeat(ctx context.Context, what *rendering.Rendering) (Outcome, error) {
	var out Outcome
	for _, object := range what.Objects {
		first, ok := r.now[identity(object)]
		if !ok {
			continue // refused, and noted then
		}
		again, err := r.cluster.apply(ctx, object, r.namespace)
		if err == nil && again.GetResourceVersion() != first.GetResourceVersion() {
			err = fmt.Errorf("applying it again changed it, from generation %d to %d", first.GetGeneration(), again.GetGeneration())
		}
		if out.note(name(object)+" again", err) {
			out.Objects++
		}
	}
	return out, context.Cause(ctx)
}

// objects applies the objects of a release, then makes their pods: a pod may
// need an object that comes after its owner.
func (r *Release) objects(ctx context.Context, what *rendering.Rendering, out *Outcome) {
	var accepted []*unstructured.Unstructured
	for _, object := range what.Objects {
		got, err := r.cluster.apply(ctx, object, r.namespace)
		if out.note(name(object), err) {
			out.Objects++
		}
		if got == nil {
			continue
		}
		r.now[identity(object)] = got
		accepted = append(accepted, got)
	}
	for _, owner := range accepted {
		r.pods(ctx, owner, out)
	}
}

// hooks makes the hooks of a moment and their pods, and takes away those that
// would be gone once they have succeeded.
func (r *Release) hooks(ctx context.Context, of *rendering.Rendering, moment string, out *Outcome) {
	hooks := of.At(moment)
	for _, h := range hooks {
		// What an earlier run left is in the way: most of a Job is immutable.
		err := r.cluster.remove(ctx, h.Object, r.namespace)
		var got *unstructured.Unstructured
		if err == nil && h.Object.GetKind() == "Pod" {
			err = r.cluster.priority(ctx, h.Object)
		}
		if err == nil {
			got, err = r.cluster.apply(ctx, h.Object, r.namespace)
		}
		if out.note(moment+" hook "+name(h.Object), err) {
			out.Objects++
		}
		if got != nil {
			r.pods(ctx, got, out)
		}
	}
	for _, h := range hooks {
		if h.Fleeting {
			out.note("removing the hook "+name(h.Object), r.cluster.remove(ctx, h.Object, r.namespace))
		}
	}
}

// prune takes away what was there before and is not in the new rendering, save
// what the chart asks Helm to keep.
func (r *Release) prune(ctx context.Context, before map[string]*unstructured.Unstructured, to *rendering.Rendering, out *Outcome) {
	wanted := map[string]bool{}
	for _, object := range to.Objects {
		wanted[identity(object)] = true
	}
	for id, object := range before {
		if wanted[id] || object.GetAnnotations()["helm.sh/resource-policy"] == "keep" {
			continue
		}
		out.note("removing "+name(object), r.cluster.remove(ctx, object, r.namespace))
	}
}

// identity is what two renderings call the same object by. The version of its
// kind is no part of it.
func identity(of *unstructured.Unstructured) string {
	return of.GroupVersionKind().Group + "/" + name(of)
}
