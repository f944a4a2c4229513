package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vtq.internal/services/vtq/internal/credentials"
	"vtq.internal/services/vtq/internal/screen"
	"vtq.internal/shared/config"
)

// Values of the flag -o of the command.
const (
	formatFiles      = "files"
	formatKubernetes = "kubernetes"
)

// credentialsFlags are the flags of `vtq credentials`.
type credentialsFlags struct {
	output         *format
	dir, namespace string
	servers        []string
	force          bool
	withoutKeys    bool
}

func (c *cli) credentials() *cobra.Command {
	var f credentialsFlags
	cmd := &cobra.Command{
		Use:   "credentials",
		Short: "Make keys and certificates for a NATS server of your own",
		Long: `Credentials makes what a NATS server and the services need to know each other: an
authority, a certificate for the server, and a key for each role (admin,
producer, lookup, writer), whose rights are in vtq.conf of deployments/nats.

With --dir they become files that this user alone can read. With -o kubernetes
nothing is written but a manifest to standard output: the namespace, the secrets
vtq-nats-server, vtq-nats-admin, vtq-nats-producer, vtq-nats-lookup and
vtq-nats-writer, and vtq-keys with the credentials for ThreatQ and the providers
that are set in the environment. Where none is set, and with --without-keys,
vtq-keys is left out, and what stands there stays. The manifest holds secrets:
give it to kubectl apply, or to what encrypts it.

Every run makes new ones, good for ` + days(credentials.Validity) + ` days. The old ones stop working once the
server has the new ones.`,
		Example: `  vtq credentials --dir nats --server nats.example.com
  vtq credentials -o kubernetes --namespace vtq | kubectl apply -f -`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.runCredentials(f) },
	}
	f.output = formatFlag(cmd, formatFiles, formatKubernetes)
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "dir", "", "write files into this `directory`, made if it is not there")
	flags.StringArrayVar(&f.servers, "server", nil, "`name` or address of the server, once for each; its own machine unless set,\n"+
		"or with -o kubernetes what the NATS chart calls it as release nats")
	flags.StringVar(&f.namespace, "namespace", "", "`namespace` of the secrets, with -o kubernetes")
	flags.BoolVar(&f.withoutKeys, "without-keys", false, "leave vtq-keys alone, with -o kubernetes, whatever the environment holds")
	flags.BoolVar(&f.force, "force", false, "write over the credentials in the directory")
	_ = cmd.MarkFlagDirname("dir") // The flag is there.
	return cmd
}

// days is a time in whole days.
func days(d time.Duration) string { return strconv.Itoa(int(d.Hours()) / 24) }

// names are those of the server.
func (f credentialsFlags) names() []string {
	switch {
	case len(f.servers) > 0:
		return f.servers
	case f.output.chosen == formatKubernetes:
		return credentials.ClusterNames(f.namespace)
	}
	return credentials.LocalNames()
}

// validate tells what does not go together.
func (f credentialsFlags) validate() error {
	var all []error
	if f.output.chosen == formatKubernetes {
		if f.dir != "" || f.force {
			all = append(all, errors.New("--dir, --force: are for files, and -o kubernetes writes none"))
		}
		if err := credentials.CheckNamespace(f.namespace); err != nil {
			return errors.Join(append(all, err)...) // The names may come of it.
		}
	} else {
		if f.dir == "" {
			all = append(all, errors.New("--dir: must be set to the directory for the files, unless with -o kubernetes"))
		}
		if f.namespace != "" {
			all = append(all, errors.New("--namespace: is for -o kubernetes"))
		}
		if f.withoutKeys {
			all = append(all, errors.New("--without-keys: is for -o kubernetes"))
		}
	}
	return errors.Join(append(all, credentials.CheckNames(f.names()))...)
}

func (c *cli) runCredentials(f credentialsFlags) error {
	if err := f.validate(); err != nil {
		return misuseError{err}
	}
	set, err := credentials.New(f.names(), time.Now())
	if err != nil {
		return err
	}
	if f.output.chosen == formatKubernetes {
		return c.printManifest(set, f)
	}
	if err := set.Write(f.dir, f.force); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(c.process.Stdout, "%s  %s, for %s\n", f.dir, "authority, certificate and keys", strings.Join(f.names(), ", "))
	return nil
}

// printManifest prints the secrets, and says on standard error what a person may not know about them.
func (c *cli) printManifest(set credentials.Set, f credentialsFlags) error {
	keys, said, err := c.keys(f.withoutKeys)
	if err != nil {
		return err
	}
	if screen.Of(c.process.Stdout, nil).Terminal {
		c.complain("What follows holds secrets, and is for: vtq credentials ... | kubectl apply -f -\n")
	}
	c.complain("vtq-keys %s\n", said)
	return set.Manifest(c.process.Stdout, f.namespace, keys)
}

// keys are those of other services, with what becomes of their secret: one that is applied takes the place of what stands there whole.
func (c *cli) keys(without bool) (keys map[string]config.Secret, said string, err error) {
	if without {
		return nil, "is left alone", nil
	}
	keys, err = credentials.Keys(c.process.Env)
	if len(keys) == 0 {
		return nil, "is left alone: no credential for ThreatQ or a provider is set in the environment", err
	}
	return keys, "holds " + strings.Join(slices.Sorted(maps.Keys(keys)), ", ") + " and nothing else; --without-keys leaves it alone", nil
}
