package check

import (
	"context"
	"fmt"

	"vtq.internal/services/producer"
	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/fault"
	"vtq.internal/shared/threatq"
)

const nameThreatQ = "ThreatQ"

// reachThreatQ logs in, and reads the first indicator of what is to be enriched.
func reachThreatQ(ctx context.Context, environ []string) []Result {
	var s config.ThreatQ
	if err := config.Load(environ, &s); err != nil {
		return untried(nameThreatQ, misconfigured)
	}
	tried := "logging in at " + s.URL.String()
	client, err := dial.ThreatQ(s, nil)
	if err != nil {
		return []Result{failed(nameThreatQ, tried, err, "check THREATQ_CA_FILE and THREATQ_PROXY")}
	}
	user, err := client.Check(ctx)
	if err != nil {
		return append([]Result{failed(nameThreatQ, tried, err, mendThreatQ(err))}, untried(nameSelection, "the login failed")...)
	}
	return []Result{
		{Check: nameThreatQ, State: OK, Tried: tried, Found: fmt.Sprintf("known there as %q", user.Name)},
		selection(ctx, environ, client),
	}
}

// mendThreatQ says what to do about a login that failed.
func mendThreatQ(err error) string {
	switch fault.KindOf(err) {
	case fault.Denied:
		return "check THREATQ_URL, and the account that the other THREATQ_ variables name"
	case fault.Transient, fault.Quota, fault.Interrupted, fault.Unknown:
		return "see whether ThreatQ is up; if it is, check THREATQ_URL, THREATQ_PROXY and THREATQ_CA_FILE"
	case fault.Permanent, fault.Gone:
	}
	return "check whether THREATQ_URL is the address of a ThreatQ"
}

const nameSelection = "indicators"

// What is said of every selection.
const (
	mendRole        = "check the account's role: reading takes Read Only, writing Primary Contributor or more"
	onlyAWriteTells = "; whether they can be written shows when vtq up writes: it takes the role Primary Contributor or more"
)

// selection finds what is to be enriched. Whether the account may write cannot be asked: only a write tells.
func selection(ctx context.Context, environ []string, client *threatq.Client) Result {
	var s producer.Config
	if err := config.Load(environ, &s); err != nil {
		return untried(nameSelection, misconfigured)[0]
	}
	if s.SelectionFile != "" {
		return named(ctx, s.SelectionFile, client)
	}
	// One indicator is enough: the answer says how many there are.
	tried := "reading everything that the account sees"
	if s.Collection != "" {
		tried = fmt.Sprintf("reading data collection %q", s.Collection)
	}
	selected, err := client.Resolve(ctx, s.Collection)
	if err != nil {
		return failed(nameSelection, tried, err, "check THREATQ_COLLECTION, and whether it is shared with the account")
	}
	page, err := client.Page(ctx, selected, "", 1)
	switch {
	case err != nil:
		return failed(nameSelection, tried, err, mendRole)
	case len(page.Indicators) == 0:
		return Result{
			Check: nameSelection, State: Note, Tried: tried, Found: "there is none",
			Mend: "if there should be any, check what the account's role may see",
		}
	}
	found := "they can be read"
	if page.Total > 0 {
		found = fmt.Sprintf("%d can be read", page.Total)
	}
	return Result{
		Check: nameSelection, State: OK, Tried: tried,
		Found: found + onlyAWriteTells,
	}
}
