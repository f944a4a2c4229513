package verdict_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/verdict"
)

// FuzzReadPolicy holds what is accepted to what the writer counts on: every class has a meaning that ThreatQ can take, and what is
// written down reads the same again.
func FuzzReadPolicy(f *testing.F) {
	whole, err := json.Marshal(verdict.DefaultPolicy())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(whole), string(whole[:len(whole)/2]), `{}`, `null`, `{"classes":null,"thresholds":null}`, `{"classes":{"Malicious":null}}`,
		`{"classes":{"Malicious":{"severity":"High","score":11}}}`, `{"thresholds":{"malicious":1e3}}`, `{"CLASSES":{"x\n":{}}}`, `{} {}`,
		`{"thresholds":{"malicious":9223372036854775807,"suspicious_malicious":-1}}`, `[]`, `{"x":1}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		policy, err := verdict.ReadPolicy(strings.NewReader(body))
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				if !strings.Contains(line, "verdict policy: ") {
					t.Errorf("ReadPolicy(%q): the line %q does not say whose it is", body, line)
				}
			}
			return
		}
		for _, class := range verdict.Classes() {
			m := policy.Meaning(class)
			if m.Severity == "" || m.Score != nil && (*m.Score < 0 || *m.Score > 10) {
				t.Errorf("ReadPolicy(%q): %s means %+v", body, class, m)
			}
		}
		if got := policy.Classify(verdict.Verdict{Found: true}); got != verdict.ClassNoVerdict {
			t.Errorf("ReadPolicy(%q): no opinions come to %s", body, got)
		}
		written, err := json.Marshal(policy)
		if err != nil {
			t.Fatalf("ReadPolicy(%q) cannot be written: %v", body, err)
		}
		again, err := verdict.ReadPolicy(strings.NewReader(string(written)))
		if diff := cmp.Diff(policy, again); err != nil || diff != "" {
			t.Errorf("ReadPolicy(%q) written and read (-want +got), %v:\n%s", body, err, diff)
		}
	})
}
