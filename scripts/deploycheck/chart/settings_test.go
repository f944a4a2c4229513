package chart_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chartutil"

	"vtq.internal/scripts/deploycheck/chart"
)

// carried runs the script that makes values of an environment, which has nothing else in it.
func carried(t *testing.T, environ ...string) (values chart.Values, stdout, stderr string, err error) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(open(t).Dir, "..", "settings.sh"))
	cmd.Env, cmd.Stdout, cmd.Stderr = slices.Concat(environ, []string{"PATH=" + os.Getenv("PATH"), "HOME=/root"}), &out, &complaints
	err = cmd.Run()
	values, parsing := chartutil.ReadValues(out.Bytes())
	if parsing != nil {
		t.Fatalf("%v:\n%s", parsing, out.String())
	}
	return values, out.String(), complaints.String(), err
}

// TestSettingsAreCarried from a shell to a ConfigMap as they are, whatever stands in them, and credentials by their names alone.
func TestSettingsAreCarried(t *testing.T) {
	want := map[string]string{
		"THREATQ_URL": "https://threatq.example.com", "THREATQ_COLLECTION": `For "VT", prio 1: it's # {odd} \n`, "VTQ_SWEEP": "12h",
		"VT_PRIVATE_KEY": "true", "VT_REQUESTS_PER_MINUTE": "1000", "VTQ_ROUTES": "file=virustotal url=virustotal", "VT_QUOTA": "private",
		"LOG_LEVEL": "warn", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_SAMPLER_ARG": "0.1",
	}
	environ := []string{
		"THREATQ_CLIENT_ID=hidden", "THREATQ_USERNAME=hidden", "THREATQ_PASSWORD_FILE=/hidden", "VT_API_KEY=hidden", "VT_PROXY=",
		"OTEL_EXPORTER_OTLP_HEADERS=key=hidden", "NATS_URL=tls://hidden", "NATS_PASSWORD=hidden", "VTQ_DATA_DIR=/hidden", "LOG_DIR=/hidden",
	}
	for name, value := range want {
		environ = append(environ, name+"="+value)
	}
	values, stdout, stderr, err := carried(t, environ...)
	if err != nil || strings.Contains(stdout+stderr, "hidden") || !strings.HasPrefix(stderr, "OTEL_EXPORTER_OTLP_HEADERS: is a secret") {
		t.Fatalf("%v; it prints\n%s%s", err, stdout, stderr)
	}
	set("image.registry", "registry.example.com")(values)
	release, err := open(t).Render(values)
	if err != nil {
		t.Fatal(err)
	}
	want["NATS_REPLICAS"] = "3" // The chart's.
	if diff := cmp.Diff(want, settings(t, release).Data); diff != "" {
		t.Errorf("the ConfigMap (-want +got):\n%s", diff)
	}
	keys := map[string]bool{}
	for _, pod := range release.Pods() {
		for _, secret := range given(pod.Spec) {
			if key, ok := strings.CutPrefix(secret, "vtq-keys/"); ok {
				keys[key] = true
			}
		}
	}
	if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, []string{"THREATQ_CLIENT_ID", "THREATQ_PASSWORD", "THREATQ_USERNAME", "VT_API_KEY"}) {
		t.Errorf("keys %v are mounted, want those that are set", got)
	}
}

// TestEverySettingIsCarried takes .env.example with all its defaults.
func TestEverySettingIsCarried(t *testing.T) {
	example, err := os.ReadFile(filepath.Join(open(t).Dir, "..", "..", "..", ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"THREATQ_URL=https://threatq.example.com", "VT_API_KEY=k"}
	for _, found := range regexp.MustCompile(`(?m)^# ([A-Z][A-Z_]+=.+)$`).FindAllStringSubmatch(string(example), -1) {
		environ = append(environ, strings.ReplaceAll(found[1], "'", ""))
	}
	if len(environ) < 40 {
		t.Fatalf("%d variables, want those with a default", len(environ))
	}
	values, _, _, err := carried(t, environ...)
	if err != nil {
		t.Fatal(err)
	}
	set("image.registry", "registry.example.com")(values)
	if _, err := open(t).Render(values); err != nil {
		t.Error(err)
	}
}

func TestSettingsOfAnEmptyShell(t *testing.T) {
	if _, stdout, stderr, err := carried(t, "VT_API_KEY=k"); err == nil || stdout != "" || !strings.Contains(stderr, "THREATQ_URL: must be set") {
		t.Errorf("it prints %q and %q, want a complaint", stdout, stderr)
	}
	// What the chart does not know is for helm to refuse.
	values, _, _, err := carried(t, "THREATQ_URL=https://threatq.example.com", "VTQ_SWEPE=12h")
	if err != nil {
		t.Fatal(err)
	}
	set("image.registry", "registry.example.com")(values)
	if _, err := open(t).Render(values); err == nil || !strings.Contains(err.Error(), "VTQ_SWEPE") {
		t.Errorf("helm says %v, want it to speak of VTQ_SWEPE", err)
	}
}
