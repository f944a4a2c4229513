package virustotal_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/testkit/clienttest"
	"vtq.internal/shared/verdict"
)

func TestEveryStatusIsClassified(t *testing.T) {
	for _, object := range []indicator.Object{emptyMD5(), lureURL(), lureDomain(), address()} {
		t.Run(string(object.Kind), func(t *testing.T) {
			clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
				_, err := newClient(t, transport).Look(ctx, object)
				return err
			})
		})
	}
	t.Run("quotas", func(t *testing.T) {
		clienttest.Classifies(t, func(ctx context.Context, transport http.RoundTripper) error {
			_, err := newClient(t, transport).Quotas(ctx)
			return err
		})
	})
}

const (
	jsonType = "application/json; charset=utf-8"
	at       = "GET www.virustotal.com/api/v3/"
)

// errorBody is an error as the service words it.
func errorBody(code, message string) string {
	return `{"error": {"code": "` + code + `", "message": "` + message + `"}}`
}

func TestErrorsOfTheService(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		kind   fault.Kind
		want   string
	}{
		"a bad name":         {400, errorBody("InvalidArgumentError", "Domain \\\"lure.example.com\\\" is not a valid domain pattern"), fault.Permanent, "status 400 (Bad Request): InvalidArgumentError"},
		"not yet":            {400, errorBody("NotAvailableYet", ""), fault.Transient, "status 400 (Bad Request): NotAvailableYet"},
		"no key":             {401, errorBody("AuthenticationRequiredError", "X-Apikey header is missing"), fault.Denied, "status 401 (Unauthorized): AuthenticationRequiredError"},
		"a wrong key":        {401, errorBody("WrongCredentialsError", "Wrong API key: "+key), fault.Denied, "status 401 (Unauthorized): WrongCredentialsError"},
		"a premium path":     {403, errorBody("ForbiddenError", key), fault.Denied, "status 403 (Forbidden): ForbiddenError"},
		"a quota":            {429, errorBody("QuotaExceededError", "Quota exceeded"), fault.Quota, "status 429 (Too Many Requests): QuotaExceededError"},
		"too many":           {429, errorBody("TooManyRequestsError", "Too many requests."), fault.Quota, "status 429 (Too Many Requests): TooManyRequestsError"},
		"down":               {503, errorBody("TransientError", ""), fault.Transient, "status 503 (Service Unavailable): TransientError"},
		"a dependency":       {424, errorBody("FailedDependencyError", ""), fault.Transient, "status 424 (Failed Dependency): FailedDependencyError"},
		"too late":           {504, errorBody("DeadlineExceededError", ""), fault.Transient, "status 504 (Gateway Timeout): DeadlineExceededError"},
		"an unknown code":    {500, errorBody(key, key), fault.Transient, "status 500 (Internal Server Error)"},
		"an odd error":       {502, `{"error":"` + key + `"}`, fault.Transient, "status 502 (Bad Gateway)"},
		"a code cut short":   {400, `{"error":{"code":"NotAvailableYet"`, fault.Permanent, "status 400 (Bad Request)"},
		"a success of no OK": {206, errorBody("NotAvailableYet", ""), fault.Transient, "the answer holds no report"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, answers(c.status, jsonType, c.body)).Look(t.Context(), lureDomain())
			want := "looking up a domain: " + at + "domains/{id}: " + c.want
			if c.status < 300 {
				want = "looking up a domain: " + c.want
			}
			if err == nil || err.Error() != want || fault.KindOf(err) != c.kind {
				t.Errorf("Look = %v: %v, want %v: %s", fault.KindOf(err), err, c.kind, want)
			}
			clienttest.AssertNoLeak(t, err, key, lureDomain().Value)
		})
	}
}

func TestNotFound(t *testing.T) {
	const pathHint = "the service has no such path; check VT_BASE_URL"
	const bodyHint = "not the service's own answer; check VT_BASE_URL"
	ours := errorBody("NotFoundError", "File \\\"x\\\" not found")
	lost := errorBody("NotFoundError", "Resource not found")
	page := "<!DOCTYPE html><title>404</title>"
	cases := map[string]struct {
		object     indicator.Object
		kind, body string
		want       string // Empty for a verdict.
	}{
		"the service's own":              {emptyMD5(), jsonType, ours, ""},
		"the service's own, no words":    {emptyMD5(), jsonType, errorBody("NotFoundError", ""), ""},
		"a gateway's code":               {emptyMD5(), jsonType, errorBody("ResourceNotFound", "no such API"), bodyHint},
		"the service's code for another": {emptyMD5(), jsonType, errorBody("ForbiddenError", ""), bodyHint},
		"a page":                         {emptyMD5(), "text/html", page, bodyHint},
		"a page that says it is JSON":    {emptyMD5(), jsonType, page, bodyHint},
		"nothing":                        {emptyMD5(), "", "", bodyHint},
		"plain text":                     {emptyMD5(), "text/plain", "404 page not found", bodyHint},
		"a gateway's JSON":               {emptyMD5(), jsonType, `{"message":"no Route matched"}`, bodyHint},
		"a JSON cut short":               {emptyMD5(), jsonType, ours[:len(ours)-3], bodyHint},
		"no such path for a file":        {emptyMD5(), jsonType, lost, pathHint},
		"no such path for a URL":         {lureURL(), jsonType, lost, pathHint},
		"no such path for a name":        {lureDomain(), jsonType, lost, ""},
		"no such path for an address":    {address(), jsonType, lost, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, answers(http.StatusNotFound, c.kind, c.body))
			v, err := client.Look(t.Context(), c.object)
			if c.want == "" {
				if err != nil || v.Found || v.Provider != "virustotal" || v.Kind != c.object.Kind || v.Asked.IsZero() || v.Counts != nil {
					t.Errorf("Look = %+v, %v; want a verdict of not found", v, err)
				}
				return
			}
			want := "status 404 (Not Found): " + c.want
			if fault.KindOf(err) != fault.Transient || !hasSuffix(err, want) {
				t.Errorf("Look = %v: %v, want transient: %s", fault.KindOf(err), err, want)
			}
			if diff := cmp.Diff(verdict.Verdict{}, v); diff != "" {
				t.Errorf("a verdict beside an error: %s", diff)
			}
		})
	}
}

