package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/config"
)

// blockCase is an environment and the complaints that a block has about it.
type blockCase struct {
	environ string // Entries separated by blanks.
	want    []string
}

// checkBlock loads each case into a new T, with the entries of base before its
// own.
func checkBlock[T any](t *testing.T, base string, cases map[string]blockCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			environ := strings.Fields(base + " " + c.environ)
			err := config.Load(environ, new(T))
			if diff := cmp.Diff(c.want, complaints(t, err)); diff != "" {
				t.Errorf("Load(%q): -want +got\n%s", environ, diff)
			}
			if leaks(text(err)) {
				t.Errorf("Load(%q) leaks: %v", environ, err)
			}
		})
	}
}

func TestNATS(t *testing.T) {
	file := write(t, hunter2)
	schemes := `NATS_URL: wants nats://, tls://, ws:// or wss:// (got "https://")`
	shape := "NATS_URL: wants addresses such as nats://host:4222, comma-separated"
	userinfo := "NATS_URL: wants addresses without user and password; set NATS_USER and NATS_PASSWORD, or NATS_TOKEN"
	checkBlock[config.NATS](t, "", map[string]blockCase{
		"nothing set":           {"", nil},
		"all schemes":           {"NATS_URL=nats://a:4222,tls://b,ws://c/path,wss://d", nil},
		"without scheme":        {"NATS_URL=a:4222,b,[::1]:4222", nil},
		"foreign scheme":        {"NATS_URL=nats://a,https://b", []string{schemes}},
		"no host":               {"NATS_URL=nats://", []string{shape}},
		"user in URL":           {"NATS_URL=nats://me:hunter2@a", []string{userinfo}},
		"token in URL":          {"NATS_URL=hunter2@a", []string{userinfo}},
		"credentials file":      {"NATS_CREDS=" + file, nil},
		"user and password":     {"NATS_USER=me NATS_PASSWORD=hunter2", nil},
		"password from file":    {"NATS_USER=me NATS_PASSWORD_FILE=" + file, nil},
		"token":                 {"NATS_TOKEN=hunter2", nil},
		"seed file":             {"NATS_NKEY=" + file, nil},
		"TLS":                   {"NATS_CA=" + file + " NATS_CERT=" + file + " NATS_KEY=" + file, nil},
		"user without password": {"NATS_USER=me", []string{"NATS_PASSWORD: must be set along with NATS_USER"}},
		"password without user": {"NATS_PASSWORD=hunter2", []string{"NATS_USER: must be set along with NATS_PASSWORD"}},
		"certificate alone":     {"NATS_CERT=" + file, []string{"NATS_KEY: must be set along with NATS_CERT"}},
		"key alone":             {"NATS_KEY=" + file, []string{"NATS_CERT: must be set along with NATS_KEY"}},
		"two ways to log in": {
			"NATS_TOKEN=hunter2 NATS_CREDS=" + file,
			[]string{"NATS_CREDS: wants to be the only way to log in (NATS_CREDS, NATS_TOKEN are set); unset the others"},
		},
		"files missing": {
			"NATS_CREDS=/hunter2 NATS_CA=/hunter2 NATS_CERT=/hunter2 NATS_KEY=/hunter2",
			[]string{
				"NATS_CREDS: wants the path of a readable file (no such file or directory)",
				"NATS_CA: wants the path of a readable file (no such file or directory)",
				"NATS_CERT: wants the path of a readable file (no such file or directory)",
				"NATS_KEY: wants the path of a readable file (no such file or directory)",
			},
		},
		"seed missing":   {"NATS_NKEY=/hunter2", []string{"NATS_NKEY: wants the path of a readable file (no such file or directory)"}},
		"three replicas": {"NATS_REPLICAS=3", nil},
		"five replicas":  {"NATS_REPLICAS=5", nil},
		"no replicas":    {"NATS_REPLICAS=0", []string{`NATS_REPLICAS: wants 1, 3 or 5 (got "0")`}},
		"two replicas":   {"NATS_REPLICAS=2", []string{`NATS_REPLICAS: wants 1, 3 or 5 (got "2")`}},
	})
}

