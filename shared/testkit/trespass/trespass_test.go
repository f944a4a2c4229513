package trespass_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/grant"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/testkit/trespass"
)

// connect logs in to a server that refuses one subject.
func connect(t *testing.T, refused string) *nats.Conn {
	t.Helper()
	s := testkit.Loopback(t, testkit.Access{User: "u", Password: "p", Refused: refused})
	nc, err := nats.Connect(s.URL(), nats.UserInfo("u", "p"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestTry(t *testing.T) {
	nc := connect(t, "refused")
	cases := map[string]struct {
		try  trespass.Trespass
		want string
	}{
		"refused":     {trespass.Trespass{Role: grant.Writer, Name: "it", Publish: "refused"}, ""},
		"let through": {trespass.Trespass{Role: grant.Writer, Name: "it", Publish: "allowed"}, "writer: it: the server let it pass: allowed"},
		"overheard":   {trespass.Trespass{Role: grant.Writer, Name: "it", Subscribe: "refused"}, "writer: it: the server let it pass: refused"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.try.Try(t.Context(), nc)
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Errorf("Try = %v, want %q", err, c.want)
			}
		})
	}
	nc.Close()
	if err := cases["refused"].try.Try(t.Context(), nc); err == nil {
		t.Error("Try over a closed connection = nil, want an error")
	}
}

// TestRollup takes a stream's word for it.
func TestRollup(t *testing.T) {
	nc := connect(t, "refused")
	for subject, answer := range map[string]string{
		"strict": `{"error":{"code":500,"err_code":10111,"description":"rollup not permitted"}}`, "lax": `{"stream":"S","seq":1}`,
	} {
		if _, err := nc.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond([]byte(answer)) }); err != nil {
			t.Fatal(err)
		}
	}
	_, err := nc.Subscribe("counter", func(m *nats.Msg) {
		problem := "missing"
		if m.Header.Get("Nats-Incr") != "" {
			problem = "invalid"
		}
		_ = m.Respond([]byte(`{"error":{"code":400,"description":"message counter increment is ` + problem + `"}}`))
	})
	if err != nil {
		t.Fatal(err)
	}
	for subject, ok := range map[string]bool{"strict": true, "counter": true, "lax": false, "nobody": false} {
		try := trespass.Trespass{Role: grant.Writer, Name: "it", Publish: subject, Rollup: true}
		if err := try.Try(t.Context(), nc); (err == nil) != ok {
			t.Errorf("Try of a stream that is %s = %v, want nil: %t", subject, err, ok)
		}
	}
}

// TestAll is a list of different things, some for each role.
func TestAll(t *testing.T) {
	seen, of := map[string]bool{}, map[grant.Role]int{}
	for _, try := range trespass.All() {
		if (try.Publish == "") == (try.Subscribe == "") {
			t.Errorf("%v is not one of a publish and a subscribe", try)
		}
		if at := string(try.Role) + " " + try.Publish + try.Subscribe + " " + try.Name; seen[at] || strings.TrimSpace(try.Name) == "" {
			t.Errorf("%v is listed twice, or has no name", try)
		} else {
			seen[at] = true
		}
		of[try.Role]++
	}
	for _, role := range grant.Roles() {
		if of[role] < 30 {
			t.Errorf("%d for %s, want 30 or more", of[role], role)
		}
	}
}
