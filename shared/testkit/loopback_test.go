package testkit_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/testkit"
)

func TestLoopback(t *testing.T) {
	server := testkit.Loopback(t, testkit.Access{User: "me", Password: "secret", Refused: "no.>"})
	if nc, err := nats.Connect(server.URL()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("without a login: %v, %v, want it refused", nc, err)
	}
	refused := make(chan error, 1)
	nc, err := nats.Connect(server.URL(), nats.UserInfo("me", "secret"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("no.entry", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("a publish that is refused says %v", err)
	}
	if _, err := nc.Request("$JS.API.INFO", nil, 10*time.Second); err != nil {
		t.Errorf("asking for JetStream: %v", err)
	}
	before := server.URL()
	server.Stop()
	server.Start()
	if server.URL() != before {
		t.Errorf("after a restart the server is at %s, before at %s", server.URL(), before)
	}
}

func TestLoopbackLogins(t *testing.T) {
	token := testkit.Loopback(t, testkit.Access{Token: "secret"})
	if nc, err := nats.Connect(token.URL(), nats.Token("secret")); err != nil {
		t.Errorf("with a token: %v", err)
	} else {
		nc.Close()
	}
	keys := testkit.Loopback(t, testkit.Access{NKey: "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"})
	if nc, err := nats.Connect(keys.URL()); err == nil {
		nc.Close()
		t.Error("a server that wants a key lets everybody in")
	}
	secure := testkit.Loopback(t, testkit.Access{TLS: &tls.Config{MinVersion: tls.VersionTLS12}})
	if nc, err := nats.Connect(secure.URL()); err == nil || !strings.Contains(err.Error(), "tls") {
		t.Errorf("a server without certificate: %v, %v, want a failed handshake", nc, err)
	}
}
