package vtq_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mills is what mills share: the programs, and a NATS server in a process of its own, which has an account for each mill.
type mills struct {
	dir     string
	address string

	mu   sync.Mutex
	next int
}

// maxMills is how many accounts the server has.
const maxMills = 80

func newMills(t *testing.T) *mills {
	t.Helper()
	w := &mills{dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])}
	args := []string{"build", "-o", w.dir + string(filepath.Separator), "github.com/nats-io/nats-server/v2"}
	for _, s := range stages() {
		args = append(args, fmt.Sprintf("vtq.internal/services/%s/cmd/vtq-%[1]s", s.stage))
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("building the programs: %v\n%s", err, out)
	}
	var accounts strings.Builder
	for i := range maxMills {
		fmt.Fprintf(&accounts, "mill%d { jetstream: enabled, users: [{ user: mill%[1]d, password: mill%[1]d }] }\n", i)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf("listen: %s\nlog_file: %q\njetstream { store_dir: %q, max_file_store: 900TB }\nauthorization { timeout: 60 }\naccounts {\n%s}\n",
		w.address, filepath.Join(dir, "log"), dir, &accounts)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	keep(t, serverAway, filepath.Join(dir, "output"), nil, filepath.Join(w.dir, "nats-server"), "-c", file)
	return w
}
