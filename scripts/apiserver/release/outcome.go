package release

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// An Outcome is what came of an attempt.
type Outcome struct {
	Objects int // accepted, hooks among them
	Pods    int // accepted, made from templates
	Refused []error
}

// note counts an error as a refusal of what, and says whether there was none.
func (o *Outcome) note(what string, err error) bool {
	if err != nil {
		o.Refused = append(o.Refused, fmt.Errorf("%s: %w", what, err))
	}
	return err == nil
}

// name is how an object is called in an outcome.
func name(of *unstructured.Unstructured) string { return of.GetKind() + "/" + of.GetName() }
