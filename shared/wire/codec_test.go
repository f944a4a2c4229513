package wire_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
	"vtq.internal/shared/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A golden message stands in testdata under its name. Old files are never changed: what reads them must go on reading them.
type golden struct {
	message any
	encode  func() ([]byte, error)
	decode  func([]byte) (any, error)
}

func goldens() map[string]golden {
	all := map[string]golden{}
	for name, job := range map[string]wire.Job{"job": fullJob(), "job_minimal": minimalJob()} {
		sent := job
		sent.Schema = 0 // The encoder sets it.
		all[name] = golden{job, func() ([]byte, error) { return wire.EncodeJob(sent) }, decodeJob}
	}
	job := fullVerdict() // Before verdicts told of folded variants,
	job.Verdict.Raw, job.Verdict.Miscounted = nil, false
	older := job // and before they told of their jobs.
	older.JobCreated = time.Time{}
	for name, v := range map[string]wire.Verdict{
		"verdict": older, "verdict_not_found": notFound(), "verdict_job": job, "verdict_folded": fullVerdict(),
	} {
		sent := v
		sent.Schema = 7 // A message that was read is sent on as what this version writes.
		all[name] = golden{v, func() ([]byte, error) { return wire.EncodeVerdict(sent) }, decodeVerdict}
	}
	alias := wire.Alias{Schema: 1, Key: key}
	all["alias"] = golden{alias, func() ([]byte, error) { return wire.EncodeAlias(wire.Alias{Key: key}) }, decodeAlias}
	state := fullState()
	sent := state
	sent.Schema = 0
	all["state"] = golden{state, func() ([]byte, error) { return wire.EncodeState(sent) }, decodeState}
	for name, written := range map[string]wire.Written{"written": olderWritten(), "written_asking": fullWritten()} {
		entry := written
		entry.Schema = 0
		all[name] = golden{written, func() ([]byte, error) { return wire.EncodeWritten(entry) }, decodeWritten}
	}
	all["epoch"] = golden{uint64(2), func() ([]byte, error) { return wire.EncodeEpoch(2) }, decodeEpoch}
	return all
}

func decodeState(body []byte) (any, error)   { return wire.DecodeState(body) }
func decodeWritten(body []byte) (any, error) { return wire.DecodeWritten(body) }
func decodeEpoch(body []byte) (any, error)   { return wire.DecodeEpoch(body) }
func decodeJob(body []byte) (any, error)     { return wire.DecodeJob(body) }
func decodeVerdict(body []byte) (any, error) { return wire.DecodeVerdict(body) }
func decodeAlias(body []byte) (any, error)   { return wire.DecodeAlias(body) }

func at(hour int) time.Time { return time.Date(2026, 3, 1, hour, 30, 15, 0, time.UTC) }

func fullJob() wire.Job {
	return wire.Job{
		Schema:    1,
		Created:   at(9),
		Indicator: indicator.Indicator{ID: 88123, Type: "URL", Value: "www.example.com/p?a=1&b=<2>"},
		Object:    indicator.Object{Kind: indicator.URL, Value: "http://www.example.com/p?a=1&b=<2>"},
		Other:     &indicator.Object{Kind: indicator.URL, Value: "https://www.example.com/p?a=1&b=<2>"},
		After:     at(8),
	}
}

func fullState() wire.ProviderState {
	return wire.ProviderState{
		Schema: 1,
		Outage: &wire.Outage{
			Fault: "transient", Cause: "asking virustotal about a file: 503 from the service", Since: at(9), Until: at(10),
			Tried: at(9), Probes: 2, Page: at(10), Free: true, Dark: true,
		},
		Probes:   wire.Probes{Day: "20260301", Spent: 3},
		Spent:    map[wire.Lane]time.Time{wire.Fresh: at(11), wire.Refresh: at(12)},
		Operator: &wire.Pause{Since: at(8), Until: at(13), Why: "maintenance"},
	}
}

// olderWritten is an entry of before entries told of jobs.
func olderWritten() wire.Written {
	older := fullWritten()
	last := older.Verdicts["virustotal"]
	last.Asking = wire.Asking{}
	older.Verdicts["virustotal"] = last
	return older
}

