package lookup

import (
	"context"
	"time"

	"vtq.internal/shared/config"
	"vtq.internal/shared/virustotal"
)

// A Quota is what a provider allows. Zeros are no limits.
type Quota struct {
	Requests   int           // In any Window.
	Window     time.Duration // Whole seconds. Defaults to a minute.
	Day, Month int           // From 00:00 UTC.
}

// QuotaOf is the quota of the settings.
func QuotaOf(l config.Limits) Quota {
	return Quota{Requests: l.Minute, Window: l.Window, Day: l.Day, Month: l.Month}
}

// Usage is what a provider counted.
type Usage struct{ Day, Month int }

// UsageOf asks VirusTotal's own page of quotas, which costs nothing.
func UsageOf(client *virustotal.Client) func(context.Context) (Usage, error) {
	return func(ctx context.Context) (Usage, error) {
		quotas, err := client.Quotas(ctx)
		if err != nil {
			return Usage{}, err
		}
		return Usage{Day: used(quotas.Daily), Month: used(quotas.Monthly)}, nil
	}
}

// used is what was used of an allowance, zero where the service does not tell.
func used(a *virustotal.Allowance) int {
	if a == nil {
		return 0
	}
	return int(a.Used)
}
