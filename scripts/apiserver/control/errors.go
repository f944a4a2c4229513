package control

import "errors"

var (
	// errStartTimeout is why a start is given up.
	errStartTimeout = errors.New("the servers took too long to start")

	// errFatal is what the API server's log has the reason of.
	errFatal = errors.New("it called something fatal")
)