func fullWritten() wire.Written {
	score := 9
	asking := wire.Asking{Key: key, Created: at(9)}
	revision := wire.Revision{Created: 1772357415000000001, Sequence: 88}
	return wire.Written{
		WrittenHead: wire.WrittenHead{
			Schema: 1, Epoch: 2, Settings: "0f1e2d3c",
			Verdicts: map[string]wire.WrittenVerdict{"virustotal": {Revision: revision, Manner: "4b5a6978", Score: &score, Asking: asking}},
			Claim:    &wire.Claim{By: "7gk2", Until: at(10)},
		},
		Rows: []wire.WrittenRow{
			{ID: 4000001, Name: "VirusTotal Verdict", Value: "Malicious"},
			{ID: 4000002, Name: "VirusTotal Link", Value: "https://www.virustotal.com/gui/url/a?b=1&c=<2>", Whose: wire.Shared},
			{ID: 4000003, Name: "VirusTotal Tags", Value: "theirs", Whose: wire.Others},
		},
	}
}

func minimalJob() wire.Job {
	return wire.Job{
		Schema:    1,
		Created:   at(9),
		Indicator: indicator.Indicator{ID: 1, Type: "FQDN", Value: "Example.com."},
		Object:    indicator.Object{Kind: indicator.Domain, Value: "example.com"},
	}
}

func notFound() wire.Verdict {
	return wire.Verdict{
		Schema:    1,
		Indicator: indicator.Indicator{ID: 2, Type: "IP Address", Value: "192.0.2.1"},
		Object:    indicator.Object{Kind: indicator.IP, Value: "192.0.2.1"},
		Verdict:   verdict.Verdict{Provider: "virustotal", Kind: indicator.IP, Asked: at(10)},
	}
}

// fullVerdict has every field that a verdict can have, whatever its kind.
func fullVerdict() wire.Verdict {
	reputation, score := int64(-12), int64(80)
	const md5, sha1 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	return wire.Verdict{
		Schema:     1,
		Indicator:  indicator.Indicator{ID: 9007199254740993, Type: "MD5", Value: strings.ToUpper(md5)},
		Object:     indicator.Object{Kind: indicator.File, Value: md5},
		JobCreated: at(8),
		Verdict: verdict.Verdict{
			Provider: "virustotal", Kind: indicator.File, Object: sha256, Asked: at(11), Found: true,
			Counts: verdict.Counts{
				"malicious": 14, "suspicious": 1, "harmless": 2, "undetected": 55,
				"timeout": 1, "confirmed-timeout": 0, "failure": 2, "type-unsupported": 4,
			},
			Raw: verdict.Counts{"malicious": 16, "undetected": 60, "failure": 3}, Miscounted: true,
			Engines: []verdict.Engine{
				{Name: "Alpha", Category: verdict.Malicious, Result: "Trojan.Generic"},
				{Name: "Beta & Söhne", Category: verdict.Suspicious},
			},
			Facts: verdict.Facts{
				Link: "https://www.virustotal.com/gui/file/" + sha256, ThreatLabel: "trojan.example/generic",
				LastAnalysis: at(7), FirstSubmission: at(1), Reputation: &reputation, Tags: []string{"peexe", "signed"},
				FileType: "Win32 EXE", FileName: `in"voice.exe`, MD5: md5, SHA1: sha1, SHA256: sha256,
				URL: "http://example.com/", FinalURL: "https://example.com/home?a=1&b=2", Title: "Example <Domain>",
				Registrar: "Example Registrar", Categories: []string{"business"},
				Country: "NO", ASOwner: "EXAMPLE-AS", ASN: 64496,
				Private: verdict.Private{
					Sandboxes: []string{"Zenbox: malicious"}, YARA: []string{"rule_a"}, Sigma: []string{"Rule title"},
					FirstSeenITW: at(0), GTIVerdict: "MALICIOUS", GTISeverity: "HIGH", GTIScore: &score,
				},
			},
		},
	}
}

func TestGoldenFiles(t *testing.T) {
	for name, g := range goldens() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".json")
			body, err := g.encode()
			if err != nil {
				t.Fatalf("encoding: %v", err)
			}
			if *update {
				if err := os.WriteFile(path, body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(body)); diff != "" {
				t.Errorf("what the encoder writes is not %s (-golden +written):\n%s", path, diff)
			}
			later := bytes.Replace(want, []byte(`{"schema":1,`), []byte(`{"later":{"a":[1]},"schema":1,`), 1)
			later = bytes.ReplaceAll(later, []byte(`"kind":`), []byte(`"later":null,"kind":`))
			for sort, message := range map[string][]byte{"golden": want, "with unknown fields": later} {
				got, err := g.decode(message)
				if err != nil {
					t.Errorf("%s: decoding = %v", sort, err)
				}
				if diff := cmp.Diff(g.message, got); diff != "" {
					t.Errorf("%s: decoded (-want +got):\n%s", sort, diff)
				}
			}
		})
	}
}

