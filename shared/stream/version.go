package stream

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/nats-io/nats.go"
)

// ErrServerTooOld means that the server lacks what the pipeline stands on.
var ErrServerTooOld = errors.New("nats-server is too old")

// Version 2.14 brought per-message TTL together with counters and the reset of consumers.
const minMajor, minMinor = 2, 14

// CheckServer tells whether the connected server is new enough. The error is ErrServerTooOld.
func CheckServer(nc *nats.Conn) error { return checkVersion(nc.ConnectedServerVersion()) }

// checkVersion shows at most 40 characters of a version: whoever answers on that port has written it.
func checkVersion(version string) error {
	parts := versionPattern.FindStringSubmatch(version)
	if parts == nil {
		return fmt.Errorf("%w: version %.40q cannot be read; vtq needs %d.%d or newer", ErrServerTooOld, version, minMajor, minMinor)
	}
	major, _ := strconv.Atoi(parts[1]) // Digits by the pattern.
	minor, _ := strconv.Atoi(parts[2])
	if major < minMajor || major == minMajor && minor < minMinor {
		return fmt.Errorf("%w: it is %.40q, vtq needs %d.%d or newer", ErrServerTooOld, version, minMajor, minMinor)
	}
	return nil
}

var versionPattern = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})\.`)
