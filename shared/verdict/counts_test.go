package verdict_test

import (
	"testing"

	"vtq.internal/shared/verdict"
)

// opinions says for each of the provider's eight categories whether an engine counted there said something.
func opinions() map[verdict.Category]bool {
	return map[verdict.Category]bool{
		"malicious": true, "suspicious": true, "harmless": true, "undetected": true,
		"timeout": false, "confirmed-timeout": false, "failure": false, "type-unsupported": false,
	}
}

func TestCategories(t *testing.T) {
	seen := map[verdict.Category]bool{}
	for _, category := range verdict.Categories() {
		want, ok := opinions()[category]
		if !ok {
			t.Errorf("Categories lists %q, which the provider does not send", category)
		}
		if got := category.Opinion(); got != want {
			t.Errorf("%s.Opinion() = %v, want %v", category, got, want)
		}
		seen[category] = true
	}
	if len(seen) != len(opinions()) || len(verdict.Categories()) != len(opinions()) {
		t.Errorf("Categories lists %v, want each of the eight once", verdict.Categories())
	}
	if verdict.Category("sandboxed").Opinion() {
		t.Error("a category that nobody knows counts as an opinion")
	}
}

func TestCounts(t *testing.T) {
	// Each category has its own power of two, so that the sum tells which ones went into it.
	all := verdict.Counts{
		verdict.Malicious: 1, verdict.Suspicious: 2, verdict.Harmless: 4, verdict.Undetected: 8,
		verdict.Timeout: 16, verdict.ConfirmedTimeout: 32, verdict.Failure: 64, verdict.TypeUnsupported: 128,
		"sandboxed": 256,
	}
	cases := map[string]struct {
		counts   verdict.Counts
		opinions int
		timeouts int
		provided bool // Whether timeout was.
	}{
		"all eight and one unknown": {all, 1 + 2 + 4 + 8, 16, true},
		"no opinion":                {verdict.Counts{verdict.Timeout: 3, verdict.Failure: 2}, 0, 3, true},
		"zero is provided":          {verdict.Counts{verdict.Timeout: 0, verdict.Malicious: 2}, 2, 0, true},
		"absent":                    {verdict.Counts{verdict.Harmless: 70}, 70, 0, false},
		"nil":                       {nil, 0, 0, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := c.counts.Opinions(); got != c.opinions {
				t.Errorf("%v.Opinions() = %d, want %d", c.counts, got, c.opinions)
			}
			if got := c.counts.Of(verdict.Timeout); got != c.timeouts {
				t.Errorf("%v.Of(timeout) = %d, want %d", c.counts, got, c.timeouts)
			}
			if got := c.counts.Provided(verdict.Timeout); got != c.provided {
				t.Errorf("%v.Provided(timeout) = %v, want %v", c.counts, got, c.provided)
			}
		})
	}
}
