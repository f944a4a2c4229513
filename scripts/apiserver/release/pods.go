package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// template returns where an object of a group and kind holds the template of its
// pods, and nothing for a kind that makes none.
func template(group, kind string) ([]string, error) {
	switch group + "/" + kind {
	case "apps/Deployment", "apps/DaemonSet", "apps/ReplicaSet", "batch/Job":
		return []string{"spec", "template"}, nil
	case "batch/CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}, nil
	case "apps/StatefulSet":
		return nil, errors.New("its pods have volumes of their own, and nobody makes those here")
	default:
		return nil, nil
	}
}

// podOf returns the pod that a controller would make of an object that the
// server has accepted, or nil if none would.
func podOf(owner *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	path, err := template(owner.GroupVersionKind().Group, owner.GetKind())
	if err != nil {
		return nil, err
	}
	if path == nil {
		return nil, nil //nolint:nilnil // That an object makes no pods is an answer, and no error.
	}
	from, ok, err := unstructured.NestedMap(owner.Object, path...)
	if err != nil {
		return nil, fmt.Errorf("reading the template of its pods: %w", err)
	}
	if !ok {
		return nil, errors.New("it has no template of its pods")
	}
	pod := &unstructured.Unstructured{Object: from}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetGenerateName(owner.GetName() + "-")
	return pod, nil
}

// pods makes the pod that an accepted object would lead to.
func (r *Release) pods(ctx context.Context, owner *unstructured.Unstructured, out *Outcome) {
	pod, err := podOf(owner)
	if err == nil && pod == nil {
		return
	}
	if err == nil {
		err = r.cluster.priority(ctx, pod)
	}
	if err == nil {
		_, err = r.cluster.create(ctx, pod, r.namespace)
	}
	if out.note("pod of "+name(owner), err) {
		out.Pods++
	}
}

// priority makes the class of priority that a pod names, if it is not there: it
// is the cluster's, and values that name one were written for a cluster that has
// it. Names that begin with system- are the server's own.
func (c *Cluster) priority(ctx context.Context, of *unstructured.Unstructured) error {
	name, _, err := unstructured.NestedString(of.Object, "spec", "priorityClassName")
	if err != nil || name == "" || strings.HasPrefix(name, "system-") {
		return err
	}
	class := object("scheduling.k8s.io/v1", "PriorityClass", map[string]any{"name": name})
	class.Object["value"] = int64(1)
	_, err = c.apply(ctx, class, "")
	return err
}
