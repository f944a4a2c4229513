package release

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// manager is the name under which fields are applied.
	manager = "vtq-chart"

	// requestTimeout bounds a request. The server answers in milliseconds, and in
	// seconds where it shares its cores.
	requestTimeout = 30 * time.Second
)

// apply has the server make or change an object, and returns what it became. It
// does so beside an error as well if that is but a warning.
func (c *Cluster) apply(ctx context.Context, what *unstructured.Unstructured, namespace string) (*unstructured.Unstructured, error) {
	at, err := c.resource(what, namespace)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	text, err := moved(what, namespace).MarshalJSON()
	if err != nil {
		return nil, err
	}
	got, err := at.Patch(ctx, what.GetName(), "application/apply-patch+yaml", text, meta.PatchOptions{
		FieldManager:    manager,
		FieldValidation: meta.FieldValidationStrict,
	})
	return c.settled(got, err)
}

// create has the server make an object, and returns what it became.
func (c *Cluster) create(ctx context.Context, what *unstructured.Unstructured, namespace string) (*unstructured.Unstructured, error) {
	at, err := c.resource(what, namespace)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	got, err := at.Create(ctx, moved(what, namespace), meta.CreateOptions{
		FieldManager:    manager,
		FieldValidation: meta.FieldValidationStrict,
	})
	return c.settled(got, err)
}

// settled turns warnings into an error, and leaves no warning for the next
// request.
func (c *Cluster) settled(got *unstructured.Unstructured, err error) (*unstructured.Unstructured, error) {
	warned := c.heard.take()
	if err != nil {
		return nil, err
	}
	return got, warned
}

// remove has the server delete an object at once. That it is gone already is no
// error.
func (c *Cluster) remove(ctx context.Context, what *unstructured.Unstructured, namespace string) error {
	at, err := c.resource(what, namespace)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	now, background := int64(0), meta.DeletePropagationBackground
	err = at.Delete(ctx, what.GetName(), meta.DeleteOptions{GracePeriodSeconds: &now, PropagationPolicy: &background})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// moved returns a copy of an object that names the given namespace, if it names
// any: where a rendering lies is decided here.
func moved(what *unstructured.Unstructured, namespace string) *unstructured.Unstructured {
	what = what.DeepCopy()
	if what.GetNamespace() != "" {
		what.SetNamespace(namespace)
	}
	return what
}