func TestThreatQAddress(t *testing.T) {
	const base = "THREATQ_URL=https://tq.example.com THREATQ_CLIENT_ID=id THREATQ_CLIENT_SECRET=hunter2"
	timeout := func(got string) []string { return []string{"THREATQ_TIMEOUT: wants 1s to 5m0s (got " + got + ")"} }
	checkBlock[config.ThreatQ](t, base, map[string]blockCase{
		"right": {"", nil},
		"insecure": {
			"THREATQ_URL=http://tq.example.com",
			[]string{"THREATQ_URL: wants https://, because credentials are sent there (got http://); http:// is for loopback only"},
		},
		"simulator":         {"THREATQ_URL=http://127.0.0.1:8080", nil},
		"address of API":    {"THREATQ_URL=https://tq.example.com/api/", []string{"THREATQ_URL: wants the address without /api, which is added"}},
		"behind a path":     {"THREATQ_URL=https://gw.example.com/threatq", nil},
		"proxy":             {"THREATQ_PROXY=http://me:hunter2@proxy:3128", nil},
		"proxy over SOCKS":  {"THREATQ_PROXY=socks5://proxy:1080", nil},
		"unusable proxy":    {"THREATQ_PROXY=ftp://me:hunter2@proxy", []string{"THREATQ_PROXY: wants http://, https:// or socks5:// (got ftp://)"}},
		"no proxy URL":      {"THREATQ_PROXY=hunter2@proxy", []string{"THREATQ_PROXY: wants a URL such as https://host.example, without query or fragment"}},
		"authority missing": {"THREATQ_CA_FILE=/hunter2", []string{"THREATQ_CA_FILE: wants the path of a readable file (no such file or directory)"}},
		"least timeout":     {"THREATQ_TIMEOUT=1s", nil},
		"most timeout":      {"THREATQ_TIMEOUT=5m", nil},
		"below timeout":     {"THREATQ_TIMEOUT=999ms", timeout("999ms")},
		"above timeout":     {"THREATQ_TIMEOUT=301s", timeout("5m1s")},
	})
}

func TestThreatQGrants(t *testing.T) {
	const (
		nothing = "THREATQ_CLIENT_ID: must be set, with THREATQ_CLIENT_SECRET; " +
			"or log in as a user with THREATQ_USERNAME, THREATQ_PASSWORD and THREATQ_CLIENT_ID"
		both        = "THREATQ_CLIENT_SECRET: wants an OAuth client alone, without THREATQ_USERNAME and THREATQ_PASSWORD; unset either"
		apiPassword = `THREATQ_CLIENT_ID: must be set along with THREATQ_USERNAME, to the "API password" in an administrator's profile`
	)
	checkBlock[config.ThreatQ](t, "THREATQ_URL=https://tq.example.com", map[string]blockCase{
		"client":                {"THREATQ_CLIENT_ID=id THREATQ_CLIENT_SECRET=hunter2", nil},
		"user":                  {"THREATQ_USERNAME=me THREATQ_PASSWORD=hunter2 THREATQ_CLIENT_ID=id", nil},
		"nothing":               {"", []string{nothing}},
		"id alone":              {"THREATQ_CLIENT_ID=id", []string{"THREATQ_CLIENT_SECRET: must be set along with THREATQ_CLIENT_ID"}},
		"secret alone":          {"THREATQ_CLIENT_SECRET=hunter2", []string{"THREATQ_CLIENT_ID: must be set along with THREATQ_CLIENT_SECRET"}},
		"user without id":       {"THREATQ_USERNAME=me THREATQ_PASSWORD=hunter2", []string{apiPassword}},
		"user without password": {"THREATQ_USERNAME=me THREATQ_CLIENT_ID=id", []string{"THREATQ_PASSWORD: must be set along with THREATQ_USERNAME"}},
		"password without user": {"THREATQ_PASSWORD=hunter2 THREATQ_CLIENT_ID=id", []string{"THREATQ_USERNAME: must be set along with THREATQ_PASSWORD"}},
		"both grants":           {"THREATQ_USERNAME=me THREATQ_PASSWORD=hunter2 THREATQ_CLIENT_ID=id THREATQ_CLIENT_SECRET=hunter2", []string{both}},
		"user and secret":       {"THREATQ_USERNAME=me THREATQ_CLIENT_SECRET=hunter2", []string{both}},
	})
	checkBlock[config.ThreatQ](t, "", map[string]blockCase{
		"nothing at all": {"", []string{
			"THREATQ_URL: must be set. Address of ThreatQ, such as https://threatq.example.com; http:// on loopback only.",
			nothing,
		}},
	})
}

