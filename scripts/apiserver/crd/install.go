package crd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

const (
	// establishTimeout bounds the wait for a kind to be served, which takes well
	// under a second.
	establishTimeout = time.Minute

	pollEvery = 50 * time.Millisecond
)

// Install has the API server behind config serve the kinds of every source, and
// returns their names, such as podmonitors.monitoring.coreos.com, once all are
// served.
func Install(ctx context.Context, config *rest.Config, sources []Source) ([]string, error) {
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range sources {
		definitions, err := s.Read(ctx)
		if err != nil {
			return nil, err
		}
		for _, definition := range definitions {
			if err := create(ctx, client, definition); err != nil {
				return nil, fmt.Errorf("defining %s: %w", definition.GetName(), err)
			}
			names = append(names, definition.GetName())
		}
	}
	for _, name := range names {
		if err := awaitServed(ctx, client, name); err != nil {
			return nil, fmt.Errorf("waiting for %s to be served: %w", name, err)
		}
	}
	return names, nil
}

// create makes one definition.
func create(ctx context.Context, client clientset.Interface, from *unstructured.Unstructured) error {
	var definition apiextensions.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(from.Object, &definition); err != nil {
		return err
	}
	_, err := client.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, &definition, meta.CreateOptions{FieldValidation: meta.FieldValidationStrict})
	return err
}

// awaitServed returns when a kind is established and the server lists it: the
// list, which clients look kinds up in, may come a moment later.
func awaitServed(ctx context.Context, client clientset.Interface, name string) error {
	return wait.PollUntilContextTimeout(ctx, pollEvery, establishTimeout, true, func(ctx context.Context) (bool, error) {
		got, err := client.ApiextensionsV1().CustomResourceDefinitions().Get(ctx, name, meta.GetOptions{})
		if err != nil || !apihelpers.IsCRDConditionTrue(got, apiextensions.Established) {
			return false, err
		}
		_, lists, err := client.Discovery().ServerGroupsAndResources()
		return listed(lists, got), err
	})
}

// listed says whether a kind is among those that the server lists.
func listed(lists []*meta.APIResourceList, kind *apiextensions.CustomResourceDefinition) bool {
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if resource.Name == kind.Spec.Names.Plural && strings.HasPrefix(list.GroupVersion, kind.Spec.Group+"/") {
				return true
			}
		}
	}
	return false
}
