package check

import (
	"context"
	"fmt"
	"strings"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/virustotal"
)

// nameVirusTotal is the provider's title.
const nameVirusTotal = "VirusTotal"

// unlimited is what the service shows as allowed where there is no limit (vendor documentation).
const unlimited = 1_000_000_000

// reachVirusTotal asks for the quotas, which is free and proves the key.
func reachVirusTotal(ctx context.Context, s config.VirusTotal) Result {
	tried := "asking " + s.Endpoint.BaseURL.String() + " for the quotas of the key"
	client, err := dial.VirusTotal(s)
	if err != nil {
		return failed(nameVirusTotal, tried, err, "check VT_API_KEY, VT_CA_FILE and VT_PROXY")
	}
	quotas, err := client.Quotas(ctx)
	switch fault.KindOf(err) {
	case fault.Permanent: // What a gateway to VirusTotal has that passes on nothing but look-ups.
		return Result{
			Check: nameVirusTotal, State: Note, Tried: tried, Found: err.Error(),
			Mend: "the service answers; whether it takes the key shows at the first look-up",
		}
	case fault.Denied:
		return failed(nameVirusTotal, tried, err, "check VT_API_KEY: the service does not take it")
	case fault.Transient, fault.Quota, fault.Interrupted, fault.Gone, fault.Unknown:
	}
	if err != nil {
		return failed(nameVirusTotal, tried, err, "see whether the service can be reached; if it can, check VT_BASE_URL, VT_PROXY and VT_CA_FILE")
	}
	return verdictOn(quotas, s, tried)
}

// verdictOn holds the quotas against the settings.
func verdictOn(q virustotal.Quotas, s config.VirusTotal, tried string) Result {
	result := Result{Check: nameVirusTotal, State: OK, Tried: tried, Found: "the key works: " + spent(q)}
	set := fmt.Sprintf("%d requests a minute are set", s.Limits().Minute)
	if s.Limits().Minute == 0 {
		set = "no limit is set"
	}
	switch {
	case exceeds(s.Limits().Minute, q.Hourly):
		result.State = Note
		result.Mend = fmt.Sprintf("%s, the key allows %d: lower VT_REQUESTS_PER_MINUTE", set, q.Hourly.Allowed/60)
	case q.Daily != nil && q.Daily.Left() == 0, q.Monthly != nil && q.Monthly.Left() == 0:
		result.State = Note
		result.Mend = "nothing is left: look-ups wait until the quota is renewed, at 00:00 UTC, of the day or of the month"
	}
	return result
}

// exceeds tells whether more is set than the key allows. The service shows the minute's limit by sixty.
func exceeds(perMinute int, hourly *virustotal.Allowance) bool {
	if hourly == nil || hourly.Allowed >= unlimited {
		return false
	}
	return perMinute == 0 || int64(perMinute) > hourly.Allowed/60
}

// spent leaves out the windows that the service does not tell of.
func spent(q virustotal.Quotas) string {
	var parts []string
	for _, window := range []struct {
		name string
		*virustotal.Allowance
	}{{"this hour", q.Hourly}, {"today", q.Daily}, {"this month", q.Monthly}} {
		switch {
		case window.Allowance == nil:
		case window.Allowed >= unlimited:
			parts = append(parts, fmt.Sprintf("%d used %s, without a limit", window.Used, window.name))
		default:
			parts = append(parts, fmt.Sprintf("%d of %d used %s", window.Used, window.Allowed, window.name))
		}
	}
	return strings.Join(parts, "; ")
}
