package nats_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"vtq.internal/scripts/deploycheck/checkout"
)

// vtq builds the operator's command.
func vtq(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if err := checkout.Build(t.Context(), root, bin, checkout.Program("vtq")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, "vtq")
}

// secrets runs "vtq credentials" as the README does, for a server on this machine, and gives the data of its Secrets by name and key.
func secrets(t *testing.T, binary string) map[string]map[string][]byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, "credentials", "-o", "kubernetes", "--namespace", "vtq", "--server", "localhost")
	cmd.Env, cmd.Stderr = []string{}, &stderr
	manifest, err := cmd.Output()
	if err != nil {
		t.Fatalf("making credentials: %v\n%s", err, stderr.String())
	}
	var list struct {
		Items []struct {
			Kind     string
			Metadata struct{ Name string }
			Data     map[string][]byte
		}
	}
	if err := json.Unmarshal(manifest, &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string][]byte{}
	for _, item := range list.Items {
		if item.Kind == "Secret" {
			all[item.Metadata.Name] = item.Data
		}
	}
	return all
}

// mount writes a Secret into a folder.
func mount(t *testing.T, data map[string][]byte, folder string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range data {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// serve starts a server of these values: with what they include, where the NATS chart mounts the Secret (below /etc/nats-certs/nats,
// beside /etc/nats-config/nats.conf), and with as much room.
func serve(t *testing.T, v values, secret map[string][]byte) *server.Server {
	t.Helper()
	etc := t.TempDir()
	certs := filepath.Join(etc, "nats-certs", "nats")
	mount(t, secret, certs)
	configuration := fmt.Sprintf(`include %s;
host: 127.0.0.1, port: -1
tls { cert_file: %q, key_file: %q, min_version: "1.2" }
jetstream { store_dir: %q, max_file_store: %s, max_memory_store: 0 }
`, v.Config.Merge.Include, filepath.Join(certs, "tls.crt"), filepath.Join(certs, "tls.key"), t.TempDir(), v.Config.JetStream.FileStore.MaxSize)
	mount(t, map[string][]byte{"nats.conf": []byte(configuration)}, filepath.Join(etc, "nats-config"))
	options, err := server.ProcessConfigFile(filepath.Join(etc, "nats-config", "nats.conf"))
	if err != nil {
		t.Fatalf("reading the configuration that the values lead to: %v", err)
	}
	options.NoSigs = true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

// TestSetupOnAServerOfTheseValues makes the credentials, starts a server with what the values take of them, and has "vtq setup" make the
// streams: the names and keys of the Secret are the right ones, and the bounds of all streams fit into the store.
func TestSetupOnAServerOfTheseValues(t *testing.T) {
	v, binary := read(t), vtq(t)
	all := secrets(t, binary)
	name := v.Config.NATS.TLS.SecretName
	for use, other := range map[string]named{"clients": v.Config.NATS.TLS, "routes": v.Config.Cluster.TLS, "the authority": v.TLSCA} {
		if !other.Enabled || other.SecretName != name {
			t.Errorf("%s: %+v, want the Secret %s to be used", use, other, name)
		}
	}
	for _, key := range []string{"tls.crt", "tls.key", "ca.crt"} { // The NATS chart's defaults.
		if len(all[name][key]) == 0 {
			t.Errorf("the Secret %q that vtq credentials makes has no %s", name, key)
		}
	}
	s := serve(t, v, all[name])
	admin := t.TempDir()
	mount(t, all["vtq-nats-admin"], admin)
	cmd := exec.CommandContext(t.Context(), binary, "setup")
	cmd.Env = []string{
		fmt.Sprintf("NATS_URL=tls://localhost:%d", s.Addr().(*net.TCPAddr).Port),
		"NATS_NKEY=" + filepath.Join(admin, "nkey"), "NATS_CA=" + filepath.Join(admin, "ca.crt"),
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("vtq setup: %v\n%s", err, out)
	}
	info, err := s.Jsz(nil)
	if err != nil {
		t.Fatal(err)
	}
	if room := uint64(info.Config.MaxStore); info.Streams != 8 || info.ReservedStore == 0 || info.ReservedStore > room {
		t.Errorf("%d streams with bounds of %d bytes, want 8 and at most the %d of the store", info.Streams, info.ReservedStore, room)
	}
}
