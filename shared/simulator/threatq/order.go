package threatq

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// blockSize bounds a block of an order: inserting moves at most that many entries of 16 bytes, and 200,000 indicators make
// some 400 blocks.
const blockSize = 512

// An order keeps the versions of an index sorted by a key, then by id: the tie-breaker that the vendor's cursor shows.
type order struct {
	key    func(*record) int64
	blocks [][]entry // none is empty
}

type entry struct {
	key int64
	rec *record
}

// compare says where e is relative to a mark.
func (e entry) compare(m mark) int {
	return cmp.Or(cmp.Compare(e.key, m.key), cmp.Compare(e.rec.id, m.id))
}

// newOrder sorts all documents once; from then on the order is kept up, change by change.
func newOrder(key func(*record) int64, docs iter.Seq[*record]) *order {
	o := &order{key: key}
	var all []entry
	for rec := range docs {
		all = append(all, entry{key(rec), rec})
	}
	slices.SortFunc(all, func(a, b entry) int { return a.compare(b.mark()) })
	for block := range slices.Chunk(all, blockSize) {
		o.blocks = append(o.blocks, slices.Clone(block)) // of its own: a block grows in place
	}
	return o
}

// mark is the place of an entry.
func (e entry) mark() mark { return mark{key: e.key, id: e.rec.id} }

// seek finds the first entry at or behind m; block is len(o.blocks) if there is none.
func (o *order) seek(m mark) (block, i int, found bool) {
	block = sort.Search(len(o.blocks), func(b int) bool {
		last := o.blocks[b][len(o.blocks[b])-1]
		return last.compare(m) >= 0
	})
	if block == len(o.blocks) {
		return block, 0, false
	}
	i, found = slices.BinarySearchFunc(o.blocks[block], m, entry.compare)
	return block, i, found
}

// insert splits the block that has grown too long into halves. Most writes are the newest and go to the end.
func (o *order) insert(rec *record) {
	e := entry{o.key(rec), rec}
	b, i, _ := o.seek(e.mark())
	if b == len(o.blocks) { // behind everything: at the end of the last block
		if b == 0 {
			o.blocks = append(o.blocks, nil)
		}
		b = len(o.blocks) - 1
		i = len(o.blocks[b])
	}
	o.blocks[b] = slices.Insert(o.blocks[b], i, e)
	if full := o.blocks[b]; len(full) > blockSize {
		half := len(full) / 2
		o.blocks = slices.Insert(o.blocks, b+1, slices.Clone(full[half:]))
		o.blocks[b] = slices.Delete(full, half, len(full))
	}
}

// remove finds the entry by the key of the old version: records do not change under an order.
func (o *order) remove(rec *record) {
	b, i, found := o.seek(mark{key: o.key(rec), id: rec.id})
	if !found {
		return
	}
	o.blocks[b] = slices.Delete(o.blocks[b], i, i+1)
	if len(o.blocks[b]) == 0 {
		o.blocks = slices.Delete(o.blocks, b, b+1)
	}
}

// replace puts a new version in the place of an old one.
func (o *order) replace(old, rec *record) {
	if o.key(old) != o.key(rec) {
		o.remove(old)
		o.insert(rec)
		return
	}
	if b, i, found := o.seek(mark{key: o.key(old), id: old.id}); found {
		o.blocks[b][i].rec = rec
	}
}

// after yields what comes behind m, which need not exist; all of it if m is nil.
func (o *order) after(m *mark, descending bool) iter.Seq[entry] {
	if descending {
		return o.descend(m)
	}
	return func(yield func(entry) bool) {
		b, i := 0, 0
		if m != nil {
			var found bool
			if b, i, found = o.seek(*m); found {
				i++
			}
		}
		for ; b < len(o.blocks); b, i = b+1, 0 {
			for _, e := range o.blocks[b][i:] {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// descend yields what comes in front of m, backwards.
func (o *order) descend(m *mark) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		b, i := len(o.blocks), 0
		if m != nil {
			b, i, _ = o.seek(*m)
		}
		for {
			for i--; i >= 0; i-- {
				if !yield(o.blocks[b][i]) {
					return
				}
			}
			if b--; b < 0 {
				return
			}
			i = len(o.blocks[b])
		}
	}
}
