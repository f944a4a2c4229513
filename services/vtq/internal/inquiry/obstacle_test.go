package inquiry_test

import (
	"testing"
	"time"

	"vtq.internal/shared/provider"
	"vtq.internal/shared/stream"
	"vtq.internal/shared/testkit"
	"vtq.internal/shared/wire"
)

func TestObstacle(t *testing.T) {
	now := testkit.Epoch()
	down := &wire.Outage{Fault: "transient", Cause: "connection\x07 refused", Since: now, Until: now.Add(time.Hour)}
	const nobody = "no lookup worker is there to take urgent questions"
	cases := map[string]struct {
		state  map[string]wire.ProviderState // By account.
		worker bool
		want   string
	}{
		"nobody works":     {nil, false, nobody},
		"somebody works":   {nil, true, ""},
		"nothing is wrong": {map[string]wire.ProviderState{"main": {}}, true, ""},
		"an outage": {
			map[string]wire.ProviderState{"main": {Outage: down}},
			false,
			"VirusTotal has not been answering since 2080-01-01 00:00:00 UTC: connection refused",
		},
		"spent":             {map[string]wire.ProviderState{"main": {Spent: map[wire.Lane]time.Time{wire.Urgent: now.Add(day)}}}, true, "the quota of VirusTotal is spent until 2080-01-02 00:00:00 UTC"},
		"spent until today": {map[string]wire.ProviderState{"main": {Spent: map[wire.Lane]time.Time{wire.Urgent: now}}}, true, ""},
		"spent for others":  {map[string]wire.ProviderState{"main": {Spent: map[wire.Lane]time.Time{wire.Fresh: now.Add(day)}}}, true, ""},
		"paused": {
			map[string]wire.ProviderState{"main": {Operator: &wire.Pause{Since: now, Until: now.Add(day), Why: "an audit"}}},
			true,
			"an operator has paused VirusTotal until 2080-01-02 00:00:00 UTC: an audit",
		},
		"paused for no reason": {
			map[string]wire.ProviderState{"main": {Operator: &wire.Pause{Since: now, Until: now.Add(day)}}},
			true,
			"an operator has paused VirusTotal until 2080-01-02 00:00:00 UTC",
		},
		"paused until yesterday": {map[string]wire.ProviderState{"main": {Operator: &wire.Pause{Since: now.Add(-day), Until: now}}}, true, ""},
		"two accounts": {
			map[string]wire.ProviderState{"main": {}, "second": {Operator: &wire.Pause{Until: now.Add(day)}, Outage: down}},
			true,
			"an operator has paused VirusTotal until 2080-01-02 00:00:00 UTC; VirusTotal has not been answering since 2080-01-01 00:00:00 UTC: connection refused",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				for account, state := range c.state {
					l.state(account, state)
				}
				if c.worker {
					defer l.worker()()
					l.sleep(time.Second)
				}
				if got, err := l.inquirer.Obstacle(l.Context()); err != nil || got != c.want {
					l.Errorf("Obstacle = %q, %v, want %q", got, err, c.want)
				}
			})
		})
	}
}

func TestAStateThatCannotBeReadIsNone(t *testing.T) {
	inLab(t, func(l *lab) {
		defer l.worker()()
		l.storeState("main", []byte("no JSON"))
		l.sleep(time.Second)
		if got, err := l.inquirer.Obstacle(l.Context()); err != nil || got != "" {
			l.Errorf("Obstacle = %q, %v, want none", got, err)
		}
	})
}

func TestALaneThatTheServerHolds(t *testing.T) {
	inLab(t, func(l *lab) {
		name := stream.LookupConsumer(wire.Urgent, provider.VirusTotal)
		if _, err := l.js.PauseConsumer(l.Context(), stream.Urgent, name, time.Now().Add(time.Hour)); err != nil {
			l.Fatal(err)
		}
		if got, err := l.inquirer.Obstacle(l.Context()); err != nil || got != "the server holds urgent questions for another 1h0m0s" {
			l.Errorf("Obstacle = %q, %v, want the server's pause", got, err)
		}
	})
}
