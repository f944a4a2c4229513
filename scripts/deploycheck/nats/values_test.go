// Package nats holds deployments/nats/values.yaml, which is for a chart that is not here, to what vtq needs of its servers: that the
// Secret is the one that "vtq credentials" makes, that the streams of "vtq setup" have room, and that nobody else gets in. The values
// that matter are read as they stand; what the NATS chart makes of them is its own.
package nats_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// root is the repository's.
const root = "../../.."

// A named Secret is what the chart mounts as a folder, with tls.crt and tls.key or ca.crt in it (its values.yaml).
type named struct {
	Enabled    bool   `json:"enabled"`
	SecretName string `json:"secretName"`
}

// A hardened container is one of a server's pod.
type hardened struct {
	Enabled bool `json:"enabled"`
	Merge   struct {
		SecurityContext corev1.SecurityContext `json:"securityContext"`
	} `json:"merge"`
}

// values are those of the NATS chart that matter here.
type values struct {
	Config struct {
		Cluster struct {
			Enabled  bool  `json:"enabled"`
			Replicas int   `json:"replicas"`
			TLS      named `json:"tls"`
		} `json:"cluster"`
		JetStream struct {
			Enabled   bool `json:"enabled"`
			FileStore struct {
				MaxSize string `json:"maxSize"`
			} `json:"fileStore"`
		} `json:"jetstream"`
		NATS struct {
			TLS named `json:"tls"`
		} `json:"nats"`
		Merge struct {
			Include string `json:"$include"`
		} `json:"merge"`
	} `json:"config"`
	TLSCA        named    `json:"tlsCA"`
	Container    hardened `json:"container"`
	Reloader     hardened `json:"reloader"`
	PromExporter hardened `json:"promExporter"`
	PodTemplate  struct {
		Merge struct {
			Spec corev1.PodSpec `json:"spec"`
		} `json:"merge"`
	} `json:"podTemplate"`
	ExtraResources []networkingv1.NetworkPolicy `json:"extraResources"`
}

func read(t *testing.T) values {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deployments", "nats", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var v values
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestThreeServers are what the chart of vtq expects, which makes three copies of every stream.
func TestThreeServers(t *testing.T) {
	if c := read(t).Config.Cluster; !c.Enabled || c.Replicas != 3 {
		t.Errorf("%d servers, want three in a cluster", c.Replicas)
	}
}

// TestServersAreRestricted, as the namespace that "vtq credentials" makes demands of each container.
func TestServersAreRestricted(t *testing.T) {
	v := read(t)
	pod := v.PodTemplate.Merge.Spec
	whole := pod.SecurityContext
	if whole == nil || whole.RunAsNonRoot == nil || !*whole.RunAsNonRoot || whole.SeccompProfile == nil ||
		whole.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod runs as %v, want no root, and calls of the default profile", whole)
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod is given a token")
	}
	for name, c := range map[string]hardened{"nats": v.Container, "reloader": v.Reloader, "exporter": v.PromExporter} {
		own := c.Merge.SecurityContext
		if own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation || own.ReadOnlyRootFilesystem == nil || !*own.ReadOnlyRootFilesystem ||
			own.Capabilities == nil || !slices.Equal(own.Capabilities.Drop, []corev1.Capability{"ALL"}) || own.Privileged != nil {
			t.Errorf("%s: may do what restricted forbids, or write: %+v", name, own)
		}
	}
}
