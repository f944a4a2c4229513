package control_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"vtq.internal/scripts/apiserver/control"
)

// namespaces asks the server for its namespaces.
func namespaces(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Namespaces().List(ctx, meta.ListOptions{})
	return err
}

func TestAPlaneFromStartToEnd(t *testing.T) {
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	plane, err := control.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plane.Close() })

	t.Run("listens on loopback", func(t *testing.T) {
		at, err := url.Parse(plane.Config().Host)
		if err != nil || at.Hostname() != "127.0.0.1" || at.Scheme != "https" {
			t.Errorf("Host = %q, want https on 127.0.0.1", plane.Config().Host)
		}
	})
	t.Run("serves the administrator", func(t *testing.T) {
		if err := namespaces(t.Context(), plane.Config()); err != nil {
			t.Error(err)
		}
	})
	for name, token := range map[string]string{"nobody": "", "a stranger": "guess"} {
		t.Run("refuses "+name, func(t *testing.T) {
			config := plane.Config()
			config.BearerToken = token
			if err := namespaces(t.Context(), config); !apierrors.IsUnauthorized(err) {
				t.Errorf("listing namespaces = %v, want it unauthorized", err)
			}
		})
	}
	t.Run("keeps its files to itself", func(t *testing.T) {
		entries, err := os.ReadDir(scratch)
		if err != nil || len(entries) != 1 {
			t.Fatalf("the scratch folder holds %v, %v, want one folder", entries, err)
		}
		if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("its mode is %v, %v, want 0700", info.Mode(), err)
		}
	})
	t.Run("leaves nothing", func(t *testing.T) {
		config := plane.Config()
		for range 2 {
			if err := plane.Close(); err != nil {
				t.Error(err)
			}
		}
		if entries, err := os.ReadDir(scratch); err != nil || len(entries) != 0 {
			t.Errorf("the scratch folder holds %v, %v, want nothing", entries, err)
		}
		if err := namespaces(t.Context(), config); err == nil {
			t.Error("the server still answers")
		}
	})
}

func TestAStartThatIsGivenUp(t *testing.T) {
	// Where the start is by then differs between machines; what is left must not.
	for name, after := range map[string]time.Duration{"at once": 0, "early": time.Second, "late": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			scratch := t.TempDir()
			t.Setenv("TMPDIR", scratch)
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			plane, err := control.Start(ctx)
			if err == nil {
				err = plane.Close()
			} else if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Start = %v, want it to tell of the deadline", err)
			}
			t.Log(err)
			if entries, err := os.ReadDir(scratch); err != nil || len(entries) != 0 {
				t.Errorf("the scratch folder holds %v, %v, want nothing", entries, err)
			}
		})
	}
}
