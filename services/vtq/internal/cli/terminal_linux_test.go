package cli_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"vtq.internal/services/vtq/internal/simulation"
)

// terminal opens a terminal of 100 columns, and gives both its ends: what the command writes to, and what shows it.
func terminal(t *testing.T) (line, shown *os.File) {
	t.Helper()
	shown, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no terminals: %v", err)
	}
	t.Cleanup(func() { _ = shown.Close() })
	fd := int(shown.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}); err != nil {
		t.Fatal(err)
	}
	line, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return line, shown
}

// show runs the command on a terminal, and returns what it wrote.
func show(t *testing.T, until string, env []string, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	line, shown := terminal(t)
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Env = t.TempDir(), append([]string{asVTQ + "=1", "TERM=xterm", "TMPDIR=" + t.TempDir()}, env...)
	cmd.Stdout, cmd.Stderr = line, line
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = line.Close() // The command has its own.
	text := &output{}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(text, shown) // Ends with an error when the command does.
	}()
	eventually(t, until, func() bool { return strings.Contains(text.String(), until) })
	_ = cmd.Process.Signal(syscall.SIGTERM) // Where it has not ended by itself.
	_ = cmd.Wait()
	<-read
	return text.String()
}

func TestOnATerminalABarMoves(t *testing.T) {
	got := show(t, "make run", nil, "demo", "--reports", reports(t, 2))
	for _, want := range []string{"\r\x1b[2K", "━", "second pass", "\x1b[31mMalicious\x1b[0m"} {
		if !strings.Contains(got, want) {
			t.Errorf("the terminal shows no %q:\n%q", want, got)
		}
	}
	plain := show(t, "make run", []string{"NO_COLOR=1"}, "demo", "--reports", reports(t, 2))
	if strings.Contains(plain, "\x1b[3") || !strings.Contains(plain, "━") {
		t.Errorf("with NO_COLOR the terminal shows colours, or no bar:\n%q", plain)
	}
}

func TestOnATerminalLogsAreForPeople(t *testing.T) {
	env := simulators(t, simulation.Options{}, simulation.Synthetic()[:1]).Environment()
	if got := show(t, "walk finished", env, "up"); !strings.Contains(got, "enriching") || strings.Contains(got, `{"level"`) {
		t.Errorf("the terminal shows:\n%s", got)
	}
	if got := show(t, "walk finished", append(env, "LOG_FORMAT=json"), "up"); !strings.Contains(got, `{"level"`) {
		t.Errorf("with LOG_FORMAT=json the terminal shows:\n%s", got)
	}
}
