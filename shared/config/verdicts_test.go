package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
	"vtq.internal/shared/verdict"
)

func TestVerdicts(t *testing.T) {
	age := func(name, got string) []string {
		return []string{name + ": wants 1h0m0s to 17520h0m0s (got " + got + ")"}
	}
	wrong := write(t, `{"thresholds":{"malicious":0},"classes":{"Harmless":{"severity":"Dire","score":11}}}`)
	checkBlock[config.Verdicts](t, "", map[string]blockCase{
		"nothing set":     {"", nil},
		"least ages":      {"VTQ_REFRESH_MALICIOUS=1h VTQ_REFRESH_CLEAN=1h VTQ_REFRESH_NOT_FOUND=1h", nil},
		"longest ages":    {"VTQ_REFRESH_MALICIOUS=17520h VTQ_REFRESH_CLEAN=17520h VTQ_REFRESH_NOT_FOUND=17520h", nil},
		"malicious young": {"VTQ_REFRESH_MALICIOUS=59m59s", age("VTQ_REFRESH_MALICIOUS", "59m59s")},
		"clean old":       {"VTQ_REFRESH_CLEAN=17521h", age("VTQ_REFRESH_CLEAN", "17521h0m0s")},
		"not found never": {"VTQ_REFRESH_NOT_FOUND=0s", age("VTQ_REFRESH_NOT_FOUND", "0s")},
		"no jitter":       {"VTQ_REFRESH_JITTER=0", nil},
		"most jitter":     {"VTQ_REFRESH_JITTER=0.5", nil},
		"more jitter":     {"VTQ_REFRESH_JITTER=0.51", []string{"VTQ_REFRESH_JITTER: wants 0 to 0.5 (got 0.51)"}},
		"jitter of what":  {"VTQ_REFRESH_JITTER=NaN", []string{"VTQ_REFRESH_JITTER: wants 0 to 0.5 (got NaN)"}},
		"policy":          {"VTQ_VERDICT_POLICY_FILE=" + write(t, `{"thresholds":{"malicious":3}}`), nil},
		"policy missing": {
			"VTQ_VERDICT_POLICY_FILE=/hunter2",
			[]string{"VTQ_VERDICT_POLICY_FILE: wants the path of a readable file (no such file or directory)"},
		},
		"policy is a directory": {
			"VTQ_VERDICT_POLICY_FILE=" + t.TempDir(),
			[]string{"VTQ_VERDICT_POLICY_FILE: wants the path of a readable file (is a directory)"},
		},
		"every complaint names the variable": {
			"VTQ_REFRESH_CLEAN=1s VTQ_VERDICT_POLICY_FILE=" + wrong,
			append([]string{
				"VTQ_VERDICT_POLICY_FILE: verdict policy: every threshold must be at least 1, else everything is suspicious",
				"VTQ_VERDICT_POLICY_FILE: verdict policy: suspicious_malicious (1) must not be above malicious (0)",
				`VTQ_VERDICT_POLICY_FILE: verdict policy: severity of "Harmless" must be High, Medium, Low or None (got "Dire")`,
				`VTQ_VERDICT_POLICY_FILE: verdict policy: score of "Harmless" must be 0 to 10 or null (got 11)`,
			}, age("VTQ_REFRESH_CLEAN", "1s")...),
		},
	})
}

func TestVerdictsPolicy(t *testing.T) {
	changed := verdict.DefaultPolicy()
	changed.Thresholds.Malicious = 3
	cases := map[string]struct {
		file string
		want verdict.Policy
	}{
		"default":   {"", verdict.DefaultPolicy()},
		"from file": {write(t, `{"thresholds":{"malicious":3}}`), changed},
	}
	for name, c := range cases {
		got, err := config.Verdicts{PolicyFile: c.file}.Policy()
		if err != nil {
			t.Errorf("%s: Policy() = %v, want no error", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: Policy(): -want +got\n%s", name, diff)
		}
	}
}

// TestVerdictsAges holds the ages to the settings, and what is kept to twice the longest of them.
func TestVerdictsAges(t *testing.T) {
	const day = 24 * time.Hour
	var byDefault config.Verdicts
	if err := config.Load(nil, &byDefault); err != nil {
		t.Fatal(err)
	}
	if byDefault.Jitter != 0.1 {
		t.Errorf("the ages vary by %v, want a tenth", byDefault.Jitter)
	}
	cases := map[string]struct {
		ages config.Verdicts
		keep time.Duration
	}{
		"default":           {byDefault, 60 * day},
		"malicious longest": {config.Verdicts{Malicious: 3 * day, Clean: day, NotFound: 2 * day}, 6 * day},
		"clean longest":     {config.Verdicts{Malicious: day, Clean: 3 * day, NotFound: 2 * day}, 6 * day},
		"not found longest": {config.Verdicts{Malicious: day, Clean: 2 * day, NotFound: 3 * day}, 6 * day},
	}
	for name, c := range cases {
		want := verdict.Refresh{Malicious: c.ages.Malicious, Clean: c.ages.Clean, NotFound: c.ages.NotFound, Jitter: c.ages.Jitter}
		if diff := cmp.Diff(want, c.ages.Refresh()); diff != "" {
			t.Errorf("%s: Refresh(): -want +got\n%s", name, diff)
		}
		if got := c.ages.Keep(); got != c.keep {
			t.Errorf("%s: Keep() = %v, want %v", name, got, c.keep)
		}
	}
}

func TestShutdown(t *testing.T) {
	grace := func(got string) []string { return []string{"VTQ_SHUTDOWN_GRACE: wants 0s to 10m0s (got " + got + ")"} }
	checkBlock[config.Shutdown](t, "", map[string]blockCase{
		"nothing set": {"", nil},
		"at once":     {"VTQ_SHUTDOWN_GRACE=0s", nil},
		"longest":     {"VTQ_SHUTDOWN_GRACE=10m", nil},
		"negative":    {"VTQ_SHUTDOWN_GRACE=-1s", grace("-1s")},
		"too long":    {"VTQ_SHUTDOWN_GRACE=10m1s", grace("10m1s")},
	})
	var got config.Shutdown
	if err := config.Load(nil, &got); err != nil || got.Grace != 25*time.Second {
		t.Errorf("Load(nothing) = %v, %v, want a grace of 25s", got.Grace, err)
	}
}
