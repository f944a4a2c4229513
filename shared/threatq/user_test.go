package threatq_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	simulator "vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/threatq"
)

func TestCheck(t *testing.T) {
	client := overSimulator(t, &simulator.Server{})
	got, err := client.Check(t.Context())
	if err != nil || got.Name != simulator.DefaultClientID || got.Source != simulator.DefaultClientID || got.SourceID == 0 {
		t.Errorf("Check = %+v, %v; want the OAuth client and its source", got, err)
	}
}

func TestCheckTellsWhatIsHidden(t *testing.T) {
	ann := threatq.User{ID: 7, Name: "ann@example.org", SourceID: 70, Source: "Ann"}
	cases := map[string]struct {
		user, types, statuses string
		want                  threatq.User
		hidden                bool
	}{
		"nothing":           {userAnswer, typesAnswer, statusesAnswer, ann, false},
		"the types":         {userAnswer, `{}`, statusesAnswer, ann, true},
		"the statuses":      {userAnswer, typesAnswer, `{}`, ann, true},
		"the user":          {`{}`, typesAnswer, statusesAnswer, threatq.User{}, true},
		"an empty user":     {`{"data":{}}`, typesAnswer, statusesAnswer, threatq.User{}, true},
		"a name that jumps": {`{"data":{"id":"7","display_name":"A\nnn"}}`, typesAnswer, statusesAnswer, threatq.User{ID: 7, Name: "A nn"}, false},
		"a source alone":    {`{"data":{"source":{"id":70,"name":"Ann"}}}`, typesAnswer, statusesAnswer, threatq.User{Name: "Ann", SourceID: 70, Source: "Ann"}, false},
		"an empty table":    {userAnswer, `{"data":[]}`, statusesAnswer, ann, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			client, _ := scripted(t, map[string][]canned{
				"GET /api/users/current": says(c.user), "GET /api/indicator/types": says(c.types),
				"GET /api/indicator/statuses": says(c.statuses),
			})
			got, err := client.Check(t.Context())
			if isHidden(err) != c.hidden || (err != nil) != c.hidden {
				t.Errorf("Check = %v, want ErrHidden: %v", err, c.hidden)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	}
}
