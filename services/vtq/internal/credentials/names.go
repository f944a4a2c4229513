package credentials

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
)

const (
	// maxNames bounds the names in a certificate: every client reads all of them with each connection, and nine servers with five names
	// each are more than NATS advises for a cluster.
	maxNames = 50
	// maxName is the longest host name there is (RFC 1035).
	maxName = 253
)

var (
	hostPattern = regexp.MustCompile(`^(?i:\*\.)?(?i:[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)(?i:\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$`)
	// namespacePattern is an RFC 1123 label, which the name of a namespace is (Kubernetes documentation, Object Names and IDs).
	namespacePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// LocalNames are those of a server on this machine.
func LocalNames() []string { return []string{"localhost", "127.0.0.1", "::1"} }

// ClusterNames are those of a release "nats" of the NATS chart: by its service, from any namespace, and each server by itself, as the
// routes between them go.
func ClusterNames(namespace string) []string {
	var names []string
	for _, service := range []string{"nats", "nats-headless", "*.nats-headless"} {
		for _, domain := range []string{"", "." + namespace, "." + namespace + ".svc", "." + namespace + ".svc.cluster.local"} {
			names = append(names, service+domain)
		}
	}
	return append(names, LocalNames()...) // For a forwarded port.
}

// CheckNames tells which names no certificate can bear.
func CheckNames(names []string) error {
	if len(names) == 0 || len(names) > maxNames {
		return fmt.Errorf("--server: wants 1 to %d names (got %d)", maxNames, len(names))
	}
	var all []error
	for _, name := range names {
		if net.ParseIP(name) == nil && !hostName(name) {
			all = append(all, fmt.Errorf("--server: wants a host name or an IP address, without scheme and port (got %.60q)", name))
		}
	}
	return errors.Join(all...)
}

// hostName leaves out what only looks like an address, such as 10.0.0.300: its last label is a number, which none of a host is.
func hostName(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return len(name) <= maxName && hostPattern.MatchString(name) && strings.Trim(last, "0123456789") != ""
}

// CheckNamespace tells whether Kubernetes could not have a namespace of this name.
func CheckNamespace(name string) error {
	if !namespacePattern.MatchString(name) {
		return fmt.Errorf("--namespace: wants lower-case letters, digits and hyphens, at most 63 (got %.80q)", name)
	}
	return nil
}
