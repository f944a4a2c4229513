package rehearsal

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are below those that systems give to connections (from 32768 on Linux): one of these could take the port of a process that is away.
const (
	lowestPort  = 15_000
	highestPort = 32_000
	// portTries is for each port that is wanted.
	portTries = 100
)

// errNoPorts is for a machine on which nothing is free.
var errNoPorts = errors.New("looking for free ports: none found")

// FreePorts finds ports of this machine that nobody uses.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	var ports []int
	for range portTries * n {
		port := lowestPort + rand.IntN(highestPort-lowestPort) //nolint:gosec // Nobody gains by guessing it.
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(port))
		if err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // At the end, so that no port comes twice.
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errNoPorts
}

// host is where everything is.
const host = "127.0.0.1"

// address is a port's.
func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
