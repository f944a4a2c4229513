package threatq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// refuse turns a reading or validation failure into its answer.
func refuse(err error) reply {
	if f := (*fieldError)(nil); errors.As(err, &f) {
		return invalid(f.field, f.message)
	}
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) && t.Field != "" {
		return invalid(t.Field, "The "+t.Field+" is of the wrong type.")
	}
	return problem(http.StatusBadRequest, "The request body could not be understood.")
}

// mediaType is the content type without its parameters.
func (c *call) mediaType() string {
	media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")) // none is as good as a wrong one
	return media
}

// decode reads a JSON body. A body under another content type is a form to the server, and so holds nothing.
func (c *call) decode(v any) error {
	if c.mediaType() != mediaJSON {
		return fmt.Errorf("content type: %w", errMalformed)
	}
	dec := json.NewDecoder(bytes.NewReader(c.body))
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("trailing data: %w", errMalformed)
	}
	return nil
}

// decodeMany reads a JSON body that is one object or an array of at least one.
func decodeMany[T any](c *call) ([]T, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(c.body), []byte("[")) {
		one := make([]T, 1)
		return one, c.decode(&one[0])
	}
	var many []T
	if err := c.decode(&many); err != nil {
		return nil, err
	}
	if len(many) == 0 {
		return nil, errMalformed
	}
	return many, nil
}

// A reference names a type, status or tag: by name, by id, or by an object with either.
type reference struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// UnmarshalJSON accepts all of them.
func (f *reference) UnmarshalJSON(raw []byte) error {
	var id int
	if json.Unmarshal(raw, &id) == nil {
		f.ID = id
		return nil
	}
	if json.Unmarshal(raw, &f.Name) == nil {
		return nil
	}
	type plain reference // without this method
	return json.Unmarshal(raw, (*plain)(f))
}

func (f reference) empty() bool { return f == reference{} }

// window reads limit and offset of a request for a list; what is absent gets the given limit.
func (c *call) window(limit int) (l, offset int, err error) {
	q := c.r.URL.Query()
	for _, p := range []struct {
		name string
		into *int
	}{{"limit", &limit}, {"offset", &offset}} {
		if !q.Has(p.name) {
			continue
		}
		n, err := strconv.Atoi(q.Get(p.name))
		if err != nil || n < 0 {
			return 0, 0, wrong(p.name)
		}
		*p.into = n
	}
	return min(limit, c.s.maxLimit()), offset, nil
}
