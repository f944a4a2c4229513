package rendering_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"vtq.internal/scripts/apiserver/rendering"
)

// read reads one file of the given text.
func read(t *testing.T, text string) (*rendering.Rendering, error) {
	t.Helper()
	return rendering.Read(fstest.MapFS{"full.yaml": {Data: []byte(text)}}, "full.yaml")
}

// account is a document of a service account.
func account(name, more string) string {
	return "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: " + name + "\n" + more
}

// hook is a document of a hook, with further annotations.
func hook(name, moments, more string) string {
	return account(name, "  annotations:\n    helm.sh/hook: "+moments+"\n"+more)
}

func TestReadPartsHooksFromObjects(t *testing.T) {
	r, err := read(t, "# Source: nothing\n"+account("one", "")+hook("before", "pre-install", "")+"---\n# empty\n"+account("two", ""))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, object := range r.Objects {
		names = append(names, object.GetName())
	}
	if want := []string{"one", "two"}; r.Name != "full" || !slices.Equal(names, want) || len(r.Hooks) != 1 {
		t.Errorf("Read = %q with objects %q and %d hooks, want full, %q and 1", r.Name, names, len(r.Hooks), want)
	}
}

func TestHooksComeByMomentAndWeight(t *testing.T) {
	weight := func(n string) string { return "    helm.sh/hook-weight: \"" + n + "\"\n" }
	r, err := read(t, hook("heavy", "pre-install", weight("5"))+hook("plain", "pre-install, pre-upgrade", "")+
		hook("light", "pre-install", weight("-5"))+hook("late", "post-install", "")+hook("plain-too", "pre-install", ""))
	if err != nil {
		t.Fatal(err)
	}
	for moment, want := range map[string][]string{
		rendering.PreInstall:  {"light", "plain", "plain-too", "heavy"},
		rendering.PreUpgrade:  {"plain"},
		rendering.PostInstall: {"late"},
		rendering.Test:        nil,
	} {
		var got []string
		for _, h := range r.At(moment) {
			got = append(got, h.Object.GetName())
		}
		if !slices.Equal(got, want) {
			t.Errorf("At(%q) = %q, want %q", moment, got, want)
		}
	}
}

func TestFleetingHooks(t *testing.T) {
	for policy, want := range map[string]bool{
		"":                                     false,
		"before-hook-creation":                 false,
		"hook-succeeded":                       true,
		"before-hook-creation, hook-succeeded": true,
		"hook-failed":                          false,
	} {
		r, err := read(t, hook("h", "test", "    helm.sh/hook-delete-policy: \""+policy+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Hooks[0].Fleeting; got != want {
			t.Errorf("Fleeting under %q = %t, want %t", policy, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const maxObjects, maxFile = 500, 8 << 20
	lots := func(n int) string {
		var text strings.Builder
		for i := range n {
			text.WriteString(account(fmt.Sprint("a", i), ""))
		}
		return text.String()
	}
	// padded is a file of n bytes, most of them a comment.
	padded := func(n int) string {
		text := account("one", "")
		return text + "#" + strings.Repeat("x", n-len(text)-2) + "\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":              {"# nothing\n", "0 objects"},
		"no kind":              {"metadata: {name: a}\n", "lacks a kind"},
		"no name":              {"apiVersion: v1\nkind: Pod\n", "lacks a kind"},
		"no YAML":              {"a: b: c\n", "document 1"},
		"a key twice":          {account("a", "  name: b\n"), "already set"},
		"an unknown moment":    {hook("a", "pre-instal", ""), "no such moment"},
		"a weight of words":    {hook("a", "test", "    helm.sh/hook-weight: heavy\n"), "weight"},
		"two namespaces":       {account("a", "  namespace: here\n") + account("b", "  namespace: there\n"), "a release has one"},
		"one namespace":        {account("a", "  namespace: here\n") + account("b", ""), ""},
		"as many as may be":    {lots(maxObjects), ""},
		"too many":             {lots(maxObjects + 1), "501 objects"},
		"as long as may be":    {padded(maxFile), ""},
		"longer than may be":   {padded(maxFile + 1), "more than"},
		"a second is no YAML":  {account("a", "") + "---\n{\n", "document 2"},
		"windows line endings": {strings.ReplaceAll(account("a", ""), "\n", "\r\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.text)
			if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) && err != nil {
				t.Errorf("Read = %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestReadAll(t *testing.T) {
	const maxFiles = 16
	folder := func(n int) fstest.MapFS {
		out := fstest.MapFS{"README.md": {Data: []byte("not a rendering")}}
		for i := range n {
			out[fmt.Sprintf("%02d.yaml", i)] = &fstest.MapFile{Data: []byte(account("a", ""))}
		}
		return out
	}
	for n, ok := range map[int]bool{0: false, 1: true, maxFiles: true, maxFiles + 1: false} {
		got, err := rendering.ReadAll(folder(n))
		if (err == nil) != ok || ok && (len(got) != n || got[n-1].Name != fmt.Sprintf("%02d", n-1)) {
			t.Errorf("ReadAll of %d files = %d renderings, %v, want an error: %t", n, len(got), err, !ok)
		}
	}
	broken := folder(2)
	broken["01.yaml"].Data = []byte("kind: Pod\n")
	if _, err := rendering.ReadAll(broken); err == nil || !strings.Contains(err.Error(), "01.yaml") {
		t.Errorf("ReadAll of a broken file = %v, want an error that names it", err)
	}
}
