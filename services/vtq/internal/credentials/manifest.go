package credentials

import (
	"encoding/json"
	"fmt"
	"io"

	"vtq.internal/shared/config"
	"vtq.internal/shared/grant"
)

// Names of the secrets, as the chart expects them.
const (
	serverSecret = "vtq-nats-server" //nolint:gosec // A name, not a secret.
	rolePrefix   = "vtq-nats-"
	keysSecret   = "vtq-keys"
)

// An object is a part of a manifest (Kubernetes API reference: Namespace, Secret).
type object struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metadata          `json:"metadata"`
	Type       string            `json:"type,omitempty"`
	Data       map[string][]byte `json:"data,omitempty"` // In base64, as the encoder writes bytes.
}

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// Manifest writes what a namespace needs of secrets, and the namespace itself, for kubectl apply. The keys are those of other services,
// by the names of their variables; without any their secret is left out, as an empty one would take away those that stand there.
func (s Set) Manifest(w io.Writer, namespace string, keys map[string]config.Secret) error {
	if err := CheckNamespace(namespace); err != nil {
		return err
	}
	items := []object{
		{APIVersion: "v1", Kind: "Namespace", Metadata: metadata{
			Name: namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
		}},
		secret(namespace, serverSecret, map[string][]byte{
			"ca.crt": s.authority, "tls.crt": s.certificate, "tls.key": s.key,
			grant.KeysFile: s.keysConf(), grant.ConfigFile: []byte(grant.Config()),
		}),
	}
	for _, role := range grant.Roles() {
		items = append(items, secret(namespace, rolePrefix+string(role), map[string][]byte{"nkey": s.logins[role].seed, "ca.crt": s.authority}))
	}
	if len(keys) > 0 {
		revealed := map[string][]byte{}
		for name, key := range keys {
			revealed[name] = []byte(key.Reveal())
		}
		items = append(items, secret(namespace, keysSecret, revealed))
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Items      []object `json:"items"`
	}{"v1", "List", items})
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}

func secret(namespace, name string, data map[string][]byte) object {
	return object{
		APIVersion: "v1", Kind: "Secret", Type: "Opaque", Data: data,
		Metadata: metadata{Name: name, Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/part-of": "vtq"}},
	}
}
