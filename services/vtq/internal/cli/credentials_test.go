package cli_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestCredentialsFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nats")
	stdout, stderr, code := run(t, nil, "credentials", "--dir", dir, "--server", "nats.example.com", "--server", "10.0.0.7")
	if code != 0 || stderr != "" || !strings.HasSuffix(stdout, "for nats.example.com, 10.0.0.7\n") {
		t.Errorf("exit code %d, want 0 and the names:\n%s%s", code, stdout, stderr)
	}
	_, stderr, code = run(t, nil, "credentials", "--dir", dir)
	if code != 1 || !strings.Contains(stderr, "there are credentials already in "+dir) {
		t.Errorf("the second time: exit code %d, want 1 and why:\n%s", code, stderr)
	}
	stdout, _, code = run(t, nil, "credentials", "--dir", dir, "--force")
	if code != 0 || !strings.Contains(stdout, "localhost, 127.0.0.1, ::1") {
		t.Errorf("by force: exit code %d, want 0 and this machine:\n%s", code, stdout)
	}
}

func TestCredentialsManifest(t *testing.T) {
	const key = "correct-horse"
	env := []string{"VT_API_KEY=" + key, "THREATQ_CLIENT_ID=battery"}
	stdout, stderr, code := run(t, env, "credentials", "-o", "kubernetes", "--namespace", "vtq")
	if code != 0 || !json.Valid([]byte(stdout)) ||
		stderr != "vtq-keys holds THREATQ_CLIENT_ID, VT_API_KEY and nothing else; --without-keys leaves it alone\n" {
		t.Errorf("exit code %d, want 0, a manifest, and on standard error what it holds:\n%s", code, stderr)
	}
	stdout, stderr, code = run(t, nil, "credentials", "-o", "kubernetes", "--namespace", "vtq", "--server", "nats.example.com")
	if code != 0 || !json.Valid([]byte(stdout)) || strings.Contains(stdout, "vtq-keys") || !strings.HasPrefix(stderr, "vtq-keys is left alone: ") {
		t.Errorf("without keys: exit code %d, want 0, no secret for them and a word about it:\n%s", code, stderr)
	}
	stdout, stderr, code = run(t, env, "credentials", "-o", "kubernetes", "--namespace", "vtq", "--without-keys")
	if code != 0 || strings.Contains(stdout, "vtq-keys") || stderr != "vtq-keys is left alone\n" {
		t.Errorf("with --without-keys: exit code %d, want 0, no secret for them and a word about it:\n%s", code, stderr)
	}
	_, stderr, code = run(t, append(env, "VT_API_KEY_FILE=/nowhere"), "credentials", "-o", "kubernetes", "--namespace", "vtq")
	if code != 2 || !strings.Contains(stderr, "VT_API_KEY: wants to be the only one") || strings.Contains(stderr, key) {
		t.Errorf("with a key set twice: exit code %d, want 2 and the variable:\n%s", code, stderr)
	}
}

// TestCredentialsOnATerminal says what it is that fills the screen.
func TestCredentialsOnATerminal(t *testing.T) {
	shown := show(t, `"kind": "List"`, nil, "credentials", "-o", "kubernetes", "--namespace", "vtq")
	if !strings.HasPrefix(shown, "What follows holds secrets, and is for: vtq credentials ... | kubectl apply -f -") {
		t.Errorf("on a terminal it begins %.100q", shown)
	}
}

func TestCredentialsMisused(t *testing.T) {
	cases := map[string]struct {
		args []string
		want string
	}{
		"neither directory nor manifest": {nil, "--dir: must be set"},
		"a URL for a name":               {[]string{"--dir", "x", "--server", "tls://nats:4222"}, `--server: wants a host name or an IP address, without scheme and port (got "tls://nats:4222")`},
		"an empty name":                  {[]string{"--dir", "x", "--server", ""}, "--server: wants a host name"},
		"a manifest without namespace":   {[]string{"-o", "kubernetes"}, "--namespace: wants"},
		"a namespace in capitals":        {[]string{"-o", "kubernetes", "--namespace", "VTQ"}, `(got "VTQ")`},
		"a manifest and a directory":     {[]string{"-o", "kubernetes", "--namespace", "vtq", "--dir", "x"}, "--dir, --force: are for files"},
		"files in a namespace":           {[]string{"--dir", "x", "--namespace", "vtq"}, "--namespace: is for -o kubernetes"},
		"files without keys":             {[]string{"--dir", "x", "--without-keys"}, "--without-keys: is for -o kubernetes"},
		"another format":                 {[]string{"-o", "yaml"}, "want files or kubernetes"},
		"an argument":                    {[]string{"nats"}, "unknown command"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, nil, append([]string{"credentials"}, c.args...)...)
			if code != 2 || stdout != "" || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, want 2 and %q:\n%s%s", code, c.want, stdout, stderr)
			}
		})
	}
}
