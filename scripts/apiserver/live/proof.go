package live

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"vtq.internal/scripts/apiserver/release"
	"vtq.internal/scripts/apiserver/rendering"
)

// good is the proof's rendering that is accepted; each of the others differs
// from it by one fault.
const good = "accepted"

//go:embed proofs/*.yaml
var proofs embed.FS

// A proof is something that must be refused, for one reason.
type proof struct {
	file   string // below proofs
	how    func(context.Context, *release.Cluster, *rendering.Rendering) (release.Outcome, error)
	reason string // within the one refusal
}

// everyProof returns what a server and this program must be able to refuse.
func everyProof() []proof {
	profile := `violates PodSecurity "restricted:` + release.PolicyVersion + `"`
	return []proof{
		{"pod", install, profile},
		{"template", install, profile},
		{"hook", install, profile},
		{"field", install, ".spec.replcas: field not declared in schema"},
		{"customfield", install, ".spec.podMetricsEndpoint: field not declared in schema"},
		{"value", install, "must be no more than"},
		{"customvalue", install, "spec.scaleTargetRef: Required value"},
		{"kind", install, "no matches for kind"},
		{"account", install, "serviceaccount"},
		{"warning", install, "accepted with a warning"},
		{"change", repeat, "applying it again changed it"},
		{"selector", upgrade, "field is immutable"},
	}
}

// prove has the server refuse what it must, having accepted what differs from
// it by the fault alone.
func (t *trial) prove(ctx context.Context) error {
	fmt.Fprintln(t.out, "\nRefused, as it must be:")
	_, outcome, err := start(ctx, t.cluster)
	if err != nil {
		return err
	}
	if len(outcome.Refused) > 0 {
		t.tell("accepted, but not here", outcome)
	}
	for _, p := range everyProof() {
		what, err := rendering.Read(proofs, "proofs/"+p.file+".yaml")
		if err != nil {
			return fmt.Errorf("reading the proof %s: %w", p.file, err)
		}
		outcome, err := p.how(ctx, t.cluster, what)
		if err != nil {
			return fmt.Errorf("trying the proof %s: %w", p.file, err)
		}
		t.judge(p, outcome)
	}
	return nil
}

// judge reports whether a proof was refused once, and for its reason.
func (t *trial) judge(p proof, o release.Outcome) {
	if len(o.Refused) == 1 && strings.Contains(o.Refused[0].Error(), p.reason) {
		fmt.Fprintf(t.out, "  %-12s %s\n", p.file, shortened(o.Refused[0].Error()))
		return
	}
	t.wrong++
	fmt.Fprintf(t.out, "  %-12s WRONG: %d refusals, want one of %q\n", p.file, len(o.Refused), p.reason)
	for _, err := range o.Refused {
		fmt.Fprintf(t.out, "      %s\n", err)
	}
}

// shortened cuts a reason to what fits beside its name; the servers' can be long.
func shortened(text string) string {
	const fits = 200
	if runes := []rune(text); len(runes) > fits {
		return string(runes[:fits]) + "..."
	}
	return text
}

// start installs the rendering that is accepted.
func start(ctx context.Context, c *release.Cluster) (*release.Release, release.Outcome, error) {
	what, err := rendering.Read(proofs, "proofs/"+good+".yaml")
	if err != nil {
		return nil, release.Outcome{}, err
	}
	return c.Install(ctx, what)
}

// install, repeat and upgrade are how a proof is tried.
func install(ctx context.Context, c *release.Cluster, what *rendering.Rendering) (release.Outcome, error) {
	_, outcome, err := c.Install(ctx, what)
	return outcome, err
}

func repeat(ctx context.Context, c *release.Cluster, what *rendering.Rendering) (release.Outcome, error) {
	installed, _, err := start(ctx, c)
	if err != nil {
		return release.Outcome{}, err
	}
	return installed.Repeat(ctx, what)
}

func upgrade(ctx context.Context, c *release.Cluster, what *rendering.Rendering) (release.Outcome, error) {
	installed, _, err := start(ctx, c)
	if err != nil {
		return release.Outcome{}, err
	}
	return installed.Upgrade(ctx, what)
}