// A field that a later hand adds must show in a golden file.
func TestGoldenFilesAreComplete(t *testing.T) {
	for _, message := range []any{fullJob(), fullVerdict(), fullWritten()} {
		var walk func(path string, v reflect.Value)
		walk = func(path string, v reflect.Value) {
			if v.IsZero() {
				t.Errorf("%s has no value in a golden file", path)
			}
			if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
				for field, value := range v.Fields() {
					walk(path+"."+field.Name, value)
				}
			}
		}
		walk(reflect.TypeOf(message).String(), reflect.ValueOf(message))
	}
}

func TestEncodeRefusesWhatJSONCannotSay(t *testing.T) {
	job := minimalJob()
	job.Created = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := wire.EncodeJob(job); fault.KindOf(err) != fault.Permanent {
		t.Errorf("EncodeJob in the year 12026 = %v, want a permanent fault", err)
	}
}

// marker stands for an indicator value, which no error may repeat.
const marker = "m4rk3r.example"

func TestDecodersRefuse(t *testing.T) {
	const number = "31337313373133731337" // Above int64, and as telling as a marker.
	cases := map[string]struct {
		edits [2]string // Old and new in the golden file; an empty old replaces the whole.
		files string    // The golden files it applies to.
		want  error     // Nil for any.
	}{
		"empty":                {[2]string{"", ""}, "job verdict alias", nil},
		"garbage":              {[2]string{"", marker}, "job verdict alias", nil},
		"HTML":                 {[2]string{"", "<html>" + marker}, "job verdict alias", nil},
		"cut":                  {[2]string{"", `{"schema":1,"object":{"value":"` + marker}, "job verdict alias", nil},
		"two messages":         {[2]string{"", `{"schema":1}{"schema":1}`}, "job verdict alias", nil},
		"an array":             {[2]string{"", `["` + marker + `"]`}, "job verdict alias", nil},
		"null":                 {[2]string{"", `null`}, "job verdict alias", wire.ErrIncomplete},
		"nothing but a schema": {[2]string{"", `{"schema":1}`}, "job verdict alias", wire.ErrIncomplete},
		"no schema":            {[2]string{`"schema":1,`, ``}, "job verdict alias", wire.ErrIncomplete},
		"schema 0":             {[2]string{`"schema":1`, `"schema":0`}, "job verdict alias", wire.ErrIncomplete},
		"schema below 0":       {[2]string{`"schema":1`, `"schema":-1`}, "job verdict alias", wire.ErrIncomplete},
		"schema in words":      {[2]string{`"schema":1`, `"schema":"` + marker + `"`}, "job verdict alias", nil},
		"schema out of range":  {[2]string{`"schema":1`, `"schema":` + number}, "job verdict alias", nil},
		"negative id":          {[2]string{`"id":`, `"id":-`}, "job verdict", wire.ErrIncomplete},
		"id out of range":      {[2]string{`"id":`, `"id":` + number}, "job verdict", nil},
		"id in words":          {[2]string{`"id":`, `"id":"` + marker + `","x":`}, "job verdict", nil},
		"value is a number":    {[2]string{`"value":"`, `"value":` + number + `,"x":"`}, "job verdict", nil},
		"indicator is a text":  {[2]string{`"indicator":{`, `"indicator":"` + marker + `","x":{`}, "job verdict", nil},
		"unknown kind":         {[2]string{`"object":{"kind":"`, `"object":{"kind":"` + marker}, "job verdict", wire.ErrIncomplete},
		"no object":            {[2]string{`"object":{`, `"x":{`}, "job verdict", wire.ErrIncomplete},
		"no value":             {[2]string{`"value":"http:`, `"x":"http:`}, "job", wire.ErrIncomplete},
		"no date":              {[2]string{`"created":"`, `"created":"` + marker}, "job", nil},
		"no provider":          {[2]string{`"provider":"virustotal"`, `"x":0`}, "verdict", wire.ErrIncomplete},
		"never asked":          {[2]string{`"asked":`, `"x":`}, "verdict", wire.ErrIncomplete},
		"asked at no date":     {[2]string{`"asked":"`, `"asked":"` + marker}, "verdict", nil},
		"a count in words":     {[2]string{`"harmless":2`, `"` + marker + `":"` + marker + `"`}, "verdict", nil},
		"a count out of range": {[2]string{`"harmless":2`, `"` + marker + `":` + number}, "verdict", nil},
		"no fault":             {[2]string{`"fault":`, `"x":`}, "state", wire.ErrIncomplete},
		"no beginning":         {[2]string{`"since":`, `"x":`}, "state", wire.ErrIncomplete},
		"until no date":        {[2]string{`"until":"`, `"until":"` + marker}, "state written", nil},
		"a claim of nobody":    {[2]string{`"by":`, `"x":`}, "written", wire.ErrIncomplete},
		"a row in words":       {[2]string{`"rows":[`, `"rows":["` + marker + `",`}, "written", nil},
		"no epoch":             {[2]string{`"epoch":`, `"x":`}, "epoch", wire.ErrIncomplete},
		"epoch below 0":        {[2]string{`"epoch":`, `"epoch":-`}, "epoch written", nil},
		"key in upper case":    {[2]string{`"key":"0123456789abcdef`, `"key":"0123456789ABCDEF`}, "alias", wire.ErrIncomplete},
		"key is a value":       {[2]string{`"key":"`, `"key":"` + marker}, "alias", wire.ErrIncomplete},
	}
	all := goldens()
	for name, c := range cases {
		for file := range strings.FieldsSeq(c.files) {
			t.Run(name+"/"+file, func(t *testing.T) {
				body, err := all[file].encode()
				if err != nil {
					t.Fatal(err)
				}
				edited := c.edits[1]
				if c.edits[0] != "" {
					edited = strings.Replace(string(body), c.edits[0], c.edits[1], 1)
				}
				if edited == string(body) {
					t.Fatalf("%q is not in %s", c.edits[0], body)
				}
				_, err = all[file].decode([]byte(edited))
				if fault.KindOf(err) != fault.Permanent || (c.want != nil && !errors.Is(err, c.want)) {
					t.Fatalf("decoding %s = %v (%v), want a permanent fault with %v", edited, err, fault.KindOf(err), c.want)
				}
				if strings.Contains(err.Error(), marker) || strings.Contains(err.Error(), number) {
					t.Errorf("the error repeats what it read: %v", err)
				}
			})
		}
	}
}

