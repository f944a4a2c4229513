package threatq

import (
	"cmp"
	"context"
	"fmt"

	"vtq.internal/shared/verdict"
)

const pathUser = "/api/users/current"

// A User is whom the credentials log in as.
type User struct {
	ID int64
	// Name is the display name, else the mail address, else what the account's source is called. For a person's eyes.
	Name string
	// SourceID and Source are the source that ThreatQ ties to the credentials, for writes that name none.
	SourceID int64
	Source   string
}

type wireUser struct {
	ID     number    `json:"id"`
	Name   text      `json:"display_name"`
	Email  text      `json:"email"`
	Source reference `json:"source"`
}

// Check logs in, asks who we are, and reads the two tables that a role may hide: the cheapest proof that address, credentials and
// role will do. The user is known also when a table is hidden (ErrHidden).
func (c *Client) Check(ctx context.Context) (User, error) {
	var answer envelope[wireUser]
	if err := c.do(ctx, call{endpoint: pathUser, path: pathUser}, &answer); err != nil {
		return User{}, fmt.Errorf("asking ThreatQ who we are: %w", err)
	}
	w, ok := answer.one()
	if !ok {
		return User{}, fmt.Errorf("asking ThreatQ who we are: %w", errHidden("its own user"))
	}
	user := User{
		ID: int64(w.ID), Name: verdict.Clean(string(cmp.Or(w.Name, w.Email, w.Source.Name)), maxName),
		SourceID: int64(w.Source.ID), Source: verdict.Clean(string(w.Source.Name), maxName),
	}
	for _, t := range []*catalogue{&c.types, &c.statuses} {
		if err := t.load(ctx, c); err != nil {
			return user, err
		}
	}
	return user, nil
}
