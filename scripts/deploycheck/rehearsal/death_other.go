//go:build !linux

package rehearsal

import "os/exec"

// dieWithParent is beyond this system: what a test that is killed leaves behind has to be ended by hand.
func dieWithParent(*exec.Cmd) {}
