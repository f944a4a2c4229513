package stream_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/stream"
)

// A claim is a NATS server that does no more than to say its version and to greet.
type claim string

// InProcessConn implements nats.InProcessConnProvider.
func (c claim) InProcessConn() (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		defer func() { _ = far.Close() }()
		_, _ = fmt.Fprintf(far, "INFO {\"server_id\":\"x\",\"version\":%q,\"headers\":true,\"max_payload\":1048576}\r\n", string(c))
		lines := bufio.NewScanner(far)
		for lines.Scan() {
			if lines.Text() == "PING" {
				_, _ = io.WriteString(far, "PONG\r\n")
			}
		}
	}()
	return near, nil
}

func TestCheckServer(t *testing.T) {
	cases := map[string]string{ // What the complaint says of the version; "" for none.
		"2.14.0":                   "",
		"2.15.2":                   "",
		"v2.14.1":                  "",
		"2.14.0-beta.2":            "",
		"2.100.0":                  "",
		"3.0.0":                    "",
		"2.13.99":                  `it is "2.13.99"`,
		"2.9.0":                    `it is "2.9.0"`,
		"1.99.0":                   `it is "1.99.0"`,
		"":                         `version "" cannot be read`,
		"2.14":                     `version "2.14" cannot be read`,
		"two":                      `version "two" cannot be read`,
		"99999.0.0":                `version "99999.0.0" cannot be read`,
		strings.Repeat("x", 1<<10): `version "` + strings.Repeat("x", 40) + `" cannot be read`,
	}
	for version, want := range cases {
		synctest.Test(t, func(t *testing.T) {
			nc, err := nats.Connect("", nats.InProcessServer(claim(version)), nats.NoReconnect())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			err = stream.CheckServer(nc)
			switch {
			case want == "" && err != nil:
				t.Errorf("CheckServer(%q) = %v, want nil", version, err)
			case want != "" && (!errors.Is(err, stream.ErrServerTooOld) || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), "vtq needs 2.14 or newer")):
				t.Errorf("CheckServer(%q) = %v, want %s and what is needed", version, err, want)
			}
		})
	}
}
