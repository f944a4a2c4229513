package summary

import (
	"fmt"
	"strings"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/provider"
)

// A variable is one to set, and what it means.
type variable struct{ assignment, meaning string }

// steps says what to set for the real services.
func steps(s screen.Screen, o demo.Outcome) string {
	variables := append([]variable{
		{"THREATQ_URL=https://threatq.example.com", "your ThreatQ"},
		{"THREATQ_CLIENT_ID=...", "an OAuth client; .env.example tells of other ways"},
		{"THREATQ_CLIENT_SECRET=...", ""},
		{"THREATQ_COLLECTION=...", "the data collection to enrich; without it, everything"},
	}, asking(o)...)
	width := 0
	for _, v := range variables {
		width = max(width, len(v.assignment))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  All of this was simulated. For the real services, set in the environment or in .env:\n\n")
	for _, v := range variables {
		name, value, _ := strings.Cut(v.assignment, "=")
		gap := strings.Repeat(" ", width-len(v.assignment)+3)
		line := fmt.Sprintf("    %s=%s%s%s", s.Paint(screen.Cyan, name), value, gap, s.Paint(screen.Dim, v.meaning))
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(line, " "))
	}
	fmt.Fprintf(&b, "\n  Then %s tells whether they work, and %s (or %s) enriches.\n\n",
		s.Paint(screen.Bold, "vtq check"), s.Paint(screen.Bold, "vtq up"), s.Paint(screen.Bold, "make run"))
	return b.String()
}

// asking is what to set for the providers that were asked.
func asking(o demo.Outcome) []variable {
	key := variable{"VT_API_KEY=...", "a public key will do: 4 requests a minute, 500 a day"}
	switch {
	case len(o.Providers) > 1:
		return []variable{
			key,
			{"RL_API_KEY=...", "ReversingLabs, for files and URLs"},
			{"RL_USER=...", "ReversingLabs, for up to 100 hashes in one request"},
			{"RL_PASSWORD=...", ""},
		}
	case only(o) == provider.ReversingLabs:
		return []variable{
			{"VT_BASE_URL=https://data.reversinglabs.com/api/v3", "ReversingLabs in VirusTotal's place"},
			{"VT_API_KEY=...", "its key"},
		}
	}
	return []variable{key}
}
