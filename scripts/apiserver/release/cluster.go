package release

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// A Cluster is an API server that releases are tried on. It is for one goroutine
// at a time.
type Cluster struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
	heard  *warnings
}

// NewCluster returns the cluster behind config, whose user may do everything.
func NewCluster(config *rest.Config) (*Cluster, error) {
	heard := &warnings{}
	config = rest.CopyConfig(config)
	config.WarningHandler = heard
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Cluster{
		client: client,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds)),
		heard:  heard,
	}, nil
}

// resource returns where objects of this one's kind are kept. A kind that the
// server does not know is an error.
func (c *Cluster) resource(of *unstructured.Unstructured, namespace string) (dynamic.ResourceInterface, error) {
	kind := of.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == "namespace" {
		return c.client.Resource(mapping.Resource).Namespace(namespace), nil
	}
	return c.client.Resource(mapping.Resource), nil
}

// warnings keeps what the server warned of. The client hands them over from
// goroutines of its own.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

// HandleWarningHeader implements rest.WarningHandler. The code is 299 for every
// warning that is meant for a person.
func (w *warnings) HandleWarningHeader(code int, _, text string) {
	const persistent = 299
	if code != persistent || text == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

// take returns an error of the warnings since it was last asked, or nil.
func (w *warnings) take() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("accepted with a warning: %q", texts)
}

// PolicyVersion is the version of the Pod Security profile that is enforced: the
// minor version of the API server, whose newest it is.
const PolicyVersion = "v1.36"

// namespace makes a namespace that enforces the restricted profile, with the
// service account that a controller would make in it, and returns its name.
func (c *Cluster) namespace(ctx context.Context, prefix string) (string, error) {
	home := object("v1", "Namespace", map[string]any{
		"generateName": prefix + "-",
		"labels": map[string]any{
			"pod-security.kubernetes.io/enforce":         "restricted",
			"pod-security.kubernetes.io/enforce-version": PolicyVersion,
			// The server would warn of templates too, and say of each fault twice what it
			// says once of the pod.
			"pod-security.kubernetes.io/warn": "privileged",
		},
	})
	made, err := c.create(ctx, home, "")
	if err != nil {
		return "", fmt.Errorf("making a namespace: %w", err)
	}
	account := object("v1", "ServiceAccount", map[string]any{"name": "default"})
	if _, err := c.create(ctx, account, made.GetName()); err != nil {
		return "", fmt.Errorf("making the default service account: %w", err)
	}
	return made.GetName(), nil
}

// object returns an object that is nothing but its metadata.
func object(apiVersion, kind string, metadata map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}}
}
