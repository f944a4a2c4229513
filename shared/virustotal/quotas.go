package virustotal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/rest"
)

// Quotas is what the key may spend and has spent, as the service counts. A window that it does not tell is nil.
type Quotas struct {
	// Hourly is the minute's limit by sixty: a key of 4 requests a minute shows 240 (recorded 2020). It may be above Daily.
	Hourly  *Allowance
	Daily   *Allowance // From 00:00 UTC.
	Monthly *Allowance // From the 1st, 00:00 UTC.
}

// An Allowance is a number of requests, and how many of them are gone. Other users of the key, and of its group, count too, and the
// count may lag.
type Allowance struct {
	Allowed, Used int64
}

// Left is what remains, at least zero.
func (a Allowance) Left() int64 { return max(a.Allowed-a.Used, 0) }

var (
	errNoQuotas    = errors.New("the answer holds no request quotas")
	errNoQuotaPage = errors.New("the provider has no page of quotas")
)

// Quotas asks what is left. It costs no quota (documentation of "overall_quotas"), and proves that the key works. Each request is
// deducted from its user and from the user's group, so what is told is the tighter of the two. Of a service whose dialect has no such page nothing is asked: Permanent.
func (c *Client) Quotas(ctx context.Context) (Quotas, error) {
	q, err := c.quotas(ctx)
	if err != nil {
		return Quotas{}, fmt.Errorf("reading the quotas: %w", err)
	}
	return q, nil
}

func (c *Client) quotas(ctx context.Context) (Quotas, error) {
	if !c.dialect.QuotaPage {
		return Quotas{}, fault.New(fault.Permanent, errNoQuotaPage)
	}
	response, err := c.get(ctx, "/users/{id}/overall_quotas", "users", c.userFunc(), "overall_quotas")
	switch {
	case err != nil:
		return Quotas{}, err
	case response.Status == http.StatusNotFound:
		return Quotas{}, response.FaultOf(fault.Permanent, "no such user, or a service without a quota page")
	case !response.OK():
		return Quotas{}, c.refusal(response)
	}
	return readQuotas(response)
}

// A quotaPage is the part of the page that counts requests: it has others, of searches and monitors.
type quotaPage struct {
	Hourly  shares `json:"api_requests_hourly"`
	Daily   shares `json:"api_requests_daily"`
	Monthly shares `json:"api_requests_monthly"`
}

// shares are one window's: the user's own, and the group's where there is one.
type shares struct {
	User  share `json:"user"`
	Group share `json:"group"`
}

type share struct {
	Allowed rest.Number `json:"allowed"`
	Used    rest.Number `json:"used"`
}

func readQuotas(response rest.Response) (Quotas, error) {
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := response.Decode(&envelope); err != nil {
		return Quotas{}, err
	}
	var page quotaPage
	rest.Lenient(envelope.Data, &page)
	q := Quotas{Hourly: page.Hourly.tighter(), Daily: page.Daily.tighter(), Monthly: page.Monthly.tighter()}
	if q == (Quotas{}) {
		return Quotas{}, fault.New(fault.Transient, errNoQuotas)
	}
	return q, nil
}

// tighter is whichever leaves less; nil when neither tells what it allows.
func (s shares) tighter() *Allowance {
	user, group := s.User.allowance(), s.Group.allowance()
	if user == nil || group != nil && group.Left() < user.Left() {
		return group
	}
	return user
}

// allowance is nil for a share that does not tell what it allows. Less than nothing is nothing.
func (s share) allowance() *Allowance {
	if !s.Allowed.Told {
		return nil
	}
	return &Allowance{Allowed: max(s.Allowed.Value, 0), Used: max(s.Used.Value, 0)}
}
