package control

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// pollEvery is how often a server that starts is asked whether it is ready.
const pollEvery = 100 * time.Millisecond

// startServer runs the API server on a free port of loopback, until ctx ends or
// the plane is closed.
func (p *Plane) startServer(ctx context.Context) error {
	password := token()
	// The group masters may do everything: what is tried here is admission, not RBAC.
	if err := p.writeSecret("tokens.csv", []byte(password+",administrator,1,system:masters\n")); err != nil {
		return err
	}
	if err := p.writeAccountKey(); err != nil {
		return err
	}
	opts, err := p.options(ctx)
	if err != nil {
		return err
	}
	ctx, p.cancel = context.WithCancel(ctx)
	p.exited = make(chan error, 1)
	completed, err := complete(ctx, opts)
	if err != nil {
		p.exited <- nil // it never ran
		return err
	}
	if err := p.clientConfig(opts, password); err != nil {
		p.exited <- nil
		return err
	}
	go func() { p.exited <- app.Run(ctx, completed) }()
	return nil
}

// options returns the settings of the API server, with its port bound.
func (p *Plane) options(ctx context.Context) (*options.ServerRunOptions, error) {
	opts := options.NewServerRunOptions()
	set := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, flags := range opts.Flags().FlagSets {
		set.AddFlagSet(flags)
	}
	if err := set.Parse(p.flags()); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	opts.SecureServing.Listener = listener
	opts.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	return opts, nil
}

// flags are the settings in the words of kube-apiserver's command line.
func (p *Plane) flags() []string {
	return []string{
		"--etcd-servers=unix://" + p.path(etcdSocket),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none", // nobody looks for the server within the cluster, and it may not announce loopback
		"--cert-dir=" + p.path("certificates"),
		"--token-auth-file=" + p.path("tokens.csv"),
		"--anonymous-auth=false",
		"--authorization-mode=RBAC",
		"--profiling=false",
		"--service-cluster-ip-range=10.96.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.path(accountKey),
		"--service-account-signing-key-file=" + p.path(accountKey),
	}
}

// accountKey signs the tokens of service accounts: the server insists on one,
// though no pod runs that would ask for a token.
const accountKey = "accounts.pem"

// writeAccountKey makes the key for the tokens of service accounts.
func (p *Plane) writeAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return p.writeSecret(accountKey, text)
}

// complete fills in what the settings leave open, as the command does.
func complete(ctx context.Context, opts *options.ServerRunOptions) (options.CompletedOptions, error) {
	if err := opts.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	completed, err := opts.Complete(ctx)
	if err != nil {
		return options.CompletedOptions{}, err
	}
	return completed, errors.Join(completed.Validate()...)
}

// clientConfig tells clients of the address, and of the certificate that the
// server has made for itself.
func (p *Plane) clientConfig(opts *options.ServerRunOptions, password string) error {
	authority, err := os.ReadFile(opts.SecureServing.ServerCert.CertKey.CertFile)
	if err != nil {
		return err
	}
	p.config = &rest.Config{
		Host:            "https://" + opts.SecureServing.Listener.Addr().String(),
		BearerToken:     password,
		TLSClientConfig: rest.TLSClientConfig{CAData: authority},
		QPS:             -1,
	}
	return nil
}

// awaitReady returns when the server says that it is ready, or why it never will
// be.
func (p *Plane) awaitReady(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(p.config)
	if err != nil {
		return err
	}
	err = wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		select {
		case err := <-p.exited:
			p.exited <- nil // for Close, which waits for an end
			return false, fmt.Errorf("it ended: %w", err)
		case <-p.fatal:
			return false, errFatal
		default:
		}
		var status int
		client.RESTClient().Get().AbsPath("/readyz").Do(ctx).StatusCode(&status)
		return status == http.StatusOK, nil
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
