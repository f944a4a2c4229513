package verdict_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

func TestAliases(t *testing.T) {
	const (
		md5    = "d41d8cd98f00b204e9800998ecf8427e"
		sha1   = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
		sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	)
	hashes := verdict.Facts{MD5: md5, SHA1: sha1, SHA256: sha256}
	file := func(value string) indicator.Object { return indicator.Object{Kind: indicator.File, Value: value} }
	link := func(value string) indicator.Object { return indicator.Object{Kind: indicator.URL, Value: value} }
	name := indicator.Object{Kind: indicator.Domain, Value: "evil.example"}
	cases := map[string]struct {
		facts verdict.Facts
		asked indicator.Object
		want  []indicator.Object
	}{
		"asked by MD5":         {hashes, file(md5), []indicator.Object{file(sha1), file(sha256)}},
		"asked by SHA-1":       {hashes, file(sha1), []indicator.Object{file(md5), file(sha256)}},
		"asked by SHA-256":     {hashes, file(sha256), []indicator.Object{file(md5), file(sha1)}},
		"a hash is missing":    {verdict.Facts{SHA256: sha256}, file(md5), []indicator.Object{file(sha256)}},
		"unknown file":         {verdict.Facts{}, file(md5), nil},
		"URL in another form":  {verdict.Facts{URL: "http://a.example/"}, link("http://a.example"), []indicator.Object{link("http://a.example/")}},
		"URL in the same form": {verdict.Facts{URL: "http://a.example/"}, link("http://a.example/"), nil},
		"where a URL leads to": {verdict.Facts{FinalURL: "http://b.example/"}, link("http://a.example/"), nil},
		"domain":               {verdict.Facts{Registrar: "Example Registrar"}, name, nil},
		"address":              {verdict.Facts{Country: "NO"}, indicator.Object{Kind: indicator.IP, Value: "192.0.2.1"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := verdict.Verdict{Kind: c.asked.Kind, Found: true, Facts: c.facts}
			if diff := cmp.Diff(c.want, v.Aliases(c.asked)); diff != "" {
				t.Errorf("Aliases(%v) (-want +got):\n%s", c.asked, diff)
			}
		})
	}
}

func TestVerdictSurvivesJSON(t *testing.T) {
	var full verdict.Verdict
	fill(t, reflect.ValueOf(&full).Elem())
	cases := map[string]verdict.Verdict{
		"every field":  full,
		"not found":    {Provider: "virustotal", Kind: indicator.File, Asked: asked()},
		"no counts":    {Provider: "virustotal", Kind: indicator.Domain, Asked: asked(), Found: true},
		"zero is kept": {Found: true, Counts: verdict.Counts{verdict.Malicious: 0}, Facts: verdict.Facts{Reputation: new(int64)}},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got verdict.Verdict
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("through %s (-want +got):\n%s", body, diff)
			}
		})
	}
}

// fill gives every field a value of its own kind, so that a field which is added and not written to JSON shows.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(asked()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.Map:
		v.Set(reflect.ValueOf(verdict.Counts{verdict.Malicious: 3, verdict.ConfirmedTimeout: 4}))
	case reflect.String:
		v.SetString(`Ünï "<text>"`)
	case reflect.Int64:
		v.SetInt(-7)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("no value for a %s: teach fill", v.Type())
	}
}

func TestIsProvider(t *testing.T) {
	for name, want := range map[string]bool{
		"virustotal": true, "a": true, "rl-2": true, "a" + strings.Repeat("b", 31): true, "a" + strings.Repeat("b", 32): false,
		"": false, "2a": false, "-a": false, "a.b": false, "a*": false, "a b": false, "A": false, "a\n": false,
	} {
		if got := verdict.IsProvider(name); got != want {
			t.Errorf("IsProvider(%q) = %t, want %t", name, got, want)
		}
	}
}
