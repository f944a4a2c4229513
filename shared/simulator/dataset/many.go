package dataset

import (
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// MaxMany is the most items that Many gives: their numbers take eight digits of their hashes.
const MaxMany = 1<<31 - 1

// Many gives n different files, each under its SHA-256, made as they are asked for: no memory grows with n. They carry no
// report; Synthesize makes it when somebody asks. Of ten, three are malicious, one suspicious, three undetected, one without
// a verdict and two unknown to the provider. More than MaxMany is MaxMany.
func Many(n int) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range min(n, MaxMany) {
			hash := manyHash(i)
			it := Item{
				Type: typeSHA256, Value: hash, Status: "Active", Sources: []Source{{Name: "Lighthouse Feed", TLP: "GREEN"}},
				Object: hash, Class: manyClass(i), Note: "one of many",
			}
			if !yield(it) {
				return
			}
		}
	}
}

// Synthesize makes the report of one of Many, nil for anything else and for those unknown to the provider. It fits the
// simulator's field of the same name.
func Synthesize(kind, id string) []byte {
	if kind != string(indicator.File) || len(id) != len(manyHash(0)) {
		return nil
	}
	i, err := strconv.ParseUint(id[:8], 16, 32)
	if err != nil || id != manyHash(int(i)) {
		return nil
	}
	return Report(Recipe{Kind: indicator.File, Object: id, Class: manyClass(int(i))})
}

// manyHash begins with its own number, so that Synthesize can tell it from any other hash.
func manyHash(i int) string {
	return fmt.Sprintf("%08x", i) + hex.EncodeToString(roll("many "+strconv.Itoa(i)).bytes(28))
}

func manyClass(i int) verdict.Class {
	switch i % 10 {
	case 0, 1, 2:
		return verdict.ClassMalicious
	case 3:
		return verdict.ClassSuspicious
	case 4, 5, 6:
		return verdict.ClassUndetected
	case 7:
		return verdict.ClassNoVerdict
	}
	return verdict.ClassNotFound
}
