package compose_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// enriched asks the simulated ThreatQ how many indicators have an attribute of vtq's, as an analyst would.
func (m *machine) enriched(t *testing.T) int {
	t.Helper()
	at := "http://127.0.0.1:" + m.ports["8100"]
	environment := m.project.Services["writer"].Environment
	login, err := http.PostForm(at+"/api/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {*environment["THREATQ_CLIENT_ID"]}, "client_secret": {*environment["THREATQ_CLIENT_SECRET"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	var token struct {
		Access string `json:"access_token"`
	}
	decode(t, login, &token)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/api/indicators?with=attributes&limit=200", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token.Access)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Data []struct {
			Attributes []struct {
				Name string `json:"name"`
			} `json:"attributes"`
		} `json:"data"`
	}
	decode(t, response, &page)
	n := 0
	for _, indicator := range page.Data {
		for _, attribute := range indicator.Attributes {
			if strings.HasPrefix(attribute.Name, "VirusTotal ") { // By VTQ_ATTRIBUTE_PREFIX; others were there before.
				n++
				break
			}
		}
	}
	return n
}

// decode reads an answer that has to be a good one.
func decode(t *testing.T, response *http.Response, into any) {
	t.Helper()
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %.300s", response.Request.URL.Path, response.Status, err, raw)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", response.Request.URL.Path, err)
	}
}
