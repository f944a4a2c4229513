package virustotal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/verdict"
)

func TestCounts(t *testing.T) {
	cases := map[string]struct {
		attributes string
		want       verdict.Counts
	}{
		"none":             {`{}`, nil},
		"null":             {`{"last_analysis_stats":null}`, nil},
		"empty":            {`{"last_analysis_stats":{}}`, nil},
		"a list":           {`{"last_analysis_stats":[1]}`, nil},
		"unknown names":    {`{"last_analysis_stats":{"malign":1}}`, nil},
		"all zero":         {`{"last_analysis_stats":{"malicious":0,"undetected":0}}`, verdict.Counts{verdict.Malicious: 0, verdict.Undetected: 0}},
		"all eight":        {`{"last_analysis_stats":{"malicious":1,"suspicious":2,"harmless":3,"undetected":4,"timeout":5,"confirmed-timeout":6,"failure":7,"type-unsupported":8,"new":9}}`, verdict.Counts{verdict.Malicious: 1, verdict.Suspicious: 2, verdict.Harmless: 3, verdict.Undetected: 4, verdict.Timeout: 5, verdict.ConfirmedTimeout: 6, verdict.Failure: 7, verdict.TypeUnsupported: 8}},
		"numbers in texts": {`{"last_analysis_stats":{"malicious":"14","undetected":58.0}}`, verdict.Counts{verdict.Malicious: 14, verdict.Undetected: 58}},
		"one of odd type":  {`{"last_analysis_stats":{"malicious":{},"undetected":58}}`, verdict.Counts{verdict.Undetected: 58}},
		"negative":         {`{"last_analysis_stats":{"malicious":-1,"undetected":1}}`, verdict.Counts{verdict.Undetected: 1}},
		"the most":         {`{"last_analysis_stats":{"harmless":10000}}`, verdict.Counts{verdict.Harmless: verdict.MaxCount}},
		"more than that":   {`{"last_analysis_stats":{"harmless":10001}}`, verdict.Counts{verdict.Harmless: verdict.MaxCount}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, look(t, emptyMD5(), c.attributes).Counts); diff != "" {
				t.Errorf("counts of %s: %s", c.attributes, diff)
			}
		})
	}
}

func engine(name string, category verdict.Category, result string) verdict.Engine {
	return verdict.Engine{Name: name, Category: category, Result: result}
}

func TestEngines(t *testing.T) {
	cases := map[string]struct {
		results string
		want    []verdict.Engine
	}{
		"none":           {`{}`, nil},
		"by name":        {`{"b":{"engine_name":"Bkav","category":"malicious","result":"W32.X"},"a":{"engine_name":"ALYac","category":"suspicious","result":null}}`, []verdict.Engine{engine("ALYac", verdict.Suspicious, ""), engine("Bkav", verdict.Malicious, "W32.X")}},
		"others":         {`{"a":{"category":"harmless"},"b":{"category":"undetected"},"c":{"category":"failure"},"d":{"category":"odd"},"e":{}}`, nil},
		"unnamed":        {`{"Fortinet":{"category":"malicious","result":"phishing"},"":{"category":"malicious"}}`, []verdict.Engine{engine("Fortinet", verdict.Malicious, "phishing")}},
		"of compatibles": {`{"A":{"category":"malicious","threat_names":["Phish.A","Phish.B"]}}`, []verdict.Engine{engine("A", verdict.Malicious, "Phish.A")}},
		"odd ones":       {`{"A":7,"B":{"category":["malicious"]},"C":{"category":"malicious","result":{"x":1}}}`, []verdict.Engine{engine("C", verdict.Malicious, "")}},
		"dirty":          {`{"A":{"engine_name":"A\u0000v\n","category":"malicious","result":"\u202eexe"}}`, []verdict.Engine{engine("Av", verdict.Malicious, "exe")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, look(t, emptyMD5(), `{"last_analysis_results":`+c.results+`}`).Engines); diff != "" {
				t.Errorf("engines of %s: %s", c.results, diff)
			}
		})
	}
}

func TestEnginesAreBounded(t *testing.T) {
	for n, want := range map[int]int{verdict.MaxEngines: verdict.MaxEngines, verdict.MaxEngines + 1: verdict.MaxEngines} {
		entries := make([]string, n)
		for i := range entries {
			entries[i] = fmt.Sprintf(`"E%04d":{"category":"malicious"}`, i)
		}
		got := look(t, emptyMD5(), `{"last_analysis_results":{`+strings.Join(entries, ",")+`}}`).Engines
		if len(got) != want || got[0].Name != "E0000" || got[want-1].Name != fmt.Sprintf("E%04d", want-1) {
			t.Errorf("%d engines of %d, from %v", len(got), n, got[0])
		}
	}
}
