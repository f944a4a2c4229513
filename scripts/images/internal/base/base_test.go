package base_test

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"vtq.internal/scripts/images/internal/base"
)

func TestIndexIsTheSameEachTime(t *testing.T) {
	platforms := []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	var digests [2]v1.Hash
	for i := range digests {
		index, err := base.Index(platforms)
		if err != nil {
			t.Fatal(err)
		}
		if digests[i], err = index.Digest(); err != nil {
			t.Fatal(err)
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("two bases of the same have digests %s and %s", digests[0], digests[1])
	}
}
