package credentials_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nkeys"

	"vtq.internal/services/vtq/internal/credentials"
	"vtq.internal/shared/config"
	"vtq.internal/shared/grant"
)

// made is when certificates are made: within the validity of none that is not made in these tests.
func made() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func newSet(t *testing.T, names ...string) credentials.Set {
	t.Helper()
	set, err := credentials.New(names, made())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// write writes a set into a new directory.
func write(t *testing.T, set credentials.Set) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "made", "by", "it")
	if err := set.Write(dir, false); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// certificate is that of the server, and the authority that has to have signed it.
func certificate(t *testing.T, dir string) (*x509.Certificate, *x509.CertPool) {
	t.Helper()
	both, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "server-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(read(t, dir, "ca.pem")) {
		t.Fatal("ca.pem holds no certificate")
	}
	return both.Leaf, roots
}

func TestCertificate(t *testing.T) {
	server, roots := certificate(t, write(t, newSet(t, "nats", "*.nats-headless", "10.0.0.7", "::1")))
	end := made().Add(credentials.Validity - time.Hour - time.Second)
	cases := map[string]struct {
		name string
		use  x509.ExtKeyUsage
		at   time.Time
		want bool
	}{
		"by its name":                     {"nats", x509.ExtKeyUsageServerAuth, made(), true},
		"one of several":                  {"nats-2.nats-headless", x509.ExtKeyUsageServerAuth, made(), true},
		"by its address":                  {"10.0.0.7", x509.ExtKeyUsageServerAuth, made(), true},
		"by its longer address":           {"::1", x509.ExtKeyUsageServerAuth, made(), true},
		"as a client, on a route":         {"", x509.ExtKeyUsageClientAuth, made(), true},
		"to a clock that is behind":       {"nats", x509.ExtKeyUsageServerAuth, made().Add(-time.Hour), true},
		"to a clock that is far behind":   {"nats", x509.ExtKeyUsageServerAuth, made().Add(-time.Hour - time.Second), false},
		"in its last second":              {"nats", x509.ExtKeyUsageServerAuth, end, true},
		"a second later":                  {"nats", x509.ExtKeyUsageServerAuth, end.Add(time.Second), false},
		"by another name":                 {"nats.example", x509.ExtKeyUsageServerAuth, made(), false},
		"two labels for one":              {"a.b.nats-headless", x509.ExtKeyUsageServerAuth, made(), false},
		"by another address":              {"10.0.0.8", x509.ExtKeyUsageServerAuth, made(), false},
		"as a signature under a document": {"", x509.ExtKeyUsageCodeSigning, made(), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := server.Verify(x509.VerifyOptions{
				Roots: roots, DNSName: c.name, CurrentTime: c.at, KeyUsages: []x509.ExtKeyUsage{c.use},
			})
			if (err == nil) != c.want {
				t.Errorf("Verify = %v, want success %t", err, c.want)
			}
		})
	}
	// The most that is taken: from NotBefore on, and the last second counts (RFC 5280).
	if span := server.NotAfter.Sub(server.NotBefore) + time.Second; span != 825*24*time.Hour {
		t.Errorf("the certificate is good for %v, want 825 days", span)
	}
	if _, others := certificate(t, write(t, newSet(t, "nats"))); others.Equal(roots) {
		t.Error("two sets have one authority")
	}
}

func TestKeys(t *testing.T) {
	dir := write(t, newSet(t, "localhost"))
	conf := string(read(t, dir, grant.KeysFile))
	for _, role := range grant.Roles() {
		pair, err := nkeys.ParseDecoratedNKey(read(t, dir, string(role)+".nk"))
		if err != nil {
			t.Errorf("the seed of %s: %v", role, err)
			continue
		}
		public, err := pair.PublicKey()
		if err != nil || !nkeys.IsValidPublicUserKey(public) {
			t.Errorf("the key of %s is %q, %v, want that of a user", role, public, err)
		}
		if want := role.Variable() + ": " + public + "\n"; !strings.Contains(conf, want) {
			t.Errorf("%s lacks %q:\n%s", grant.KeysFile, want, conf)
		}
	}
	if strings.Contains(conf, "SU") && regexp.MustCompile(`\bSU[A-Z0-9]{56}\b`).MatchString(conf) {
		t.Errorf("%s holds a seed", grant.KeysFile)
	}
}

