package chart_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/scripts/deploycheck/chart"
)

// store has all that the default values need.
func store() chart.Store {
	nats := map[string]string{"nkey": "SU-seed", "ca.crt": "PEM"}
	return chart.Store{Secrets: map[string]map[string]string{
		"vtq-nats-admin": nats, "vtq-nats-producer": nats, "vtq-nats-lookup": nats, "vtq-nats-writer": nats,
		"vtq-keys": {"THREATQ_CLIENT_ID": "id", "THREATQ_CLIENT_SECRET": "secret", "VT_API_KEY": "key", "RL_API_KEY": "other"},
	}}
}

func TestProcess(t *testing.T) {
	dir := t.TempDir()
	mounted := func(path string) string { return filepath.Join(dir, "etc", "vtq", path) }
	lookup, err := sample(t, "default").Process("lookup", dir, store())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"THREATQ_URL": "https://threatq.example.com", "NATS_REPLICAS": "3", "NATS_URL": "tls://nats:4222", "GOMEMLIMIT": "176947KiB",
		"NATS_NKEY": mounted("nats/nkey"), "NATS_CA": mounted("nats/ca.crt"), "VT_API_KEY_FILE": mounted("keys/VT_API_KEY"),
	}
	if diff := cmp.Diff(want, lookup.Env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if key, err := os.ReadFile(mounted("keys/VT_API_KEY")); err != nil || string(key) != "key" {
		t.Errorf("the file of the key has %q, %v, want key", key, err)
	}
	if _, err := os.Stat(mounted("keys/RL_API_KEY")); err == nil {
		t.Error("a key is there that keys.names does not list")
	}
	if environ := lookup.Environ(); len(environ) != len(want) || !slices.IsSorted(environ) || !slices.Contains(environ, "NATS_REPLICAS=3") {
		t.Errorf("Environ() = %v, want all of it in order", environ)
	}
}

func TestProcessOfSetup(t *testing.T) {
	setup, err := sample(t, "default").Process("setup", t.TempDir(), store())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"setup", "--wait", "4m"}, setup.Args); diff != "" || setup.Env["NATS_REPLICAS"] != "3" {
		t.Errorf("setup with %v (-want +got):\n%s", setup.Env, diff)
	}
}

// TestProcessNeedsWhatAPodNeeds fails where a kubelet would.
func TestProcessNeedsWhatAPodNeeds(t *testing.T) {
	cases := map[string]struct {
		sample, component string
		forget            func(chart.Store)
		want              string
	}{
		"no such component": {"default", "reader", func(chart.Store) {}, "no such component"},
		"no key in a file":  {"default", "lookup", func(s chart.Store) { delete(s.Secrets["vtq-keys"], "VT_API_KEY") }, "secret vtq-keys has no key VT_API_KEY"},
		"no key in a value": {"default", "writer", func(s chart.Store) { delete(s.Secrets["vtq-keys"], "THREATQ_CLIENT_ID") }, "THREATQ_CLIENT_ID"},
		"no Secret":         {"default", "writer", func(s chart.Store) { delete(s.Secrets, "vtq-nats-writer") }, "vtq-nats-writer"},
		"no ConfigMap":      {"default", "writer", func(chart.Store) {}, ""},
		"no ConfigMap there": {"full", "producer", func(s chart.Store) {
			s.Secrets["collector"] = map[string]string{"headers": ""}
			s.Secrets["enrichment-keys"] = map[string]string{"THREATQ_CLIENT_ID": "", "THREATQ_USERNAME": "", "THREATQ_PASSWORD": ""}
		}, "enrichment-files"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := store()
			c.forget(s)
			_, err := sample(t, c.sample).Process(c.component, t.TempDir(), s)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Process(%s) = %v, want %q", c.component, err, c.want)
			}
		})
	}
}
