package rehearsal_test

import (
	"strconv"
	"strings"
	"testing"

	"vtq.internal/scripts/deploycheck/rehearsal"
)

// TestJudge says who may have asked again.
func TestJudge(t *testing.T) {
	cases := map[string]struct {
		play       func(*rehearsal.Calls)
		all, again int
		wrong      string
	}{
		"each once": {func(c *rehearsal.Calls) {
			a, b := c.Begin("a"), c.Begin("b")
			c.Ask(a, "1")
			c.Ask(b, "2")
		}, 2, 0, ""},
		"after a kill": {func(c *rehearsal.Calls) {
			a, b := c.Begin("a"), c.Begin("b")
			c.Ask(a, "1")
			a.Kill()
			c.Ask(b, "1")
		}, 2, 1, ""},
		"after two kills": {func(c *rehearsal.Calls) {
			for range 2 {
				life := c.Begin("a")
				c.Ask(life, "1")
				life.Kill()
			}
			c.Ask(c.Begin("b"), "1")
		}, 3, 2, ""},
		"twice by the same": {func(c *rehearsal.Calls) {
			a := c.Begin("a")
			c.Ask(a, "1")
			c.Ask(a, "1")
		}, 2, 1, "1 was asked about 2 times, though a, which lives, had asked"},
		"again by the killed one's heir": {func(c *rehearsal.Calls) {
			a, b := c.Begin("a"), c.Begin("b")
			c.Ask(a, "1")
			a.Kill()
			c.Ask(b, "1")
			c.Ask(b, "1")
		}, 3, 2, "though b"},
		"twice under two names": {func(c *rehearsal.Calls) {
			c.Know("md5", "sha256")
			a := c.Begin("a")
			c.Ask(a, "md5")
			c.Ask(a, "sha256")
		}, 2, 1, "sha256 was asked about 2 times"},
		"as many as are in hand":   {func(c *rehearsal.Calls) { die(c, rehearsal.InHand) }, 8, 4, ""},
		"more than are in hand":    {func(c *rehearsal.Calls) { die(c, rehearsal.InHand+1) }, 10, 5, "5 answers died with a a, which has no more than 4 jobs in hand"},
		"nothing":                  {func(*rehearsal.Calls) {}, 0, 0, ""},
		"a life that never worked": {func(c *rehearsal.Calls) { c.Begin("a").Kill() }, 0, 0, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := rehearsal.NewCalls()
			c.play(calls)
			j := calls.Judge()
			if wrong := strings.Join(j.Wrong, "\n"); j.All != c.all || j.Again != c.again || (wrong == "") != (c.wrong == "") || !strings.Contains(wrong, c.wrong) {
				t.Errorf("Judge() = %+v, want %d requests, %d of them again, and %q", j, c.all, c.again, c.wrong)
			}
		})
	}
}

// die has a life ask n times and die, and another ask all of it again.
func die(c *rehearsal.Calls, n int) {
	a, b := c.Begin("a"), c.Begin("b")
	for i := range n {
		c.Ask(a, strconv.Itoa(i))
		c.Ask(b, strconv.Itoa(i))
	}
	a.Kill()
}