func TestNewerMessagesWait(t *testing.T) {
	for name, g := range goldens() {
		body, err := g.encode()
		if err != nil {
			t.Fatal(err)
		}
		// A newer writer may have changed any field, so nothing but the version may be looked at.
		body = bytes.Replace(body, []byte(`{"schema":1,`), []byte(`{"schema":2,"object":[7],"key":{},`), 1)
		if _, err := g.decode(body); !errors.Is(err, wire.ErrNewer) || fault.KindOf(err) != fault.Transient {
			t.Errorf("decoding %s of schema 2 = %v (%v), want a transient fault with %v", name, err, fault.KindOf(err), wire.ErrNewer)
		}
	}
}

func FuzzDecodeJob(f *testing.F) {
	fuzzDecode(f, decodeJob, func(m any) ([]byte, error) { return wire.EncodeJob(m.(wire.Job)) })
}

func FuzzDecodeVerdict(f *testing.F) {
	fuzzDecode(f, decodeVerdict, func(m any) ([]byte, error) { return wire.EncodeVerdict(m.(wire.Verdict)) })
}

// fuzzDecode holds a decoder to three promises: its errors are of a known kind, they repeat nothing of what was read, and what it
// accepts can be sent on.
func fuzzDecode(f *testing.F, decode func([]byte) (any, error), encode func(any) ([]byte, error)) {
	f.Helper()
	seedGoldens(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		message, err := decode(body)
		if err != nil {
			checkDecodeError(t, body, err)
			return
		}
		again, err := encode(message)
		if errors.Is(err, wire.ErrTooLarge) {
			return // Each byte that is not UTF-8 came back as three.
		}
		if err != nil {
			t.Fatalf("encoding what was decoded from %q: %v", body, err)
		}
		second, err := decode(again)
		if err != nil {
			t.Fatalf("decoding %q, encoded from %q: %v", again, body, err)
		}
		if diff := cmp.Diff(message, second, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q changed on its way (-first +second):\n%s", body, diff)
		}
	})
}

// seedGoldens starts with every message that there is, whole, cut and of a later version.
func seedGoldens(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	f.Add([]byte("0"))
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		f.Add(body[:len(body)/2])
		f.Add(bytes.ReplaceAll(body, []byte(`"schema":1`), []byte(`"schema":2`)))
		f.Add(bytes.ReplaceAll(body, []byte(`2026-03-01T`), []byte(`2026-02-29T`)))
		f.Add(bytes.ReplaceAll(body, []byte(`:"`), []byte(`:[7,"`)))
	}
}

// checkDecodeError holds the error of a decoder to what it may say.
func checkDecodeError(t *testing.T, body []byte, err error) {
	t.Helper()
	if kind := fault.KindOf(err); kind != fault.Permanent && !errors.Is(err, wire.ErrNewer) {
		t.Errorf("decoding %q = %v, a %v fault", body, err, kind)
	}
	if !decodeErrors().MatchString(err.Error()) {
		t.Errorf("decoding %q = %v, want no word that is not ours", body, err)
	}
}
