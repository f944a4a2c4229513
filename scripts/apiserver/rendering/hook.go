package rendering

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The moments at which Helm makes hooks, in the words of its annotation.
const (
	PreInstall  = "pre-install"
	PostInstall = "post-install"
	PreUpgrade  = "pre-upgrade"
	PostUpgrade = "post-upgrade"
	Test        = "test"
)

// Helm's annotations.
const (
	momentsKey = "helm.sh/hook"
	weightKey  = "helm.sh/hook-weight"
	policyKey  = "helm.sh/hook-delete-policy"
)

// moments returns all that Helm knows.
func moments() []string {
	return []string{PreInstall, PostInstall, PreUpgrade, PostUpgrade, "pre-delete", "post-delete", "pre-rollback", "post-rollback", Test, "test-success"}
}

// A Hook is an object that Helm makes at moments of its own.
type Hook struct {
	Object  *unstructured.Unstructured
	Moments []string
	Weight  int // the lightest come first
	// Fleeting says that Helm takes the hook away once it has succeeded, so that
	// nothing after its moment may rely on it.
	Fleeting bool
}

// newHook reads the annotations of a hook. It returns nil for an object of the
// release.
func newHook(of *unstructured.Unstructured) (*Hook, error) {
	says, ok := of.GetAnnotations()[momentsKey]
	if !ok {
		return nil, nil //nolint:nilnil // No hook is an answer, and no error.
	}
	h := &Hook{Object: of, Moments: list(says)}
	for _, moment := range h.Moments {
		if !slices.Contains(moments(), moment) {
			return nil, fmt.Errorf("it is a hook of %q, and Helm has no such moment", moment)
		}
	}
	if weight, ok := of.GetAnnotations()[weightKey]; ok {
		var err error
		if h.Weight, err = strconv.Atoi(weight); err != nil {
			return nil, fmt.Errorf("its weight as a hook: %w", err)
		}
	}
	h.Fleeting = slices.Contains(list(of.GetAnnotations()[policyKey]), "hook-succeeded")
	return h, nil
}

// list splits a list of Helm's.
func list(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// At returns the hooks of a moment in the order in which Helm makes them.
func (r *Rendering) At(moment string) []*Hook {
	var out []*Hook
	for _, h := range r.Hooks {
		if slices.Contains(h.Moments, moment) {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b *Hook) int { return cmp.Compare(a.Weight, b.Weight) })
	return out
}
