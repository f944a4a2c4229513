package summary

import (
	"fmt"
	"slices"
	"strings"

	"vtq.internal/services/vtq/internal/demo"
	"vtq.internal/shared/provider"
)

// providers tells what was spent at each, and what was saved: the quota is the scarce thing. Of one alone that is a single line.
func providers(o demo.Outcome) []figure {
	if len(o.Providers) <= 1 {
		return []figure{{provider.Title(only(o)), join("; ", pace(o), shared(o))}}
	}
	var all []figure
	for _, p := range o.Providers {
		all = append(all, figure{provider.Title(p.Name), join("; ", spent(p), "answered "+count(p.Answered, "indicator"))})
	}
	all = append(all, figure{"failover", join("; ", failovers(o), twice(o))})
	if text := shared(o); text != "" {
		all = append(all, figure{"shared", text})
	}
	return all
}

// only is the one provider; VirusTotal where the outcome does not tell.
func only(o demo.Outcome) string {
	if len(o.Providers) == 0 {
		return provider.VirusTotal
	}
	return o.Providers[0].Name
}

func pace(o demo.Outcome) string {
	return fmt.Sprintf("%s, at up to %s a minute", count(o.ProviderRequests, "request"), thousands(o.QuotaPerMinute))
}

// shared counts what cost no request.
func shared(o demo.Outcome) string {
	other, same := o.Shared.OtherHash, o.Shared.SameObject
	if other+same == 0 {
		return ""
	}
	return fmt.Sprintf("%s shared one: %s as another hash of a file, %s as another spelling",
		count(other+same, "indicator"), thousands(other), thousands(same))
}

// spent tells of requests, and of what they cost where that is something else: of many hashes in one request each counts.
func spent(p demo.Provider) string {
	text := count(p.Requests, "request")
	if p.Spent != p.Requests {
		text += ", billed as " + thousands(p.Spent)
	}
	if p.PerDay > 0 {
		text += fmt.Sprintf(" of %s a day", thousands(p.PerDay))
	}
	return text
}

func failovers(o demo.Outcome) string {
	switch o.Failovers {
	case 0:
		return "not once"
	case 1:
		return "jobs went to another provider once"
	}
	return fmt.Sprintf("jobs went to another provider, and back, %s times", thousands(o.Failovers))
}

func twice(o demo.Outcome) string {
	if o.AskedTwice == 0 {
		return "nobody was asked for what another had answered"
	}
	return count(o.AskedTwice, "request") + " asked for what had been asked before"
}

// waiting tells whose quota the rest waits for.
func waiting(o demo.Outcome) string {
	var names []string
	for _, row := range o.Indicators {
		for _, name := range row.Waits {
			if title := provider.Title(name); !slices.Contains(names, title) {
				names = append(names, title)
			}
		}
	}
	return fmt.Sprintf("%s, until the day of %s begins anew at 00:00 UTC: nobody else answers their kinds",
		count(o.Waiting, "indicator"), strings.Join(names, " or "))
}

// join joins what there is.
func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), separator)
}
