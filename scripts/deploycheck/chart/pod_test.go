package chart_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"vtq.internal/scripts/deploycheck/chart"
)

// TestEveryPodIsRestricted holds all pods, those of hooks too, to the Pod Security Standard of that name, and to a little more.
func TestEveryPodIsRestricted(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		if len(r.Pods()) < 3 {
			t.Errorf("%d pods, want three stages at least", len(r.Pods()))
		}
		for _, pod := range r.Pods() {
			for _, complaint := range unrestricted(pod.Spec) {
				t.Errorf("%v: %s", pod.Of, complaint)
			}
		}
	})
}

func unrestricted(spec corev1.PodSpec) (complaints []string) {
	complain := func(bad bool, text string) {
		if bad {
			complaints = append(complaints, text)
		}
	}
	yes := func(b *bool) bool { return b != nil && *b }
	no := func(b *bool) bool { return b != nil && !*b }
	whole := spec.SecurityContext
	complain(!no(spec.AutomountServiceAccountToken), "mounts a token")
	complain(!no(spec.EnableServiceLinks), "is told of all services of the namespace")
	complain(spec.HostNetwork || spec.HostPID || spec.HostIPC, "shares its host's namespaces")
	complain(whole == nil || !yes(whole.RunAsNonRoot) || whole.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault, "may be root, or calls whatever it likes")
	complain(whole != nil && whole.RunAsUser != nil && *whole.RunAsUser != 65532, "runs as a user that the images do not know")
	complain(len(spec.Containers) != 1 || len(spec.InitContainers) > 0, "has not one container")
	for _, c := range spec.Containers {
		own := c.SecurityContext
		complain(own == nil || !yes(own.RunAsNonRoot) || !no(own.AllowPrivilegeEscalation) || !yes(own.ReadOnlyRootFilesystem), "has rights, or a disk")
		complain(own != nil && (own.Privileged != nil || own.Capabilities == nil || !slices.Equal(own.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(own.Capabilities.Add) > 0), "has capabilities")
		complain(len(c.Command) > 0, "sets a command, where the image has its own")
		complain(c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Memory().IsZero(), "bounds no memory")
		complain(!c.Resources.Limits.Cpu().IsZero(), "limits its CPU, which only slows it down")
		for _, mount := range c.VolumeMounts {
			complain(!mount.ReadOnly, "may write to "+mount.MountPath)
		}
	}
	for _, v := range spec.Volumes {
		complain(v.Secret == nil && v.ConfigMap == nil, "has a volume "+v.Name+" of another kind")
		complain(v.Secret != nil && (*v.Secret.DefaultMode != 0o440 || len(v.Secret.Items) == 0), "shows all of a Secret, or to all")
	}
	return complaints
}

// known reads the variables of the configuration, which .env.example lists.
func known(t *testing.T) map[string]bool {
	t.Helper()
	dir, err := chart.Find()
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join(dir, "..", "..", "..", ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^(?:# )?([A-Z][A-Z_]+)=`).FindAllStringSubmatch(string(example), -1) {
		names[found[1]] = true
	}
	for _, found := range regexp.MustCompile(`Also ([A-Z_]+_FILE)\.`).FindAllStringSubmatch(string(example), -1) {
		names[found[1]] = true
	}
	if len(names) < 60 {
		t.Fatalf("%d variables, want all", len(names))
	}
	return names
}

// TestEveryVariableIsKnown also holds that no variable comes twice, of which Kubernetes would take the last.
func TestEveryVariableIsKnown(t *testing.T) {
	names := known(t)
	for _, foreign := range append(spans(t), "GOMEMLIMIT", "GODEBUG", "NO_PROXY", "OTEL_EXPORTER_OTLP_HEADERS") { // The last three are the samples'.
		names[foreign] = true
	}
	every(t, func(t *testing.T, r chart.Release) {
		for _, pod := range r.Pods() {
			seen := map[string]bool{}
			for _, v := range pod.Spec.Containers[0].Env {
				if !names[v.Name] || seen[v.Name] {
					t.Errorf("%v: sets %s, which nobody reads, or which comes twice", pod.Of, v.Name)
				}
				seen[v.Name] = true
			}
		}
		for name := range settings(t, r).Data {
			if !names[name] {
				t.Errorf("the ConfigMap sets %s, which nobody reads", name)
			}
		}
	})
}

// spans reads the variables of OpenTelemetry, which are not in .env.example, from the schema, which is made of those that its library reads.
func spans(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(open(t).Dir, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, found := range regexp.MustCompile(`"(OTEL_[A-Z_]+)": \{`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, found[1])
	}
	if len(names) == 0 {
		t.Fatal("the schema knows no variable of OpenTelemetry")
	}
	return names
}

// settings gives the ConfigMap of the settings.
func settings(t *testing.T, r chart.Release) *corev1.ConfigMap {
	t.Helper()
	for _, config := range chart.All[corev1.ConfigMap](r) {
		if config.Labels["app.kubernetes.io/component"] == "settings" {
			return config
		}
	}
	t.Fatal("there is no ConfigMap of settings")
	return nil
}

// TestNumbersStayNumbers looks at what YAML reads as a float64, and a process would not.
func TestNumbersStayNumbers(t *testing.T) {
	want := map[string]string{
		"VT_REQUESTS_PER_MONTH": "2000000000", "VT_REQUESTS_PER_DAY": "100000", "VTQ_URGENT_RESERVE": "0.1", "VTQ_URL_OTHER_SCHEME": "true",
		"VTQ_ATTRIBUTE_PREFIX": "{provider}", "NATS_REPLICAS": "3",
	}
	release := sample(t, "full")
	data := settings(t, release).Data
	for name, value := range want {
		if data[name] != value {
			t.Errorf("%s = %q, want %q", name, data[name], value)
		}
	}
	for _, pod := range release.Pods() {
		if pod.Of.Hook == "" {
			continue
		}
		inline := env(pod.Spec.Containers[0])
		for name, value := range data {
			if inline[name] != value {
				t.Errorf("%v: %s = %q, want %q as in the ConfigMap, which is not there yet", pod.Of, name, inline[name], value)
			}
		}
	}
}

// given lists what a pod is given of Secrets, as secret/key.
func given(spec corev1.PodSpec) []string {
	all := map[string]bool{}
	for _, v := range spec.Volumes {
		if v.Secret != nil {
			for _, item := range v.Secret.Items {
				all[v.Secret.SecretName+"/"+item.Key] = true
			}
		}
	}
	for _, v := range spec.Containers[0].Env {
		if v.ValueFrom != nil {
			all[v.ValueFrom.SecretKeyRef.Name+"/"+v.ValueFrom.SecretKeyRef.Key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// TestEachComponentHasItsOwnSecretsAlone is least privilege: the stages that know ThreatQ do not know the provider's key, and so on.
func TestEachComponentHasItsOwnSecretsAlone(t *testing.T) {
	threatq := []string{"vtq-keys/THREATQ_CLIENT_ID", "vtq-keys/THREATQ_CLIENT_SECRET"}
	nats := func(role, login string, more ...string) []string {
		return append(more, "vtq-nats-"+role+"/"+login)
	}
	cases := map[string]map[string][]string{
		"default": {
			"producer": append(threatq, "vtq-nats-producer/ca.crt", "vtq-nats-producer/nkey"),
			"lookup":   {"vtq-keys/VT_API_KEY", "vtq-nats-lookup/ca.crt", "vtq-nats-lookup/nkey"},
			"writer":   append(threatq, "vtq-nats-writer/ca.crt", "vtq-nats-writer/nkey"),
			"setup":    {"vtq-nats-admin/ca.crt", "vtq-nats-admin/nkey"},
			"test":     append(threatq, "vtq-keys/VT_API_KEY", "vtq-nats-admin/ca.crt", "vtq-nats-admin/nkey"),
		},
		"keda": {
			"producer": append(threatq, "vtq-nats-producer/ca.crt", "vtq-nats-producer/nkey"),
			"lookup":   {"vtq-keys/RL_PASSWORD", "vtq-keys/RL_USER", "vtq-keys/VT_API_KEY", "vtq-nats-lookup/ca.crt", "vtq-nats-lookup/nkey"},
		},
		"minimal":   {"lookup": nats("lookup", "nkey", "vtq-keys/VT_API_KEY")},
		"openshift": {"lookup": {"vtq-keys/VT_API_KEY", "vtq-nats-lookup/ca.crt", "vtq-nats-lookup/creds"}},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			for _, pod := range sample(t, name).Pods() {
				expected, ok := want[pod.Of.Component()]
				if diff := cmp.Diff(expected, given(pod.Spec)); ok && diff != "" {
					t.Errorf("%v (-want +got):\n%s", pod.Of, diff)
				}
			}
		})
	}
}

// TestEverySecretIsAValue renames all Secrets, and looks for the former names.
func TestEverySecretIsAValue(t *testing.T) {
	release := sample(t, "default", set("keys.existingSecret", "other-keys"), set("nats.secrets", map[string]any{
		"admin": "other-admin", "producer": "other-producer", "lookup": "other-lookup", "writer": "other-writer",
	}))
	for _, pod := range release.Pods() {
		for _, secret := range given(pod.Spec) {
			if !strings.HasPrefix(secret, "other-") {
				t.Errorf("%v: is given %s, which no value names", pod.Of, secret)
			}
		}
	}
}

// TestFilesAreWhereVariablesSay follows each path to what is mounted there.
func TestFilesAreWhereVariablesSay(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		for _, pod := range r.Pods() {
			there := map[string]bool{}
			for _, mount := range pod.Spec.Containers[0].VolumeMounts {
				for _, v := range pod.Spec.Volumes {
					if v.Name == mount.Name && v.Secret != nil {
						for _, item := range v.Secret.Items {
							there[mount.MountPath+"/"+item.Path] = true
						}
					}
				}
			}
			for name, value := range env(pod.Spec.Containers[0]) {
				if strings.HasPrefix(value, "/etc/vtq/") && !strings.HasPrefix(value, "/etc/vtq/files/") && !there[value] {
					t.Errorf("%v: %s leads to %s, where nothing is; there are %s", pod.Of, name, value, fmt.Sprint(slices.Sorted(maps.Keys(there))))
				}
			}
		}
	})
}

func TestImages(t *testing.T) {
	version := open(t).AppVersion()
	cases := map[string]map[string]string{
		"default": {
			"producer": "registry.example.com/security/vtq-producer:" + version, "lookup": "registry.example.com/security/vtq-lookup:" + version,
			"writer": "registry.example.com/security/vtq-writer:" + version, "setup": "registry.example.com/security/vtq:" + version,
			"test": "registry.example.com/security/vtq:" + version,
		},
		"private-registry": {
			"lookup": "registry.example.com:5000/mirror/vtq/vtq-lookup:v0.1.0@sha256:" + strings.Repeat("0", 63) + "3",
			"setup":  "registry.example.com:5000/mirror/vtq/vtq:v0.1.0@sha256:" + strings.Repeat("0", 63) + "1",
		},
	}
	for name, want := range cases {
		for _, pod := range sample(t, name).Pods() {
			if image, ok := want[pod.Of.Component()]; ok && pod.Spec.Containers[0].Image != image {
				t.Errorf("%s: %v: image %s, want %s", name, pod.Of, pod.Spec.Containers[0].Image, image)
			}
			if secrets := pod.Spec.ImagePullSecrets; (name == "private-registry") != (len(secrets) == 1) {
				t.Errorf("%s: %v: pulls with %v", name, pod.Of, secrets)
			}
		}
	}
}
