package chart_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"vtq.internal/scripts/deploycheck/chart"
)

// policies gives those of a release by their components.
func policies(r chart.Release) map[string]*networkingv1.NetworkPolicy {
	all := map[string]*networkingv1.NetworkPolicy{}
	for _, p := range chart.All[networkingv1.NetworkPolicy](r) {
		all[p.Spec.PodSelector.MatchLabels["app.kubernetes.io/component"]] = p
	}
	return all
}

// ports lists where a policy lets its pods go.
func ports(p *networkingv1.NetworkPolicy) []string {
	var all []string
	for _, rule := range p.Spec.Egress {
		for _, port := range rule.Ports {
			all = append(all, fmt.Sprintf("%v/%v", *port.Protocol, port.Port))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestEveryPodHasAPolicy lets nobody in but who asks for metrics.
func TestEveryPodHasAPolicy(t *testing.T) {
	every(t, func(t *testing.T, r chart.Release) {
		all := policies(r)
		if len(all) == 0 {
			return
		}
		for _, pod := range r.Pods() {
			p := all[pod.Of.Component()]
			if p == nil {
				t.Errorf("%v: no policy", pod.Of)
				continue
			}
			if len(p.Spec.PolicyTypes) != 2 {
				t.Errorf("%s: policy for %v, want for both ways", p.Name, p.Spec.PolicyTypes)
			}
			for _, rule := range p.Spec.Ingress {
				if len(rule.From) != 1 || rule.From[0].NamespaceSelector == nil || len(rule.Ports) != 1 || rule.Ports[0].Port.String() != "admin" {
					t.Errorf("%s: lets in %v, want one namespace on admin", p.Name, rule)
				}
			}
			if hook := pod.Of.Hook != ""; hook != (len(p.Spec.Ingress) == 0) {
				t.Errorf("%s: %d rules of ingress", p.Name, len(p.Spec.Ingress))
			}
		}
	})
}

// TestPortsComeFromAddresses lets through what settings lead to, and no more.
func TestPortsComeFromAddresses(t *testing.T) {
	cases := map[string]map[string]string{
		"default": {
			"producer": "TCP/4222 TCP/443 TCP/53 UDP/53", "lookup": "TCP/4222 TCP/443 TCP/53 UDP/53",
			"setup": "TCP/4222 TCP/53 UDP/53", "test": "TCP/4222 TCP/443 TCP/53 UDP/53",
		},
		"full": {
			"producer": "TCP/3128 TCP/4222 TCP/4223 TCP/4318 TCP/443 TCP/53 TCP/8443 UDP/53",
			"lookup":   "TCP/3128 TCP/4222 TCP/4223 TCP/4318 TCP/443 TCP/53 UDP/53",
			"writer":   "TCP/3128 TCP/4222 TCP/4223 TCP/4318 TCP/443 TCP/53 TCP/8443 UDP/53",
			"setup":    "TCP/3128 TCP/4222 TCP/4223 TCP/53 UDP/53",
		},
		"openshift": {"writer": "TCP/4222 TCP/443 TCP/53 TCP/5353 UDP/53 UDP/5353"},
	}
	for name, want := range cases {
		all := policies(sample(t, name))
		for component, ways := range want {
			if diff := cmp.Diff(strings.Fields(ways), ports(all[component])); diff != "" {
				t.Errorf("%s: %s may go to (-want +got):\n%s", name, component, diff)
			}
		}
	}
}

func TestPortsOfSchemes(t *testing.T) {
	for proxy, want := range map[string]string{
		"http://proxy.example.com": "TCP/80", "https://proxy.example.com": "TCP/443", "socks5://proxy.example.com": "TCP/1080",
		"http://[2001:db8::1]:3128": "TCP/3128", "http://proxy.example.com:8080/": "TCP/8080",
	} {
		got := ports(policies(sample(t, "default", set("settings.VT_PROXY", proxy)))["lookup"])
		if !slices.Contains(got, want) {
			t.Errorf("with the proxy %s the lookup may go to %v, want %s among them", proxy, got, want)
		}
	}
	// Without a port, that which nats.go dials.
	for url, want := range map[string]string{
		"tls://nats": "TCP/4222", "nats://nats": "TCP/4222", "tls://a:1,tls://b:2/": "TCP/2", "tls://[2001:db8::1]:4223": "TCP/4223",
		"wss://nats.example.com": "TCP/443", "ws://nats/path": "TCP/80", "wss://nats:8443/path": "TCP/8443",
	} {
		got := ports(policies(sample(t, "default", set("nats.url", url)))["setup"])
		if !slices.Contains(got, want) {
			t.Errorf("with NATS at %s setup may go to %v, want %s among them", url, got, want)
		}
		if strings.HasPrefix(url, "ws") && slices.Contains(got, "TCP/4222") {
			t.Errorf("with NATS at %s setup may go to %v, where no NATS is", url, got)
		}
	}
}

// TestSpansGetOut of all stages, wherever a collector listens.
func TestSpansGetOut(t *testing.T) {
	for setting, port := range map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "14318"} {
		all := policies(sample(t, "default", set("settings."+setting, "http://collector:"+port+"/v1/traces")))
		for component, want := range map[string]bool{"producer": true, "lookup": true, "writer": true, "setup": false, "test": false} {
			if got := ports(all[component]); slices.Contains(got, "TCP/"+port) != want {
				t.Errorf("with %s the %s may go to %v, want %s among them: %t", setting, component, got, port, want)
			}
		}
	}
}

// TestMetricsForOthers replaces who may ask, since Helm would add to a map what was meant instead.
func TestMetricsForOthers(t *testing.T) {
	labels := func(r chart.Release) map[string]string {
		return policies(r)["lookup"].Spec.Ingress[0].From[0].NamespaceSelector.MatchLabels
	}
	for name, want := range map[string]map[string]string{
		"default": {"kubernetes.io/metadata.name": "monitoring"}, "openshift": {"network.openshift.io/policy-group": "monitoring"},
	} {
		if diff := cmp.Diff(want, labels(sample(t, name))); diff != "" {
			t.Errorf("%s: metrics for (-want +got):\n%s", name, diff)
		}
	}
	nobody := policies(sample(t, "default", set("networkPolicy.metricsFrom", []any{})))["lookup"]
	if len(nobody.Spec.Ingress) > 0 {
		t.Errorf("metrics for %v, want for nobody", nobody.Spec.Ingress)
	}
}
