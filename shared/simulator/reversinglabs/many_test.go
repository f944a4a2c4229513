package reversinglabs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/simulator/dataset"
	"vtq.internal/shared/simulator/reversinglabs"
)

// TestManyHashesInBulk makes reports as they are asked for, and wants of each batch what single look-ups say.
func TestManyHashesInBulk(t *testing.T) {
	const all = 300
	s := &reversinglabs.Server{Synthesize: dataset.Synthesize, Shuffle: true}
	var hashes []string
	for item := range dataset.Many(all) {
		hashes = append(hashes, item.Value)
	}
	answered := map[string]any{}
	for batch := range slices.Chunk(hashes, reversinglabs.MaxItems) {
		samples, _ := at(tree(t, post(t, s, xrefMany, bulk("sha256", batch...))), "rl.samples").([]any)
		for _, sample := range samples {
			hash, _ := at(sample, "sha256").(string)
			answered[hash] = sample
		}
	}
	if requests := s.Requests().Endpoint(reversinglabs.XrefBulk); requests != all/reversinglabs.MaxItems || s.Billed() != all {
		t.Errorf("%d requests, %d billed; want %d and %d", requests, s.Billed(), all/reversinglabs.MaxItems, all)
	}
	if len(answered) != all*8/10 { // Two of ten are unknown.
		t.Errorf("%d answered, want %d", len(answered), all*8/10)
	}
	for i, hash := range hashes {
		w := get(t, s, xrefOne+"sha256/"+hash+"?format=json")
		want, known := answered[hash]
		if known != (w.Code == 200) || known != (i%10 < 8) {
			t.Errorf("file %d: %d alone, in bulk: %t", i, w.Code, known)
		}
		if known {
			if diff := cmp.Diff(at(tree(t, w), "rl.sample"), want); diff != "" {
				t.Errorf("file %d (-alone +in bulk):\n%s", i, diff)
			}
		}
	}
}

func TestBulkNamesTheFileByEveryHash(t *testing.T) {
	s := stocked(t)
	for hashType, hash := range map[string]string{"md5": md5Hex, "sha1": sha1Hex, "sha256": sha256Hex} {
		body := tree(t, post(t, s, xrefMany+"?history=true", bulk(hashType, strings.ToUpper(hash))))
		for member, want := range map[string]string{"md5": md5Hex, "sha1": sha1Hex, "sha256": sha256Hex} {
			if got := at(body, "rl.samples.0."+member); got != want {
				t.Errorf("asked by %s: %s = %v, want %q in lower case", hashType, member, got, want)
			}
		}
	}
}

func TestTheWholeDemoInOneBatchOfLocations(t *testing.T) {
	s := &reversinglabs.Server{}
	var asked []string
	for _, item := range dataset.Demo() {
		if item.Report == nil {
			continue
		}
		add(t, s, string(item.Report))
		if item.Type == "FQDN" && item.Object != "" && len(asked) < reversinglabs.MaxItems && !slices.Contains(asked, item.Object) {
			asked = append(asked, item.Object)
		}
	}
	query := `{"rl":{"query":{"domains":["` + strings.Join(asked, `","`) + `"]}}}`
	entries, _ := at(tree(t, post(t, s, "/api/networking/domain/report/v1/bulk_query/json", query)), "rl.entries").([]any)
	var got []string
	for _, entry := range entries {
		name, _ := at(entry, "requested_domain").(string)
		got = append(got, name)
		sources, _ := at(entry, "third_party_reputations.sources").([]any)
		total, _ := at(entry, "third_party_reputations.statistics.total").(float64)
		if len(sources) > 0 && int(total) < len(sources) {
			t.Errorf("%s has %d sources and a total of %v", name, len(sources), total)
		}
	}
	if diff := cmp.Diff(asked, got); diff != "" || len(asked) < 20 {
		t.Errorf("%d domains (-asked +answered):\n%s", len(asked), diff)
	}
}
