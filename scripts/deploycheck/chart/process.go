package chart

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Store is what a cluster knows besides the release: the data of Secrets and of ConfigMaps, by name and key.
type Store struct {
	Secrets, ConfigMaps map[string]map[string]string
}

// A Process is how a component would be started.
type Process struct {
	Args []string
	// Env has the variables. Paths of mounted files lead into the folder that [Release.Process] was given.
	Env map[string]string
}

// Environ gives the variables in the form of os.Environ, in alphabetical order.
func (p Process) Environ() []string {
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(p.Env)) {
		environ = append(environ, name+"="+p.Env[name])
	}
	return environ
}

// Process gives arguments and environment of a component: producer, lookup, writer, setup or test. What would be mounted is written
// below dir, readable for its owner alone. It is an error when the component is missing, or a Secret, ConfigMap or key that it needs:
// a pod would not start either.
func (r Release) Process(component, dir string, store Store) (Process, error) {
	for _, pod := range r.Pods() {
		if pod.Of.Component() != component {
			continue
		}
		m := mounter{r, dir, store, pod.Spec}
		return m.process()
	}
	return Process{}, fmt.Errorf("starting %s: the release has no such component", component)
}

// A mounter plays the kubelet for one pod.
type mounter struct {
	release Release
	dir     string
	store   Store
	spec    corev1.PodSpec
}

func (m mounter) process() (Process, error) {
	container := m.spec.Containers[0]
	p := Process{Args: container.Args, Env: map[string]string{}}
	for _, from := range container.EnvFrom {
		config, err := m.config(from.ConfigMapRef.Name)
		if err != nil {
			return p, err
		}
		maps.Copy(p.Env, config)
	}
	for _, v := range container.Env {
		value, err := m.value(v)
		if err != nil {
			return p, err
		}
		p.Env[v.Name] = value
	}
	for _, mount := range container.VolumeMounts {
		if err := m.mount(mount); err != nil {
			return p, err
		}
		for name, value := range p.Env {
			if rest, ok := strings.CutPrefix(value, mount.MountPath+"/"); ok {
				p.Env[name] = filepath.Join(m.dir, mount.MountPath, rest)
			}
		}
	}
	return p, nil
}

func (m mounter) value(v corev1.EnvVar) (string, error) {
	if v.ValueFrom == nil {
		return v.Value, nil
	}
	ref := v.ValueFrom.SecretKeyRef
	if ref == nil {
		return "", fmt.Errorf("setting %s: only values and keys of Secrets are understood", v.Name)
	}
	value, ok := m.store.Secrets[ref.Name][ref.Key]
	if !ok {
		return "", fmt.Errorf("setting %s: secret %s has no key %s", v.Name, ref.Name, ref.Key)
	}
	return value, nil
}

// config gives the data of a ConfigMap, of the release's or of the cluster's.
func (m mounter) config(name string) (map[string]string, error) {
	for _, config := range All[corev1.ConfigMap](m.release) {
		if config.Name == name {
			return config.Data, nil
		}
	}
	if data, ok := m.store.ConfigMaps[name]; ok {
		return data, nil
	}
	return nil, fmt.Errorf("there is no ConfigMap %s", name)
}

// mount writes the files of one volume.
func (m mounter) mount(mount corev1.VolumeMount) error {
	at := slices.IndexFunc(m.spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
	if at < 0 {
		return fmt.Errorf("mounting %s: there is no such volume", mount.Name)
	}
	files, err := m.files(m.spec.Volumes[at])
	if err != nil {
		return fmt.Errorf("mounting %s: %w", mount.Name, err)
	}
	folder := filepath.Join(m.dir, mount.MountPath)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("mounting %s: %w", mount.Name, err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("mounting %s: %w", mount.Name, err)
		}
	}
	return nil
}

// files gives the names and contents of a volume.
func (m mounter) files(v corev1.Volume) (map[string]string, error) {
	if v.ConfigMap != nil {
		return m.config(v.ConfigMap.Name)
	}
	if v.Secret == nil {
		return nil, fmt.Errorf("volume %s: only Secrets and ConfigMaps are understood", v.Name)
	}
	files := map[string]string{}
	for _, item := range v.Secret.Items {
		content, ok := m.store.Secrets[v.Secret.SecretName][item.Key]
		if !ok {
			return nil, fmt.Errorf("secret %s has no key %s", v.Secret.SecretName, item.Key)
		}
		files[item.Path] = content
	}
	return files, nil
}
