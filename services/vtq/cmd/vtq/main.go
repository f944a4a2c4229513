// Command vtq enriches the indicators of a ThreatQ with what VirusTotal knows about them, in one process; shows itself at work on
// simulators (vtq demo); and tells whether its configuration will do (vtq check).
package main

import (
	"os"

	"vtq.internal/services/vtq/internal/cli"
	"vtq.internal/shared/daemon"
)

func main() {
	os.Exit(cli.Main(daemon.Process{Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Exit: os.Exit}))
}
