package reversinglabs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
	"vtq.internal/shared/verdict"
)

var (
	errNoHash = errors.New("not a file by the hex of its MD5, SHA-1 or SHA-256")
	errOther  = errors.New("the answer is about another file")
)

// HashType tells by which hash an object is asked about; empty for an object that this service is never asked about. A batch holds
// hashes of one type.
func HashType(object indicator.Object) verdict.HashType {
	return verdict.HashTypeOf(hashOf(object))
}

// hashOf is an object's hash in lower case; empty for an object that is no file.
func hashOf(object indicator.Object) string {
	if object.Kind != indicator.File {
		return ""
	}
	return strings.ToLower(object.Value)
}

// Look asks what the service knows about one file: exactly one request, and none for an object that it cannot have.
//
// An unknown file is a verdict with Found unset. Errors are classified by the table of the package documentation, and never tell the
// hash.
func (c *Client) Look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	v, err := c.look(ctx, object)
	if err != nil {
		return verdict.Verdict{}, fmt.Errorf("looking up a %s: %w", object.Kind, err)
	}
	return v, nil
}

func (c *Client) look(ctx context.Context, object indicator.Object) (verdict.Verdict, error) {
	typ, hash := HashType(object), hashOf(object)
	if typ == "" {
		return verdict.Verdict{}, fault.New(fault.Permanent, errNoHash)
	}
	response, err := c.get(ctx, string(typ), hash)
	if err != nil {
		return verdict.Verdict{}, err
	}
	switch {
	case response.Status == http.StatusNotFound && !response.Page():
		return c.unknown(now()), nil
	case !response.OK():
		return verdict.Verdict{}, refusal(response, 1)
	}
	found, err := decodeOne(response)
	if err != nil {
		return verdict.Verdict{}, err
	}
	if told := found.hash(typ); told != "" && told != hash {
		return verdict.Verdict{}, fault.New(fault.Transient, errOther)
	}
	return c.known(now(), found), nil
}

// now is the time of an answer.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// unknown is the verdict on a file that the service does not have.
func (c *Client) unknown(asked time.Time) verdict.Verdict {
	return verdict.Verdict{Provider: c.provider, Kind: indicator.File, Asked: asked}
}

// decodeOne reads the file out of the answer about one. Anything else in a 200 is Transient.
func decodeOne(response rest.Response) (sample, error) {
	body, err := decode(response)
	if err != nil {
		return sample{}, err
	}
	if !isObject(body.Sample) {
		return sample{}, fault.New(fault.Transient, errNoReport)
	}
	var found sample
	rest.Lenient(body.Sample, &found)
	return found, nil
}
