package rehearsal

import (
	"fmt"
	"maps"
	"slices"
)

// Rows are attributes as "name = value", by the ids of their indicators. A row that stands there twice is there twice.
type Rows map[int64][]string

// A Balance is what rows come to against those that should be there.
type Balance struct {
	Indicators, Rows       int
	Doubled, Lost, Foreign int
	First                  string // Of the differences, in words.
}

// Err is nil when everything is as it should be.
func (b Balance) Err() error {
	if b.First == "" {
		return nil
	}
	return fmt.Errorf("%d rows are doubled, %d lost, %d do not belong there; first of all %s", b.Doubled, b.Lost, b.Foreign, b.First)
}

// Compare counts, row by row: doubled is a row that stands there more often than it should, foreign one that should not stand there.
func Compare(want, got Rows) Balance {
	var b Balance
	ids := maps.Clone(want)
	maps.Copy(ids, got)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		b.Indicators++
		b.Rows += len(got[id])
		b.indicator(id, tally(want[id]), tally(got[id]))
	}
	return b
}

// tally counts equal rows.
func tally(rows []string) map[string]int {
	counts := map[string]int{}
	for _, row := range rows {
		counts[row]++
	}
	return counts
}

func (b *Balance) indicator(id int64, want, got map[string]int) {
	rows := maps.Clone(want)
	maps.Copy(rows, got)
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		n := got[row] - want[row]
		switch {
		case n == 0:
			continue
		case n < 0:
			b.Lost -= n
		case want[row] > 0:
			b.Doubled += n
		default:
			b.Foreign += n
		}
		if b.First == "" {
			b.First = fmt.Sprintf("indicator %d bears %q %d times, want %d", id, row, got[row], want[row])
		}
	}
}
