package virustotal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// Look asks what the service knows about an object: exactly one request, and none for an object that it cannot have.
//
// An unknown object is a verdict with Found unset. Errors are classified by the table of the package documentation, and name the
// kind of the object, never its value.
func (c *Client) Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	v, err := c.look(ctx, object)
	if err != nil {
		return verdict.Verdict{}, fmt.Errorf("looking up a %s: %w", object.Kind, err)
	}
	return v, nil
}

func (c *Client) look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	where, err := c.dialect.endpoint(object)
	if err != nil {
		return verdict.Verdict{}, fault.New(fault.Permanent, err)
	}
	response, err := c.get(ctx, "/"+where.collection+"/{id}", where.collection, where.id)
	if err != nil {
		return verdict.Verdict{}, err
	}
	v := verdict.Verdict{Provider: c.provider, Kind: object.Kind, Asked: time.Now().UTC().Truncate(time.Second)}
	switch {
	case response.Status == http.StatusNotFound:
		return v, c.unknown(object.Kind, response)
	case !response.OK():
		return verdict.Verdict{}, c.refusal(response)
	}
	found, err := decode(response, c.dialect.OwnIDs)
	if err != nil {
		return verdict.Verdict{}, err
	}
	if err := found.isAbout(object); err != nil {
		return verdict.Verdict{}, fault.New(fault.Transient, err)
	}
	c.fill(&v, object, found)
	return v, nil
}

// A place is where an object lies in the API.
type place struct{ collection, id string }

// Reasons not to spend a request. Objects come normalised; these are for one that does not.
var (
	errNoHash    = errors.New("not the hex of an MD5, SHA-1 or SHA-256")
	errNoURL     = errors.New("an empty URL")
	errNoName    = errors.New("not a domain name")
	errNoAddress = errors.New("not an address")
	errNoKind    = errors.New("the provider does not answer this kind of object")
)

// endpoint finds the place of an object.
func (d Dialect) endpoint(object indicator.Object) (place, error) {
	if !d.Answers(object.Kind) {
		return place{}, errNoKind
	}
	switch object.Kind {
	case indicator.File:
		hash := strings.ToLower(object.Value) // Whether capitals work is undocumented.
		if verdict.HashTypeOf(hash) == "" {
			return place{}, errNoHash
		}
		return place{"files", hash}, nil
	case indicator.URL:
		if object.Value == "" {
			return place{}, errNoURL
		}
		return place{"urls", d.URLs.id(object.Value)}, nil
	case indicator.Domain:
		if strings.Trim(object.Value, ".") == "" || strings.ContainsAny(object.Value, "/\\") {
			return place{}, errNoName
		}
		return place{"domains", object.Value}, nil
	case indicator.IP:
		if _, err := netip.ParseAddr(object.Value); err != nil {
			return place{}, errNoAddress
		}
		return place{"ip_addresses", object.Value}, nil
	}
	return place{}, errNoKind
}
