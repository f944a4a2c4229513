package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// dice are rolls that depend on a seed alone: SHA-256 over the seed and a counter. The standard library's generators may
// change what they make of a seed, and everything here is to stay what it was, on every machine.
type dice struct {
	seed  string
	count uint64
	left  []byte
}

func roll(seed string) *dice { return &dice{seed: seed} }

// bytes gives the next n of an endless stream.
func (d *dice) bytes(n int) []byte {
	for len(d.left) < n {
		block := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(d.seed+"\x00"), d.count))
		d.left = append(d.left, block[:]...)
		d.count++
	}
	taken := d.left[:n:n]
	d.left = d.left[n:]
	return taken
}

// below gives a number from 0 to n-1. That small ones are a hair likelier matters to nobody here.
func (d *dice) below(n int) int { return int(binary.BigEndian.Uint32(d.bytes(4))) % n }

// between gives a number from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// hex gives n bytes in hex.
func (d *dice) hex(n int) string { return hex.EncodeToString(d.bytes(n)) }

func pick[T any](d *dice, all []T) T { return all[d.below(len(all))] }
