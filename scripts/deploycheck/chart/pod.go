package chart

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A Pod is what some object of a release runs, be it a pod itself or one that makes pods.
type Pod struct {
	Of   Object
	Meta metav1.ObjectMeta
	Spec corev1.PodSpec
}

// Pods lists what runs, hooks and tests among them.
func (r Release) Pods() []Pod {
	var pods []Pod
	for _, o := range r.Objects {
		switch v := o.Value.(type) {
		case *appsv1.Deployment:
			pods = append(pods, Pod{o, v.Spec.Template.ObjectMeta, v.Spec.Template.Spec})
		case *batchv1.Job:
			pods = append(pods, Pod{o, v.Spec.Template.ObjectMeta, v.Spec.Template.Spec})
		case *corev1.Pod:
			pods = append(pods, Pod{o, v.ObjectMeta, v.Spec})
		}
	}
	return pods
}

// All gives the objects of a type, such as All[appsv1.Deployment](r), in the order of the release.
func All[T any](r Release) []*T {
	var all []*T
	for _, o := range r.Objects {
		if v, ok := o.Value.(*T); ok {
			all = append(all, v)
		}
	}
	return all
}
