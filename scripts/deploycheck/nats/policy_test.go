package nats_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"vtq.internal/scripts/deploycheck/chart"
)

// policy is the one that guards the servers.
func policy(t *testing.T) networkingv1.NetworkPolicy {
	t.Helper()
	all := read(t).ExtraResources
	if len(all) != 1 || all[0].Kind != "NetworkPolicy" || all[0].APIVersion != "networking.k8s.io/v1" {
		t.Fatalf("further resources %v, want a NetworkPolicy", all)
	}
	return all[0]
}

// servers are the labels of a server's pod, of the NATS chart as release "nats" (its nats.selectorLabels).
func servers() map[string]string {
	return map[string]string{"app.kubernetes.io/name": "nats", "app.kubernetes.io/instance": "nats", "app.kubernetes.io/component": "nats"}
}

// words name whom a peer lets in.
func words(peer networkingv1.NetworkPolicyPeer) string {
	switch {
	case peer.NamespaceSelector != nil && peer.PodSelector == nil:
		return "namespace " + peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]
	case peer.PodSelector != nil && maps.Equal(peer.PodSelector.MatchLabels, servers()):
		return "servers"
	case peer.PodSelector != nil && maps.Equal(peer.PodSelector.MatchLabels, map[string]string{"app.kubernetes.io/part-of": "vtq"}):
		return "vtq"
	}
	return fmt.Sprint(peer)
}

func TestWhoReachesTheServers(t *testing.T) {
	p := policy(t)
	if diff := cmp.Diff(servers(), p.Spec.PodSelector.MatchLabels); diff != "" {
		t.Errorf("it is about (-want +got):\n%s", diff)
	}
	if !slices.Equal(p.Spec.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) {
		t.Errorf("it is for %v, want for what comes in: servers need DNS and each other", p.Spec.PolicyTypes)
	}
	got := map[string]string{}
	for _, rule := range p.Spec.Ingress {
		var from []string
		for _, peer := range rule.From {
			from = append(from, words(peer))
		}
		for _, port := range rule.Ports {
			got[fmt.Sprintf("%s/%v", *port.Protocol, port.Port)] = strings.Join(from, ", ")
		}
	}
	want := map[string]string{
		"TCP/4222": "vtq", "TCP/6222": "servers", "TCP/8222": "namespace keda, servers", "TCP/7777": "namespace monitoring",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who may come in where (-want +got):\n%s", diff)
	}
}

// TestEveryPodOfTheChartReachesTheServers, those of hooks among them.
func TestEveryPodOfTheChartReachesTheServers(t *testing.T) {
	c, err := chart.Open()
	if err != nil {
		t.Fatal(err)
	}
	values, err := c.Sample("default")
	if err != nil {
		t.Fatal(err)
	}
	release, err := c.Render(values)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, pod := range release.Pods() {
		seen++
		if got := pod.Meta.Labels["app.kubernetes.io/part-of"]; got != "vtq" {
			t.Errorf("%v: is part of %q, want of vtq, by which the servers let it in", pod.Of, got)
		}
		if maps.Equal(servers(), pod.Meta.Labels) {
			t.Errorf("%v: passes for a server", pod.Of)
		}
	}
	if seen != 5 {
		t.Errorf("%d pods, want three stages, setup and test", seen)
	}
}
