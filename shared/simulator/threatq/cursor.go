package threatq

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
)

// A mark is a place in an order: the key of an entry and its id. It needs no memory on the server, so that a client may
// keep it for as long as it likes.
type mark struct{ key, id int64 }

// Pieces of Solr's javabin encoding, which the vendor's recorded cursor AoJ9z5LKnvwCJjEwNjk2Nw== is in: an array of a date
// with milliseconds and the indicator's id as a string.
const (
	javabinVersion = 2
	javabinAltered = 6    // of the recorded mark that came with an empty page
	javabinPair    = 0x82 // array of two
	javabinLong    = 0x60 // in the high bits: a number, its low four bits here, more to follow if javabinMore
	javabinMore    = 0x10
	javabinString  = 0x20 // in the high bits: a string of as many bytes as the low five say
)

var errCursor = errors.New("unable to parse cursorMark")

// encode writes a mark as Solr would, low four bits of the number first, then seven at a time.
func (m mark) encode(version byte) string {
	b := []byte{version, javabinPair}
	low := byte(m.key & 0x0f)
	if m.key < 0x0f {
		b = append(b, javabinLong|low)
	} else {
		b = append(b, javabinLong|javabinMore|low)
		b = binary.AppendUvarint(b, uint64(m.key)>>4)
	}
	id := strconv.FormatInt(m.id, 10)
	b = append(b, javabinString|byte(len(id))) //nolint:gosec // an int64 has at most 20 digits
	return base64.StdEncoding.EncodeToString(append(b, id...))
}

// parseMark reads what encode wrote, and nothing else.
func parseMark(text string) (mark, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) < 4 {
		return mark{}, errCursor
	}
	version, head, rest := b[0], b[2], b[3:]
	m := mark{key: int64(head & 0x0f)}
	if head&javabinMore != 0 {
		high, n := binary.Uvarint(rest)
		if n <= 0 || high >= 1<<59 {
			return mark{}, errCursor
		}
		m.key |= int64(high) << 4
		rest = rest[n:]
	}
	if len(rest) > 0 {
		m.id, _ = strconv.ParseInt(string(rest[1:]), 10, 64) // what is no id does not survive the comparison below
	}
	if (version != javabinVersion && version != javabinAltered) || m.encode(version) != text {
		return mark{}, errCursor
	}
	return m, nil
}
