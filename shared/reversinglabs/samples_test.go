package reversinglabs_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/verdict"
)

// recorded gives a recorded answer. They live beside the project, not in it.
func recorded(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "reversinglabs", name))
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%v: want it with CI=true", err)
	}
	if err != nil {
		t.Skip(err)
	}
	return string(body)
}

func TestRecordedRecord(t *testing.T) {
	body := recorded(t, "tca0103_xref_single_malicious.json")
	v, err := newClient(t, answers(http.StatusOK, jsonType, body)).Look(t.Context(), file(other))
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	if diff := cmp.Diff(counts(41, 5, 1), v.Counts); diff != "" || v.Miscounted || v.Raw != nil {
		t.Errorf("miscounted %t, raw %v, counts (-want +got):\n%s", v.Miscounted, v.Raw, diff)
	}
	if got := verdict.DefaultPolicy().Classify(v); got != verdict.ClassMalicious || v.Counts.Opinions() != 46 {
		t.Errorf("%s of %d opinions, want Malicious of 46", got, v.Counts.Opinions())
	}
	want := verdict.Facts{
		MD5: "3133c2231fcee5d6b0b4c988a5201da1", SHA1: other, SHA256: "2f6edf41016e97c58f9de01aa4cc66c9c7fe7dae23fe72e50a69cbd221f55346",
		FileType:        "PE32 executable (GUI) Intel 80386 (stripped to external PDB), for MS Windows, UPX compressed",
		FirstSubmission: time.Date(2015, 5, 30, 22, 4, 0, 0, time.UTC), LastAnalysis: v.Facts.LastAnalysis,
	}
	if diff := cmp.Diff(want, v.Facts); diff != "" || v.Object != want.SHA256 || v.Facts.LastAnalysis.Year() != 2021 {
		t.Errorf("object %s, analysed %v, facts (-want +got):\n%s", v.Object, v.Facts.LastAnalysis, diff)
	}
	if i := slices.IndexFunc(v.Engines, func(e verdict.Engine) bool { return e.Name == "trendmicro_consumer" }); len(v.Engines) != 41 || i < 0 || v.Engines[i].Result != "TROJ_CRYPTOX.T" {
		t.Errorf("%d engines: %v", len(v.Engines), v.Engines)
	}
	for _, typ := range []string{v.Facts.MD5, v.Facts.SHA256} {
		if _, err := newClient(t, answers(http.StatusOK, jsonType, body)).Look(t.Context(), file(typ)); err != nil {
			t.Errorf("Look by another hash: %v", err)
		}
	}
}

func TestRecordedRecordFolded(t *testing.T) {
	body := recorded(t, "tca0103_xref_single_malicious.json")
	v, err := newClient(t, answers(http.StatusOK, jsonType, body), fold).Look(t.Context(), file(other))
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	// Of 34 vendors one failed; malwarebytes, quickheal, rising and sonicwall found nothing under any of their names.
	if diff := cmp.Diff([]verdict.Counts{counts(29, 4, 1), counts(41, 5, 1)}, []verdict.Counts{v.Counts, v.Raw}); diff != "" || v.Miscounted {
		t.Errorf("miscounted %t, counts and raw counts (-want +got):\n%s", v.Miscounted, diff)
	}
}

// TestRecordedOtherCalls answers with what the service's other calls return: none of it is a record.
func TestRecordedOtherCalls(t *testing.T) {
	for _, name := range []string{"tca0101_file_reputation_malicious.json", "tca0403_url_report.json", "tca0407_network_reputation.json", "tca9999_customer_usage.json"} {
		client := newClient(t, answers(http.StatusOK, jsonType, recorded(t, name)))
		if v, err := client.Look(t.Context(), file(other)); err == nil {
			t.Errorf("Look answered %s = %+v, want an error", name, v)
		}
		if all, err := client.LookMany(t.Context(), files(other)); err == nil {
			t.Errorf("LookMany answered %s = %+v, want an error", name, all)
		}
	}
}
