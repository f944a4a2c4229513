package verdict_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/verdict"
)

func TestHashes(t *testing.T) {
	cases := map[string]struct {
		text string
		want verdict.HashType
	}{
		"MD5":            {strings.Repeat("d", 32), verdict.MD5},
		"SHA-1":          {strings.Repeat("0", 40), verdict.SHA1},
		"SHA-256":        {strings.Repeat("9", 64), verdict.SHA256},
		"SHA-512":        {strings.Repeat("9", 128), ""},
		"too short":      {strings.Repeat("d", 31), ""},
		"too long":       {strings.Repeat("d", 33), ""},
		"no hex":         {strings.Repeat("g", 32), ""},
		"in capitals":    {strings.Repeat("D", 32), ""},
		"nothing":        {"", ""},
		"a placeholder":  {"<SHA-256>", ""},
		"in other bytes": {strings.Repeat("ä", 16), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := verdict.HashTypeOf(c.text); got != c.want {
				t.Errorf("HashTypeOf(%q) = %q, want %q", c.text, got, c.want)
			}
			if got := verdict.Hash(strings.ToUpper(c.text), c.want); c.want != "" && got != c.text {
				t.Errorf("Hash(%q, %q) = %q, want it in lower case", strings.ToUpper(c.text), c.want, got)
			}
			for _, typ := range []verdict.HashType{verdict.MD5, verdict.SHA1, verdict.SHA256, ""} {
				if got := verdict.Hash(c.text, typ); got != "" && typ != verdict.HashTypeOf(got) {
					t.Errorf("Hash(%q, %q) = %q", c.text, typ, got)
				}
			}
		})
	}
}
