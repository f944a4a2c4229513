package dial_test

import (
	"strings"
	"testing"

	"vtq.internal/shared/config"
	"vtq.internal/shared/dial"
	"vtq.internal/shared/testkit/clienttest"
)

// load fills a block from an environment, as a program does.
func load[T any](t *testing.T, environ ...string) T {
	t.Helper()
	var block T
	if err := config.Load(environ, &block); err != nil {
		t.Fatal(err)
	}
	return block
}

// names checks that an error begins with the variables to mend, and shows no secret.
func names(t *testing.T, err error, want string) {
	t.Helper()
	if err != nil {
		clienttest.AssertNoLeak(t, err, password, token)
	}
	if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
		t.Errorf("error %v, want it to begin with %q", err, want)
	}
}

func TestThreatQ(t *testing.T) {
	right := load[config.ThreatQ](t, "THREATQ_URL=https://tq.example.com", "THREATQ_CLIENT_ID=id", "THREATQ_CLIENT_SECRET="+password)
	proxied := load[config.ThreatQ](t, "THREATQ_URL=https://tq.example.com", "THREATQ_CLIENT_ID=id", "THREATQ_CLIENT_SECRET="+password,
		"THREATQ_PROXY=http://me:"+token+"@proxy.example:3128")
	noID, noSecret, noCA := right, right, proxied
	noID.ClientID, noSecret.ClientSecret, noCA.CAFile = "", config.Secret{}, file(t, "no certificate")
	cases := map[string]struct {
		config config.ThreatQ
		want   string
	}{
		"right":          {right, ""},
		"behind a proxy": {proxied, ""},
		"nothing":        {config.ThreatQ{}, "THREATQ_URL"},
		"no id":          {noID, "THREATQ_URL, THREATQ_CLIENT_ID"},
		"no secret":      {noSecret, "THREATQ_URL, THREATQ_CLIENT_ID"},
		"no authority":   {noCA, "THREATQ_CA_FILE"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, err := dial.ThreatQ(c.config, nil)
			names(t, err, c.want)
			if (client != nil) != (err == nil) {
				t.Errorf("ThreatQ() = %v, %v, want one of them", client, err)
			}
		})
	}
}

func TestVirusTotal(t *testing.T) {
	right := load[config.VirusTotal](t, "VT_API_KEY="+password)
	proxied := load[config.VirusTotal](t, "VT_API_KEY="+password, "VT_PROXY=http://me:"+token+"@proxy.example:3128")
	noKey, badKey, noCA := right, right, proxied
	noKey.APIKey, badKey.APIKey, noCA.CAFile = config.Secret{}, config.NewSecret(password+" "+token), "/nowhere"
	cases := map[string]struct {
		config config.VirusTotal
		want   string
	}{
		"right":          {right, ""},
		"behind a proxy": {proxied, ""},
		"no key":         {noKey, "VT_API_KEY"},
		"key with blank": {badKey, "VT_API_KEY"},
		"no authority":   {noCA, "VT_CA_FILE"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, err := dial.VirusTotal(c.config)
			names(t, err, c.want)
			if (client != nil) != (err == nil) {
				t.Errorf("VirusTotal() = %v, %v, want one of them", client, err)
			}
		})
	}
}
