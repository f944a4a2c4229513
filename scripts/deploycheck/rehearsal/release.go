package rehearsal

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"vtq.internal/scripts/deploycheck/chart"
	"vtq.internal/shared/grant"
	"vtq.internal/shared/simulator/threatq"
	"vtq.internal/shared/simulator/virustotal"
)

// The quota of the rehearsal.
const (
	// PerWindow is how many requests may be made in a Window.
	PerWindow = 6
	// Window is the shortest that can be set. A slot is taken for a second longer than that, so that two or three requests are made in a
	// second, and the work lasts for a minute.
	Window = time.Second
)

// values are what a user of the chart sets. The producer looks every second, and reaches back no further than that: what a crash has lost
// does not come by itself with the next look.
func values(perDay int) chart.Values {
	return chart.Values{
		"image": chart.Values{"registry": "registry.example.com/security"},
		"settings": chart.Values{
			"THREATQ_URL": "https://threatq.example.com", "THREATQ_PAGE_SIZE": 50.0, "VTQ_POLL": "1s", "VTQ_OVERLAP": "2s",
			"VT_PROVIDER": "virustotal", "VT_QUOTA_WINDOW": Window.String(), "VT_REQUESTS_PER_MINUTE": float64(PerWindow),
			"VT_REQUESTS_PER_DAY": float64(perDay), "VT_REQUESTS_PER_MONTH": float64(perDay),
		},
	}
}

// A Release is the rendered chart, and what a cluster would hold besides.
type Release struct {
	chart.Release
	dir       string
	store     chart.Store
	addresses map[string]string
}

// NewRelease renders the chart for this budget of a day. Secrets are made of the files of credentials, mounted files are written below
// dir, and addresses are variables that replace those which only a cluster could reach.
func NewRelease(perDay int, dir, credentials string, addresses map[string]string) (*Release, error) {
	c, err := chart.Open()
	if err != nil {
		return nil, err
	}
	rendered, err := c.Render(values(perDay))
	if err != nil {
		return nil, err
	}
	secrets := map[string]map[string]string{"vtq-keys": {
		"THREATQ_CLIENT_ID": threatq.DefaultClientID, "THREATQ_CLIENT_SECRET": threatq.DefaultClientSecret, "VT_API_KEY": virustotal.DefaultKey,
	}}
	for _, role := range grant.Roles() {
		secret := map[string]string{}
		for key, file := range map[string]string{"nkey": string(role) + ".nk", "ca.crt": "ca.pem"} {
			body, err := os.ReadFile(filepath.Join(credentials, file))
			if err != nil {
				return nil, fmt.Errorf("making the secret of the %s: %w", role, err)
			}
			secret[key] = string(body)
		}
		secrets["vtq-nats-"+string(role)] = secret
	}
	return &Release{rendered, dir, chart.Store{Secrets: secrets}, addresses}, nil
}

// Command is how a component is started, as name, with some addresses of its own.
func (r *Release) Command(programs Programs, component, name string, own map[string]string) (Command, error) {
	p, err := r.Process(component, filepath.Join(r.dir, name), r.store)
	if err != nil {
		return Command{}, err
	}
	maps.Copy(p.Env, r.addresses)
	maps.Copy(p.Env, own)
	program := "vtq"
	if _, err := r.deployment(component); err == nil {
		program += "-" + component
	}
	return Command{Name: name, Path: programs.Path(program), Args: p.Args, Env: p.Environ()}, nil
}

// Grace is how long a pod of a stage is given to end.
func (r *Release) Grace(stage string) (time.Duration, error) {
	d, err := r.deployment(stage)
	if err != nil {
		return 0, err
	}
	seconds := d.Spec.Template.Spec.TerminationGracePeriodSeconds
	if seconds == nil {
		return 0, fmt.Errorf("rolling the %s: the chart does not say how long a pod may take to end", stage)
	}
	return time.Duration(*seconds) * time.Second, nil
}

// Surges tells whether a new pod of a stage is ready before an old one is sent away. Otherwise all of the old ones are gone before.
func (r *Release) Surges(stage string) (bool, error) {
	d, err := r.deployment(stage)
	return err == nil && d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType, err
}

func (r *Release) deployment(stage string) (*appsv1.Deployment, error) {
	for _, o := range r.Objects {
		if d, ok := o.Value.(*appsv1.Deployment); ok && o.Component() == stage {
			return d, nil
		}
	}
	return nil, fmt.Errorf("looking for the %s: the chart has no such deployment", stage)
}