func TestVirusTotal(t *testing.T) {
	perMinute := func(got string) []string {
		return []string{"VT_REQUESTS_PER_MINUTE: wants 0 to 100000 (got " + got + ")"}
	}
	checkBlock[config.VirusTotal](t, "VT_API_KEY=hunter2", map[string]blockCase{
		"key alone": {"", nil},
		"no key": {
			"VT_KINDS=file,domains",
			[]string{"VT_KINDS: wants file, url, domain or ip (got \"domains\")"},
		},
		"insecure": {
			"VT_BASE_URL=http://vt.example.com",
			[]string{"VT_BASE_URL: wants https://, because credentials are sent there (got http://); http:// is for loopback only"},
		},
		"simulator":     {"VT_BASE_URL=http://localhost:8081/api/v3", nil},
		"least timeout": {"VT_TIMEOUT=1s", nil},
		"most timeout":  {"VT_TIMEOUT=5m", nil},
		"below timeout": {"VT_TIMEOUT=999ms", []string{"VT_TIMEOUT: wants 1s to 5m0s (got 999ms)"}},
		"above timeout": {"VT_TIMEOUT=5m1s", []string{"VT_TIMEOUT: wants 1s to 5m0s (got 5m1s)"}},
		"private quota": {"VT_QUOTA=private VT_REQUESTS_PER_MINUTE=1000", nil},
		"private, how many": {
			"VT_QUOTA=private",
			[]string{"VT_REQUESTS_PER_MINUTE: must be set along with VT_QUOTA=private; your licence says how many"},
		},
		"other quota":       {"VT_QUOTA=premium", []string{`VT_QUOTA: wants public or private (got "premium")`}},
		"no limit":          {"VT_REQUESTS_PER_MINUTE=0", nil},
		"most requests":     {"VT_REQUESTS_PER_MINUTE=100000", nil},
		"negative requests": {"VT_REQUESTS_PER_MINUTE=-1", perMinute("-1")},
		"too many requests": {"VT_REQUESTS_PER_MINUTE=100001", perMinute("100001")},
		"too many a day":    {"VT_REQUESTS_PER_DAY=2000000001", []string{"VT_REQUESTS_PER_DAY: wants 0 to 2000000000 (got 2000000001)"}},
		"too many a month":  {"VT_REQUESTS_PER_MONTH=-1", []string{"VT_REQUESTS_PER_MONTH: wants 0 to 2000000000 (got -1)"}},
		"most in reserve":   {"VT_QUOTA_RESERVE=0.9", nil},
		"all in reserve":    {"VT_QUOTA_RESERVE=0.91", []string{"VT_QUOTA_RESERVE: wants 0 to 0.9 (got 0.91)"}},
		"another window":    {"VT_QUOTA_WINDOW=6s", nil},
		"half a second":     {"VT_QUOTA_WINDOW=1500ms", []string{"VT_QUOTA_WINDOW: wants whole seconds (got 1.5s)"}},
		"a day's window":    {"VT_QUOTA_WINDOW=24h", []string{"VT_QUOTA_WINDOW: wants 1s to 1h0m0s (got 24h0m0s)"}},
		"other account":     {"VT_ACCOUNT=team-2", nil},
		"no account name":   {"VT_ACCOUNT=Team.2", []string{`VT_ACCOUNT: wants lower-case letters, digits and hyphens (got "Team.2")`}},
		"unusable proxy":    {"VT_PROXY=ssh://proxy", []string{"VT_PROXY: wants http://, https:// or socks5:// (got ssh://)"}},
		"authority missing": {"VT_CA_FILE=/hunter2", []string{"VT_CA_FILE: wants the path of a readable file (no such file or directory)"}},
	})
}

func TestVirusTotalDefaults(t *testing.T) {
	var got config.VirusTotal
	if err := config.Load([]string{"VT_API_KEY=hunter2"}, &got); err != nil {
		t.Fatal(err)
	}
	base, _ := config.ParseURL("https://www.virustotal.com/api/v3")
	want := config.VirusTotal{
		APIKey: config.NewSecret(hunter2), Endpoint: config.Endpoint{BaseURL: base}, Timeout: 20 * time.Second, Quota: config.QuotaPublic, Account: "main", Window: time.Minute,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load(key): -want +got\n%s", diff)
	}
}

func TestVirusTotalLimits(t *testing.T) {
	cases := map[string]struct {
		environ string
		want    config.Limits
	}{
		"a public key":         {"", config.Limits{Minute: 4, Day: 500, Month: 15_500}},
		"no limits":            {"VT_REQUESTS_PER_MINUTE=0 VT_REQUESTS_PER_DAY=0 VT_REQUESTS_PER_MONTH=0", config.Limits{}},
		"a licence":            {"VT_QUOTA=private VT_REQUESTS_PER_MINUTE=1000 VT_REQUESTS_PER_DAY=20000", config.Limits{Minute: 1000, Day: 20_000}},
		"a reserve":            {"VT_QUOTA_RESERVE=0.1", config.Limits{Minute: 4, Day: 450, Month: 13_950}},
		"a reserve of little":  {"VT_QUOTA_RESERVE=0.9 VT_REQUESTS_PER_DAY=1", config.Limits{Minute: 4, Day: 1, Month: 1550}},
		"a reserve of nothing": {"VT_QUOTA_RESERVE=0.5 VT_REQUESTS_PER_DAY=0", config.Limits{Minute: 4, Month: 7750}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var v config.VirusTotal
			if err := config.Load(strings.Fields("VT_API_KEY=k "+c.environ), &v); err != nil {
				t.Fatal(err)
			}
			c.want.Window = time.Minute
			if got := v.Limits(); got != c.want {
				t.Errorf("Limits() = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestLog(t *testing.T) {
	checkBlock[config.Log](t, "", map[string]blockCase{
		"nothing set":   {"", nil},
		"debug":         {"LOG_LEVEL=debug LOG_FORMAT=console", nil},
		"info":          {"LOG_LEVEL=info LOG_FORMAT=json", nil},
		"warn":          {"LOG_LEVEL=warn", nil},
		"error":         {"LOG_LEVEL=error", nil},
		"other level":   {"LOG_LEVEL=loud", []string{`LOG_LEVEL: wants debug, info, warn or error (got "loud")`}},
		"other format":  {"LOG_FORMAT=xml", []string{`LOG_FORMAT: wants json or console (got "xml")`}},
		"capital level": {"LOG_LEVEL=INFO", []string{`LOG_LEVEL: wants debug, info, warn or error (got "INFO")`}},
	})
}
