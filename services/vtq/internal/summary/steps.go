package summary

import (
	"fmt"
	"strings"

	"vtq.internal/services/vtq/internal/screen"
)

// steps says what to set for the real services.
func steps(s screen.Screen) string {
	variables := []struct{ assignment, meaning string }{
		{"THREATQ_URL=https://threatq.example.com", "your ThreatQ"},
		{"THREATQ_CLIENT_ID=...", "an OAuth client; .env.example tells of other ways"},
		{"THREATQ_CLIENT_SECRET=...", ""},
		{"THREATQ_COLLECTION=...", "the data collection to enrich; without it, everything"},
		{"VT_API_KEY=...", "a public key will do: 4 requests a minute, 500 a day"},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  All of this was simulated. For the real services, set in the environment or in .env:\n\n")
	for _, v := range variables {
		name, value, _ := strings.Cut(v.assignment, "=")
		gap := strings.Repeat(" ", len(variables[0].assignment)-len(v.assignment)+3)
		line := fmt.Sprintf("    %s=%s%s%s", s.Paint(screen.Cyan, name), value, gap, s.Paint(screen.Dim, v.meaning))
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(line, " "))
	}
	fmt.Fprintf(&b, "\n  Then %s tells whether they work, and %s (or %s) enriches.\n\n",
		s.Paint(screen.Bold, "vtq check"), s.Paint(screen.Bold, "vtq up"), s.Paint(screen.Bold, "make run"))
	return b.String()
}
