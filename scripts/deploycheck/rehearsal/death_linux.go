package rehearsal

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the system kill the process when its parent is gone, and keeps from it what a terminal sends to its parent's group.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
