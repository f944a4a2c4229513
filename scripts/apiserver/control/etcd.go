package control

import (
	"context"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdSocket is where etcd listens for the API server. A socket's path has room
// for 107 bytes on Linux, so names are short here.
const etcdSocket = "etcd.sock"

// startEtcd runs etcd and returns when it answers.
func (p *Plane) startEtcd(ctx context.Context) error {
	config := embed.NewConfig()
	config.Dir = p.path("etcd")
	config.LogOutputs = []string{p.path(etcdLog)}
	config.LogLevel = "warn"
	config.UnsafeNoFsync = true
	config.ListenClientUrls = []url.URL{{Scheme: "unix", Path: p.path(etcdSocket)}}
	config.ListenPeerUrls = []url.URL{{Scheme: "unix", Path: p.path("peer.sock")}}
	// It announces addresses of TCP only, and nobody follows them: port 0 is none.
	nowhere := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config.AdvertiseClientUrls, config.AdvertisePeerUrls = nowhere, nowhere
	config.InitialCluster = config.InitialClusterFromName(config.Name)

	var err error
	if p.etcd, err = embed.StartEtcd(config); err != nil {
		return err
	}
	select {
	case <-p.etcd.Server.ReadyNotify():
		return nil
	case err := <-p.etcd.Err():
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
