package rest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrTooLarge tells that an answer is longer than the request's limit, on the wire or unpacked.
var ErrTooLarge = errors.New("the answer exceeds the limit")

// errCoding tells that the answer is packed in a way nobody asked for. The coding's name is the server's and is not repeated.
var errCoding = errors.New("the answer has a content coding other than gzip")

// read takes the body of an answer, unpacked. An answer that is no success is cut at MaxErrorBody, since its beginning tells all.
func read(answer *http.Response, limit int64) ([]byte, error) {
	if !success(answer.StatusCode) {
		limit = min(limit, MaxErrorBody)
	}
	body, err := unpack(answer.Header.Get("Content-Encoding"), answer.Body, limit)
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(&bounded{from: body, left: limit})
	if errors.Is(err, ErrTooLarge) && !success(answer.StatusCode) {
		return all, nil
	}
	return all, err
}

// unpack undoes the content coding. The packed bytes have the same bound as the unpacked ones: JSON never grows when packed,
// but a chain of empty gzip members unpacks to nothing forever.
func unpack(coding string, body io.Reader, limit int64) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		unpacked, err := gzip.NewReader(&bounded{from: body, left: limit})
		if errors.Is(err, io.EOF) {
			return strings.NewReader(""), nil // An empty body is empty, whatever its header says.
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking: %w", err)
		}
		return unpacked, nil
	}
	return nil, errCoding
}

// bounded reads at most left bytes and gives ErrTooLarge where the next one would follow, so that a body of exactly the limit
// is whole, and one that is cut never reads as whole.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(into []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(into)) > b.left+1 {
		into = into[:b.left+1]
	}
	n, err := b.from.Read(into)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}
