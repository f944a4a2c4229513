package compose_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/nats-io/nats-server/v2/server"
)

// serve starts NATS in this process, with the files that the service mounts where it mounts them, below a folder of the test's.
func serve(t *testing.T, service types.ServiceConfig, keys, configuration string) string {
	t.Helper()
	absolute, err := filepath.Abs(configuration)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var mounts []types.FileReferenceConfig
	for _, c := range service.Configs {
		mounts = append(mounts, types.FileReferenceConfig(c))
	}
	for _, s := range service.Secrets {
		mounts = append(mounts, types.FileReferenceConfig(s))
	}
	for _, mount := range mounts {
		from := filepath.Join(keys, mount.Source)
		if mount.Source == "server.conf" || mount.Source == "vtq.conf" {
			from = filepath.Join(absolute, mount.Source)
		}
		raw, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(mount.Target)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir) // The service's working_dir: paths in server.conf are relative to it.
	options, err := server.ProcessConfigFile(filepath.Base(service.Command[len(service.Command)-1]))
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.HTTPPort, options.NoSigs = "127.0.0.1", server.RANDOM_PORT, server.RANDOM_PORT, true
	nats, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	nats.Start()
	t.Cleanup(func() { nats.Shutdown(); nats.WaitForShutdown() })
	if !nats.ReadyForConnections(30 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	return fmt.Sprintf("tls://localhost:%d", options.Port)
}
