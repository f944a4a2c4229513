package threatq

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"vtq.internal/shared/verdict"
)

const (
	// catalogueSize is what one reading of a table asks for. 34 types and 5 statuses are built in, a site adds a few.
	catalogueSize = 1000
	// catalogueRest is the least time between two readings of a table, so that rows with an id that no table knows do not cost a
	// request each. A new custom type is thus nameless for a minute at most.
	catalogueRest = time.Minute
)

// A catalogue resolves ids to names through one of ThreatQ's tables. The ids differ from instance to instance (FQDN was seen as 8
// and as 11), so none is written down here.
type catalogue struct {
	// noun and path say which table it is.
	noun, path string

	mu    sync.Mutex
	names map[number]string
	read  time.Time
}

// name gives the name: the row's own, else the table's. Empty when neither knows one.
func (t *catalogue) name(ctx context.Context, c *Client, ref reference, id number) (string, error) {
	if ref.Name != "" {
		return verdict.Clean(string(ref.Name), maxName), nil
	}
	if id == 0 {
		id = ref.ID
	}
	if id == 0 {
		return "", nil
	}
	if name, fresh := t.known(id); name != "" || fresh {
		return name, nil
	}
	if err := t.load(ctx, c); err != nil {
		return "", err
	}
	name, _ := t.known(id)
	return name, nil
}

// id is the other way round: 0 for a name that the table does not have, or has for several.
func (t *catalogue) id(ctx context.Context, c *Client, name string) (number, error) {
	if name == "" {
		return 0, nil
	}
	id, fresh := t.called(name)
	if id > 0 || fresh {
		return id, nil
	}
	if err := t.load(ctx, c); err != nil {
		return 0, err
	}
	id, _ = t.called(name)
	return id, nil
}

// called looks for a name in what was read, and tells whether that is too young to be read again.
func (t *catalogue) called(name string) (id number, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for one, known := range t.names {
		switch {
		case !strings.EqualFold(known, name):
		case id > 0:
			return 0, true
		default:
			id = one
		}
	}
	return id, t.names != nil && time.Since(t.read) < catalogueRest
}

// known looks into what was read, and tells whether that is too young to be read again.
func (t *catalogue) known(id number) (name string, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names[id], t.names != nil && time.Since(t.read) < catalogueRest
}

// load reads the table. Two callers at once both read it, which is harmless; the lock is never held during a request.
func (t *catalogue) load(ctx context.Context, c *Client) error {
	rows, err := t.rows(ctx, c)
	if err != nil {
		return fmt.Errorf("reading the table of indicator %s: %w", t.noun, err)
	}
	names := make(map[number]string, len(rows))
	for _, r := range rows {
		names[r.ID] = verdict.Clean(string(r.Name), maxName)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names, t.read = names, time.Now()
	return nil
}

// rows asks for the table. An account that may not see it gets 200 with {} and no data, which two connectors met.
func (t *catalogue) rows(ctx context.Context, c *Client) ([]reference, error) {
	var answer envelope[reference]
	if err := c.do(ctx, call{
		endpoint: t.path, path: t.path, query: url.Values{"limit": {strconv.Itoa(catalogueSize)}},
	}, &answer); err != nil {
		return nil, err
	}
	if !answer.Data.present {
		return nil, errHidden("the table of indicator " + t.noun)
	}
	return answer.Data.items, nil
}