func TestSuccessesThatAreNone(t *testing.T) {
	cases := map[string]struct{ kind, body string }{
		"empty":                  {jsonType, ""},
		"a page":                 {"text/html", "<html>"},
		"another type":           {"text/plain", `{"data":{"attributes":{}}}`},
		"cut short":              {jsonType, `{"data":{"attributes":{"last_analysis_stats":{"harmless":7`},
		"null":                   {jsonType, `null`},
		"a list":                 {jsonType, `[]`},
		"no data":                {jsonType, `{}`},
		"odd data":               {jsonType, `{"data":"x"}`},
		"a list of reports":      {jsonType, `{"data":[]}`},
		"no attributes":          {jsonType, `{"data":{"id":"x"}}`},
		"attributes that are no": {jsonType, `{"data":{"attributes":null}}`},
		"an error":               {jsonType, errorBody("NotFoundError", "x")},
		"of another type":        {jsonType, `{"data":{"type":"file","attributes":{}}}`},
		"of another address":     {jsonType, `{"data":{"id":"203.0.113.8","attributes":{}}}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v, err := newClient(t, answers(http.StatusOK, c.kind, c.body)).Look(t.Context(), address())
			if fault.KindOf(err) != fault.Transient || v.Found {
				t.Errorf("Look answered %q = %+v, %v (%v); want transient", c.body, v, err, fault.KindOf(err))
			}
		})
	}
}

func TestAnswersAboutAnotherFile(t *testing.T) {
	other := emptySHA256().Value[:63] + "0"
	cases := map[string]struct {
		asked indicator.Object
		data  string
		ok    bool
	}{
		"all three hashes":        {emptyMD5(), `"id":"` + emptySHA256().Value + `","attributes":{"md5":"` + emptyMD5().Value + `"}`, true},
		"the hash in capitals":    {emptyMD5(), `"attributes":{"md5":"D41D8CD98F00B204E9800998ECF8427E"}`, true},
		"no hash at all":          {emptyMD5(), `"attributes":{}`, true},
		"placeholders":            {emptyMD5(), `"id":"<SHA-256>","attributes":{"md5":"..."}`, true},
		"another MD5":             {emptyMD5(), `"attributes":{"md5":"d41d8cd98f00b204e9800998ecf84270"}`, false},
		"another SHA-1":           {emptySHA1(), `"attributes":{"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80700"}`, false},
		"another SHA-256 as id":   {emptySHA256(), `"id":"` + other + `","attributes":{}`, false},
		"another SHA-256":         {emptySHA256(), `"attributes":{"sha256":"` + other + `"}`, false},
		"asked in capitals":       {indicator.Object{Kind: indicator.File, Value: "D41D8CD98F00B204E9800998ECF8427E"}, `"attributes":{"md5":"` + emptyMD5().Value + `"}`, true},
		"another kind of object":  {emptyMD5(), `"type":"url","attributes":{}`, false},
		"a type that is no text":  {emptyMD5(), `"type":7,"attributes":{}`, true},
		"the kind that was asked": {emptyMD5(), `"type":"file","attributes":{}`, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, answers(http.StatusOK, jsonType, `{"data":{`+c.data+`}}`)).Look(t.Context(), c.asked)
			if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Transient {
				t.Errorf("Look(%v) answered %s: %v (%v)", c.asked, c.data, err, fault.KindOf(err))
			}
		})
	}
}

func TestNoRequestIsSpentOnWhatCannotBe(t *testing.T) {
	client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a request was spent: %s", r.URL)
		return clienttest.Answer(r, http.StatusNotFound, "", ""), nil
	}))
	for _, object := range []indicator.Object{
		{Kind: indicator.File, Value: "None"},
		{Kind: indicator.File, Value: emptyMD5().Value[1:]},
		{Kind: indicator.File, Value: "z" + emptyMD5().Value[1:]},
		{Kind: indicator.URL, Value: ""},
		{Kind: indicator.Domain, Value: ""},
		{Kind: indicator.Domain, Value: ".."},
		{Kind: indicator.Domain, Value: "../users/me"},
		{Kind: indicator.IP, Value: "203.0.113"},
		{Kind: "mutex", Value: "x"},
	} {
		_, err := client.Look(t.Context(), object)
		if fault.KindOf(err) != fault.Permanent {
			t.Errorf("Look(%v) = %v (%v), want permanent", object, err, fault.KindOf(err))
		}
	}
}

func TestAskedIsTheTimeOfTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, clienttest.Transport(func(r *http.Request) (*http.Response, error) {
			time.Sleep(2500 * time.Millisecond)
			return clienttest.Answer(r, http.StatusOK, jsonType, `{"data":{"attributes":{}}}`), nil
		}))
		start := time.Now().UTC()
		v, err := client.Look(t.Context(), address())
		if want := start.Add(2 * time.Second); err != nil || !v.Asked.Equal(want) || v.Asked.Location() != time.UTC {
			t.Errorf("Asked = %v, %v; want %v", v.Asked, err, want)
		}
	})
}
