package release_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"vtq.internal/scripts/apiserver/control"
	"vtq.internal/scripts/apiserver/release"
	"vtq.internal/scripts/apiserver/rendering"
)

// cluster is what every test of this package installs in: starting one takes
// longer than all of them.
var cluster *release.Cluster //nolint:gochecknoglobals // TestMain has no other way to hand it on.

func TestMain(m *testing.M) { os.Exit(withCluster(m.Run)) }

// withCluster runs the tests on a control plane.
func withCluster(run func() int) int {
	plane, err := control.Start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = plane.Close() }()
	if cluster, err = release.NewCluster(plane.Config()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

// read reads a rendering.
func read(t *testing.T, documents ...string) *rendering.Rendering {
	t.Helper()
	r, err := rendering.Read(fstest.MapFS{"a.yaml": {Data: []byte(strings.Join(documents, "---\n"))}}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// config is a ConfigMap, with lines added to its metadata.
func config(name, more string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n" + more
}

// as annotates an object.
func as(pairs ...string) string {
	var text strings.Builder
	text.WriteString("  annotations:\n")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&text, "    %s: %q\n", pairs[i], pairs[i+1])
	}
	return text.String()
}

// workload is an object of a kind that makes pods, which fit the restricted
// profile and use an account.
func workload(apiVersion, kind, name, account, metadata string) string {
	head := "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n" + metadata + "spec:\n"
	spec := "      serviceAccountName: " + account + `
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: main
          image: registry.example/main:1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`
	switch kind {
	case "Job":
		return head + "  template:\n    spec:\n      restartPolicy: Never\n" + spec
	case "CronJob":
		inner := "  template:\n    spec:\n      restartPolicy: Never\n" + spec
		return head + "  schedule: '@daily'\n  jobTemplate:\n    spec:\n    " + strings.ReplaceAll(strings.TrimSuffix(inner, "\n"), "\n", "\n    ") + "\n"
	case "StatefulSet":
		head += "  serviceName: none\n"
	}
	return head + "  selector: {matchLabels: {app: main}}\n  template:\n    metadata: {labels: {app: main}}\n    spec:\n" + spec
}

// install installs a rendering and checks what came of it.
func install(t *testing.T, what *rendering.Rendering, objects, pods int, refused string) *release.Release {
	t.Helper()
	r, out, err := cluster.Install(t.Context(), what)
	if err != nil {
		t.Fatal(err)
	}
	check(t, out, objects, pods, refused)
	return r
}

// check compares an outcome with what is expected: refused is empty where
// nothing is, else part of the one refusal.
func check(t *testing.T, got release.Outcome, objects, pods int, refused string) {
	t.Helper()
	if got.Objects != objects || got.Pods != pods {
		t.Errorf("%d objects and %d pods were accepted, want %d and %d", got.Objects, got.Pods, objects, pods)
	}
	switch {
	case refused == "" && len(got.Refused) > 0, refused != "" && len(got.Refused) != 1:
		t.Errorf("refused: %v, want %q", got.Refused, refused)
	case refused != "" && !strings.Contains(got.Refused[0].Error(), refused):
		t.Errorf("refused: %v, want %q", got.Refused[0], refused)
	}
}

func TestPodsAreMadeOfEveryTemplate(t *testing.T) {
	for kind, group := range map[string]string{
		"Deployment": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1",
	} {
		t.Run(kind, func(t *testing.T) {
			install(t, read(t, workload(group, kind, "main", "default", "")), 1, 1, "")
		})
		t.Run(kind+" with an account that is missing", func(t *testing.T) {
			install(t, read(t, workload(group, kind, "main", "missing", "")), 1, 0, "pod of "+kind+"/main")
		})
	}
	t.Run("of a priority", func(t *testing.T) {
		job := workload("batch/v1", "Job", "main", "default", "")
		install(t, read(t, strings.ReplaceAll(job, "      restartPolicy", "      priorityClassName: batch\n      restartPolicy")), 1, 1, "")
	})
	t.Run("StatefulSet", func(t *testing.T) {
		install(t, read(t, workload("apps/v1", "StatefulSet", "main", "default", "")), 1, 0, "volumes of their own")
	})
}

func TestHooksMeetTheReleaseAsItIsThen(t *testing.T) {
	account := "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: own\n"
	job := func(moment string) string {
		return workload("batch/v1", "Job", "job", "own", as("helm.sh/hook", moment))
	}
	install(t, read(t, account, job("post-install")), 2, 1, "")
	install(t, read(t, account, job("pre-install")), 2, 0, "serviceaccount")
	install(t, read(t, account, job("pre-delete")), 1, 0, "")
	install(t, read(t, account+as("helm.sh/hook", "pre-install", "helm.sh/hook-weight", "-1"), job("pre-install")), 2, 1, "")
	install(t, read(t, account+as("helm.sh/hook", "pre-install", "helm.sh/hook-delete-policy", "hook-succeeded"), job("post-install")), 2, 0, "serviceaccount")
}

func TestHooksAreMadeAnew(t *testing.T) {
	hook := func(image string) *rendering.Rendering {
		job := workload("batch/v1", "Job", "job", "default", as("helm.sh/hook", "post-install,post-upgrade"))
		return read(t, config("a", ""), strings.ReplaceAll(job, "main:1", image))
	}
	r := install(t, hook("main:1"), 2, 1, "")
	out, err := r.Upgrade(t.Context(), hook("main:2"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, out, 2, 1, "")
}

func TestAnUpgradeTakesAwayWhatIsGone(t *testing.T) {
	immutable := func(value string) string { return config("a", "") + "immutable: true\ndata: {key: " + value + "}\n" }
	kept := func(value string) string {
		return config("b", as("helm.sh/resource-policy", "keep")) + "immutable: true\ndata: {key: " + value + "}\n"
	}
	r := install(t, read(t, immutable("one"), kept("one")), 2, 0, "")
	for _, step := range []struct {
		name    string
		to      *rendering.Rendering
		objects int
		refused string
	}{
		{"immutable", read(t, immutable("two"), kept("one")), 1, "field is immutable"},
		{"both back", read(t, immutable("one"), kept("one")), 2, ""},
		{"neither", read(t, config("c", "")), 1, ""},
		{"the one that went comes anew", read(t, config("c", ""), immutable("two")), 2, ""},
		{"the one that stayed does not", read(t, config("c", ""), immutable("two"), kept("two")), 2, "field is immutable"},
	} {
		out, err := r.Upgrade(t.Context(), step.to)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(step.name)
		check(t, out, step.objects, 0, step.refused)
	}
}

func TestRepeatSeesAChange(t *testing.T) {
	first := read(t, config("a", ""))
	r := install(t, first, 1, 0, "")
	for _, c := range []struct {
		again   *rendering.Rendering
		objects int
		refused string
	}{
		{first, 1, ""},
		{read(t, config("a", "  labels: {new: one}\n")), 0, "applying it again changed it"},
		{read(t, config("unknown", "")), 0, ""},
	} {
		out, err := r.Repeat(t.Context(), c.again)
		if err != nil {
			t.Fatal(err)
		}
		check(t, out, c.objects, 0, c.refused)
	}
}

func TestAContextThatEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := cluster.Install(ctx, read(t, config("a", ""))); err == nil {
		t.Error("Install = nil, want an error")
	}
}
