package config_test

import (
	"slices"
	"strings"
	"testing"

	"vtq.internal/shared/config"
)

func TestRequestsThatOutlastTheGrace(t *testing.T) {
	const keys = "VT_API_KEY=k RL_API_KEY=k"
	cases := map[string]struct {
		env  string
		want []string // The variables that are warned of.
	}{
		"the defaults":           {keys, nil},
		"just below":             {keys + " VT_TIMEOUT=24s RL_TIMEOUT=24s", nil},
		"as long":                {keys + " VT_TIMEOUT=25s", []string{"VT_TIMEOUT"}},
		"a short grace":          {keys + " VTQ_SHUTDOWN_GRACE=10s", []string{"VT_TIMEOUT", "RL_TIMEOUT"}},
		"of one that is unused":  {"VT_API_KEY=k RL_TIMEOUT=1m", nil},
		"of the other one alone": {"RL_USER=u RL_PASSWORD=p VTQ_PROVIDERS=reversinglabs VTQ_SHUTDOWN_GRACE=10s", []string{"RL_TIMEOUT"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var p config.Providers
			var s config.Shutdown
			if err := config.Load(strings.Fields(c.env), &p, &s); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, line := range p.Warnings(s) {
				variable, _, _ := strings.Cut(line, ":")
				got = append(got, variable)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("Warnings() of %s = %v, want %v", c.env, got, c.want)
			}
		})
	}
}