// TestFilesArePrivate keeps what was made from other users, and leaves nothing else.
func TestFilesArePrivate(t *testing.T) {
	dir := write(t, newSet(t, "localhost"))
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if got := info.Mode().Perm(); got&0o077 != 0 {
			t.Errorf("%s has the rights %o, want none for others", path, got)
		}
		if path != dir {
			names = append(names, entry.Name())
		}
		return nil
	})
	want := []string{"admin.nk", "ca.pem", "keys.conf", "lookup.nk", "producer.nk", "server-key.pem", "server.pem", "writer.nk"}
	if diff := cmp.Diff(want, names); err != nil || diff != "" {
		t.Errorf("the files (-want +got), %v:\n%s", err, diff)
	}
}

func TestWriteKeepsWhatIsThere(t *testing.T) {
	dir := write(t, newSet(t, "localhost"))
	before := read(t, dir, "admin.nk")
	if err := newSet(t, "localhost").Write(dir, false); !errors.Is(err, credentials.ErrExist) || !strings.Contains(err.Error(), "--force") {
		t.Errorf("a second Write = %v, want ErrExist and --force", err)
	}
	if !bytes.Equal(before, read(t, dir, "admin.nk")) {
		t.Error("a refused Write has changed a key")
	}
	if err := newSet(t, "localhost").Write(dir, true); err != nil || bytes.Equal(before, read(t, dir, "admin.nk")) {
		t.Errorf("a forced Write = %v, and the key is another: %t", err, !bytes.Equal(before, read(t, dir, "admin.nk")))
	}
	for _, gone := range []string{"ca.pem", "writer.nk"} {
		if err := os.Remove(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	err := newSet(t, "localhost").Write(dir, false)
	if !errors.Is(err, credentials.ErrExist) || !strings.Contains(err.Error(), "not all: server.pem") || strings.Contains(err.Error(), "writer.nk") {
		t.Errorf("Write into half of a set = %v, want ErrExist and what is there", err)
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("a", 63)
	cases := map[string]bool{
		"localhost": true, "nats": true, "NATS.example.com": true, "*.nats-headless": true, "my_nats.internal": true, "10.0.0.1": true,
		"2001:db8::1": true, long + ".example": true, "1.nats": true, strings.Repeat("a.", 126) + "a": true,
		"": false, "*": false, "a.*": false, "*a.example": false, "-a": false, "a-": false, "a..b": false, ".a": false, "a.": false, "a b": false,
		"https://nats": false, "nats:4222": false, "[::1]": false, "fe80::1%eth0": false, "10.0.0.300": false, "10.0.0": false, "é.example": false,
		long + "a.example": false, strings.Repeat("a.", 126) + "ab": false, "a\n": false, "a/b": false, "user@nats": false,
	}
	for name, want := range cases {
		if err := credentials.CheckNames([]string{name}); (err == nil) != want {
			t.Errorf("CheckNames(%q) = %v, want success %t", name, err, want)
		}
	}
	for n, want := range map[int]bool{0: false, 1: true, 50: true, 51: false} {
		if err := credentials.CheckNames(strings.Fields(strings.Repeat("nats ", n))); (err == nil) != want {
			t.Errorf("CheckNames of %d names = %v, want success %t", n, err, want)
		}
	}
	for _, names := range [][]string{credentials.LocalNames(), credentials.ClusterNames("vtq")} {
		if err := credentials.CheckNames(names); err != nil {
			t.Errorf("CheckNames(%q) = %v, want nil", names, err)
		}
	}
	if _, err := credentials.New([]string{"https://nats"}, made()); err == nil {
		t.Error("New took a URL for a name")
	}
}

func TestNamespaces(t *testing.T) {
	cases := map[string]bool{
		"vtq": true, "a": true, "0-9": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "a-": false, "A": false, "a.b": false, "a_b": false, "a\n": false, strings.Repeat("a", 64): false,
	}
	for name, want := range cases {
		if err := credentials.CheckNamespace(name); (err == nil) != want {
			t.Errorf("CheckNamespace(%q) = %v, want success %t", name, err, want)
		}
	}
}

// TestSetDoesNotPrint keeps it from logs, however it gets there.
func TestSetDoesNotPrint(t *testing.T) {
	set := newSet(t, "localhost")
	printed := fmt.Sprintf("%v %+v %#v %s %x %q", set, set, set, set, set, &set)
	if strings.Contains(printed, "PRIVATE") || strings.Contains(printed, "0x2d") || len(printed) > 100 {
		t.Errorf("a set prints as %.200q", printed)
	}
}

// A manifest is what kubectl reads.
type manifest struct {
	Kind  string
	Items []struct {
		APIVersion, Kind, Type string
		Metadata               struct {
			Name, Namespace string
			Labels          map[string]string
		}
		Data map[string][]byte
	}
}

func TestManifest(t *testing.T) {
	var b bytes.Buffer
	if err := newSet(t, "nats").Manifest(&b, "enrichment", map[string]config.Secret{"VT_API_KEY": config.NewSecret("an API key")}); err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	space := m.Items[0]
	if m.Kind != "List" || space.Kind != "Namespace" || space.Metadata.Name != "enrichment" ||
		space.Metadata.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("the manifest is a %s that begins with %+v, want the namespace with its standard", m.Kind, space)
	}
	got := map[string]string{}
	for _, item := range m.Items[1:] {
		if item.Kind != "Secret" || item.Metadata.Namespace != "enrichment" || item.Type != "Opaque" {
			t.Errorf("%+v is no secret of the namespace", item.Metadata)
		}
		for key, value := range item.Data {
			got[item.Metadata.Name+" "+key] = shape(value)
		}
	}
	want := map[string]string{
		"vtq-nats-server ca.crt": "CERTIFICATE", "vtq-nats-server tls.crt": "CERTIFICATE", "vtq-nats-server tls.key": "PRIVATE KEY",
		"vtq-nats-server keys.conf": "text", "vtq-nats-server vtq.conf": "the configuration",
		"vtq-nats-admin nkey": "seed", "vtq-nats-admin ca.crt": "CERTIFICATE", "vtq-nats-producer nkey": "seed",
		"vtq-nats-producer ca.crt": "CERTIFICATE", "vtq-nats-lookup nkey": "seed", "vtq-nats-lookup ca.crt": "CERTIFICATE",
		"vtq-nats-writer nkey": "seed", "vtq-nats-writer ca.crt": "CERTIFICATE", "vtq-keys VT_API_KEY": "an API key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the secrets (-want +got):\n%s", diff)
	}
	b.Reset()
	if err := newSet(t, "nats").Manifest(&b, "enrichment", nil); err != nil || strings.Contains(b.String(), "vtq-keys") {
		t.Errorf("without keys: %v, want a manifest that leaves their secret alone:\n%s", err, b.String())
	}
	if err := newSet(t, "nats").Manifest(&b, "Enrichment", nil); err == nil {
		t.Error("Manifest took a name that is none of a namespace")
	}
}

// shape tells what a value is.
func shape(value []byte) string {
	text := string(value)
	block, _, found := strings.Cut(strings.TrimPrefix(text, "-----BEGIN "), "-----")
	switch {
	case found && block != text:
		return block
	case text == grant.Config():
		return "the configuration"
	case regexp.MustCompile(`^SU[A-Z0-9]{56}\n$`).MatchString(text):
		return "seed"
	case strings.Contains(text, grant.Admin.Variable()+": U"):
		return "text"
	}
	return text
}

func TestKeysOfOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := credentials.Keys([]string{
		"THREATQ_CLIENT_ID=an id", "THREATQ_CLIENT_SECRET=a secret", "VT_API_KEY_FILE=" + file, "RL_USER=u/somebody", "RL_PASSWORD=",
		"NATS_PASSWORD=of another server", "THREATQ_URL=no secret", "VTQ_POLL=nonsense", "HOME=nobody's business",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, key := range keys {
		got[name] = key.Reveal()
	}
	want := map[string]string{
		"THREATQ_CLIENT_ID": "an id", "THREATQ_CLIENT_SECRET": "a secret", "VT_API_KEY": "from a file", "RL_USER": "u/somebody",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Keys (-want +got):\n%s", diff)
	}
	_, err = credentials.Keys([]string{"VT_API_KEY_FILE=" + file + "-gone"})
	if !errors.Is(err, config.ErrInvalid) || !strings.Contains(err.Error(), "VT_API_KEY_FILE") {
		t.Errorf("Keys without the file = %v, want ErrInvalid and the variable", err)
	}
}
