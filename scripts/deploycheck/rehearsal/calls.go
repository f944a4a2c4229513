package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// InHand is how many jobs of a lane a lookup has in hand at a time (VTQ_LOOKUP_CONCURRENCY): the most that may have to be asked again
// after its death.
const InHand = 4

// Calls knows which life has asked the provider what.
type Calls struct {
	mu    sync.Mutex
	names map[string]string  // Objects by the other ids under which they may be asked about.
	asked map[string][]*Life // By object, in their order.
}

// NewCalls knows of none.
func NewCalls() *Calls { return &Calls{names: map[string]string{}, asked: map[string][]*Life{}} }

// Begin begins a life.
func (*Calls) Begin(name string) *Life { return &Life{Name: name} }

// Know notes that an id is another name of an object: a file has three hashes, and is one question.
func (c *Calls) Know(id, object string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[id] = object
}

// Ask notes a request.
func (c *Calls) Ask(l *Life, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if object, ok := c.names[id]; ok {
		id = object
	}
	c.asked[id] = append(c.asked[id], l)
}

// A Judgement is what requests come to.
type Judgement struct {
	All, Again int
	// Wrong tells of those that should not have been repeated.
	Wrong []string
}

// Judge counts requests. One may be repeated when the life that made it was killed, InHand of them for each life: its answer may have
// died with it. Everything else was asked too often.
func (c *Calls) Judge() Judgement {
	c.mu.Lock()
	defer c.mu.Unlock()
	var j Judgement
	lost := map[*Life]int{}
	for _, id := range slices.Sorted(maps.Keys(c.asked)) {
		lives := c.asked[id]
		j.All += len(lives)
		for _, life := range lives[:len(lives)-1] {
			j.Again++
			if !life.wasKilled() {
				j.Wrong = append(j.Wrong, fmt.Sprintf("%s was asked about %d times, though %s, which lives, had asked", id, len(lives), life.Name))
			}
			lost[life]++
		}
	}
	for life, n := range lost {
		if life.wasKilled() && n > InHand {
			j.Wrong = append(j.Wrong, fmt.Sprintf("%d answers died with a %s, which has no more than %d jobs in hand", n, life.Name, InHand))
		}
	}
	return j
}
