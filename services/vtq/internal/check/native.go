package check

import (
	"context"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/provider"
)

// reachNative asks for a file that nobody has, as a look-up does: it proves the user, and the right to TCA-0103. A single look-up is
// billed for a 200 alone (vendor's documentation), and what is asked for here is a 404.
func reachNative(ctx context.Context, s config.ReversingLabs) Result {
	name, tried := provider.Title(provider.ReversingLabs), "asking "+s.NativeURL.String()+" for a file that nobody has"
	client, err := dial.ReversingLabs(s)
	if err != nil {
		return failed(name, tried, err, "check RL_USER, RL_PASSWORD, RL_CA_FILE and RL_PROXY")
	}
	_, err = client.Look(ctx, indicator.Object{Kind: indicator.File, Value: nobodys})
	switch fault.KindOf(err) {
	case fault.Denied:
		return failed(name, tried, err, "check RL_USER and RL_PASSWORD, and whether the contract has TCA-0103")
	case fault.Quota:
		return Result{
			Check: name, State: Note, Tried: tried, Found: err.Error(),
			Mend: "the user works; look-ups wait until the quota is renewed, at 00:00 UTC, of the day or of the month",
		}
	case fault.Transient, fault.Permanent, fault.Interrupted, fault.Gone, fault.Unknown:
	}
	if err != nil {
		return failed(name, tried, err, "see whether the service can be reached; if it can, check RL_NATIVE_URL, RL_PROXY and RL_CA_FILE")
	}
	return Result{Check: name, State: OK, Tried: tried, Found: "the user works, for up to 100 hashes in one request"}
}
