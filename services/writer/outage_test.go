package writer_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	simulator "vtq.internal/shared/simulator/threatq"
)

// everything fails every request.
func everything(fault *simulator.Fault) hook {
	return func(*http.Request) *simulator.Fault { return fault }
}

// logins refuses the credentials, as for a client that was disabled.
func logins(r *http.Request) *simulator.Fault {
	if r.Pattern != simulator.EndpointToken {
		return nil
	}
	return &simulator.Fault{Status: http.StatusBadRequest, Body: `{"error":"invalid_credentials"}`}
}

func TestAnOutageHealsByItself(t *testing.T) {
	cases := map[string]struct {
		fault *simulator.Fault
		lasts time.Duration
	}{
		"in maintenance":   {simulator.ServiceUnavailableHTML(), 3 * time.Hour},
		"a proxy's login":  {simulator.OKHTML(), 10 * time.Minute},
		"connections drop": {simulator.CutConnection(), 10 * time.Minute},
		"no answer":        {&simulator.Fault{Stall: day}, 10 * time.Minute},
		"overloaded":       {simulator.TooManyRequests(0), 10 * time.Minute},
		"redirecting":      {simulator.Redirect(), 10 * time.Minute},
		"answers break":    {simulator.Truncated(1), 10 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				ids := l.add(40)
				hook, failed := counting(everything(c.fault))
				l.fail(hook)
				r := l.start()
				for _, id := range ids {
					l.answer(id, found(14))
				}
				l.sleep(c.lasts)
				if got := r.value("vtq_threatq_down"); got != 1 {
					l.Errorf("vtq_threatq_down = %v in an outage, want 1", got)
				}
				if got, minutes := failed.Load(), int64(c.lasts.Minutes()); got < minutes*2/3 || got > 2*minutes+20 {
					l.Errorf("a ThreatQ that is down was asked %d times in %d minutes, want about once in each", got, minutes)
				}
				l.fail(nil)
				l.settled(2 * time.Minute)
				r.stop()
				l.verdictsAre("Malicious", ids...)
				l.nothingDied()
				if got := r.value("vtq_threatq_down"); got != 0 {
					l.Errorf("vtq_threatq_down = %v after an outage, want 0", got)
				}
				for _, one := range l.logs.settlements() {
					if one.Delivery != 1 || one.Settle != "ack" {
						l.Errorf("an outage was held against a message: %+v", one)
					}
				}
			})
		})
	}
}

// TestCredentialsThatAreRevoked ends the session and refuses a new one, for an hour.
func TestCredentialsThatAreRevoked(t *testing.T) {
	inLab(t, func(l *lab) {
		ids := l.add(6)
		r := l.start()
		l.answer(ids[0], found(14))
		l.settled(time.Minute)
		l.fail(logins)
		l.tq.Revoke()
		for _, id := range ids[1:] {
			l.answer(id, found(14))
		}
		l.sleep(time.Hour)
		if got := l.logs.loud("ThreatQ takes nothing"); got != 1 {
			l.Errorf("refused credentials are told %d times at level error, want once", got)
		}
		if got := r.value("vtq_credentials_denied threatq writer"); got != 1 {
			l.Errorf("vtq_credentials_denied = %v while the login is refused, want 1", got)
		}
		l.fail(nil)
		l.settled(2 * time.Minute)
		if got := r.value("vtq_credentials_denied threatq writer"); got != 0 {
			l.Errorf("vtq_credentials_denied = %v afterwards, want 0", got)
		}
		r.stop()
		l.verdictsAre("Malicious", ids...)
		l.nothingDied()
		back := l.logs.with(func(one line) bool { return strings.HasPrefix(one.Message, "ThreatQ answers again") })
		if len(back) != 1 || back[0].Down < 3600 || back[0].Down > 3700 {
			l.Errorf("the end of the outage is told as %+v, want once, after an hour", back)
		}
	})
}

// TestAnOutageThatTurnsIntoARefusal is told loudly then: from there on it needs a person.
func TestAnOutageThatTurnsIntoARefusal(t *testing.T) {
	inLab(t, func(l *lab) {
		id := l.add(1)[0]
		l.fail(everything(simulator.ServiceUnavailableHTML()))
		l.answer(id, found(14))
		r := l.start()
		l.sleep(time.Hour)
		if got := l.logs.loud(""); got != 0 {
			l.Errorf("an outage is told %d times at level error, want 0", got)
		}
		l.fail(logins)
		l.sleep(time.Hour)
		if got := l.logs.loud("ThreatQ takes nothing"); got != 1 {
			l.Errorf("refused credentials are told %d times at level error, want once", got)
		}
		l.fail(nil)
		l.settled(2 * time.Minute)
		r.stop()
		l.verdictsAre("Malicious", id)
		l.nothingDied()
	})
}

// TestASessionThatEndsIsRenewed loses the token within a batch, and again every two minutes.
func TestASessionThatEndsIsRenewed(t *testing.T) {
	inLab(t, func(l *lab) {
		l.tq.Latency, l.tq.TokenLife = time.Second, 2*time.Minute
		ids := l.add(200)
		for _, id := range ids {
			l.answer(id, found(14))
		}
		time.AfterFunc(10*time.Second, l.tq.Revoke)
		l.drain()
		l.verdictsAre("Malicious", ids...)
		for _, one := range l.logs.settlements() {
			if one.Delivery != 1 || one.Settle != "ack" {
				l.Errorf("the end of a session was held against a message: %+v", one)
			}
		}
	})
}
