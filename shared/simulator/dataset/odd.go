package dataset

import (
	"net/netip"
	"strings"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// respelt are objects of known again, in another spelling and under an indicator of their own: the request that the twin
// made answers both. No two spellings differ in case alone, which ThreatQ would take for one value. The last is new, since
// nothing else in the set has an umlaut.
func respelt() []Item {
	twins := map[string][]Item{}
	for _, it := range known() {
		if !strings.HasPrefix(it.Object, "https:") {
			twins[it.Type] = append(twins[it.Type], it)
		}
	}
	again := func(from string, i int, typ, note string, spell func(Item) string) Item {
		twin := twins[from][i]
		twin.Type, twin.Value, twin.Note = typ, spell(twin), note
		return twin
	}
	return []Item{
		again(typeFQDN, 0, typeFQDN, "upper case, with a dot at the end", func(it Item) string { return strings.ToUpper(it.Value) + "." }),
		again(typeFQDN, 11, typeFQDN, "defanged", func(it Item) string { return defang(it.Value) }),
		again(typeMD5, 0, typeSHA256, "another hash, upper case", func(it Item) string { return strings.ToUpper(it.Object) }),
		again(typeSHA1, 1, typeSHA256, "another hash, upper case", func(it Item) string { return strings.ToUpper(it.Object) }),
		again(typeURL, 0, typeURL, "defanged, with its scheme", func(it Item) string {
			host, path, _ := strings.Cut(it.Value, "/")
			return "hxxp://" + defang(host) + "/" + path
		}),
		again(typeURL, 3, typeURL, "host in upper case, with its port", func(it Item) string {
			host, path, _ := strings.Cut(it.Value, "/")
			return strings.ToUpper(host) + ":80/" + path
		}),
		again(typeIP, 0, typeIP, "defanged", func(it Item) string { return defang(it.Value) }),
		again(typeIPv6, 0, typeIPv6, "in full", func(it Item) string { return netip.MustParseAddr(it.Value).StringExpanded() }),
		again(typeIP, 1, typeIPv6, "IPv4 within IPv6", func(it Item) string { return "::ffff:" + it.Value }),
		item(roll("umlaut"), Recipe{indicator.Domain, "xn--hfen-metrics-gcb.com", verdict.ClassHarmless, 0},
			typeFQDN, "häfen-metrics.com", "an internationalised name"),
	}
}

// defang makes a value unclickable, as analysts paste it.
func defang(value string) string { return strings.ReplaceAll(value, ".", "[.]") }

// refused are what nobody may ask the provider about. Where the provider would know an answer it is there, so that asking
// shows.
func refused() []Item {
	red, white := withheld("TLP:RED"), withheld("whitelisted")
	red.Sources = append(red.Sources, Source{Name: "Closed Circle", TLP: "RED"})
	white.Status = "Whitelisted"
	return []Item{
		denied(typeIP, "10.20.30.40", "private address"),
		denied(typeIP, "192.168.7.21", "private address"),
		denied(typeIP, "127.0.0.1", "loopback address"),
		denied(typeIP, "169.254.10.20", "link-local address"),
		denied(typeIP, "100.64.3.4", "carrier-grade NAT address"),
		denied(typeIP, "203.0.113.9", "documentation address"),
		denied(typeIPv6, "fd12:3456:789a::1", "private address"),
		denied(typeFQDN, "printer7.local", "internal name"),
		denied(typeFQDN, "fileserver01", "internal name"),
		denied(typeFQDN, "portal.quiet-harbor.test", "reserved name"),
		denied(typeURL, "10.20.30.41/admin/", "URL of a private address"),
		denied(typeURL, "keeper:lighthouse@quiet-harbor-archive.com/private/", "URL with credentials"),
		denied("Email Address", "billing@quiet-harbor-archive.com", "unsupported type"),
		denied("CVE", "CVE-2099-10001", "unsupported type"),
		denied("Mutex", `Global\quillmoth-7`, "unsupported type"),
		denied("Filename", "invoice_4711.exe", "unsupported type"),
		denied("CIDR Block", "45.91.0.0/16", "unsupported type"),
		denied(typeMD5, "d41d8cd98f00b204e9800998ecf8427", "invalid hash"),
		red, white,
	}
}

// denied is an indicator that admission refuses.
func denied(typ, value, note string) Item {
	d := roll("denied " + value)
	return Item{Type: typ, Value: value, Status: status(d), Sources: sources(d), Note: note}
}

// withheld is a domain like any other, but for what its caller adds.
func withheld(note string) Item {
	d := roll("withheld " + note)
	name := d.domain()
	it := denied(typeFQDN, name, note)
	it.Report = Report(Recipe{indicator.Domain, name, verdict.ClassMalicious, 0})
	return it
}
