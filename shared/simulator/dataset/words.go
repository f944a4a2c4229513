package dataset

import (
	"fmt"
	"net/netip"
	"strings"
)

// Words that make names which sound like names and belong to nobody: three of them in a row are no company's.
const (
	adjectives = `quiet amber hollow brisk velvet crooked misty gentle rusty silver sleepy wooden narrow golden faded
		lofty mellow patient scarlet tidy`
	places = `harbor meadow lantern orchard canyon ferry mill cellar bridge pasture quarry tower garden kettle anchor
		beacon saddle willow pebble ladder`
	trades = `metrics parcels ledger studio archive courier gallery relay notebook bakery telemetry depot foundry
		workshop almanac printing rentals optics freight tutoring`
	endings = `com net org info com biz com`

	// The engines: 24 houses with 4 products each.
	houses = `Alderwick Basaltine Cindermoor Driftmark Emberlyn Fathomlight Gantrel Hallowmere Inletto Jorvik-Nine Kestrova
		Larkstone Moorvale Nettlecomb Oakmire Pellworth Quillon Rookhaven Saltmere Thistledown Umberfield Vellacott
		Wrenbury Zephrin`
	products = `AV Labs Shield Watch`

	// Families of malware, and what they do.
	families = `quillmoth duskrelay pebbleworm brasskettle gnarlfox mossbot tinlantern rookstealer saltcrypt umberload`
	trickery = `trojan ransomware downloader worm spyware dropper`
)

// words takes a list apart. The lists are constants, so that nobody can change them.
func words(list string) []string { return strings.Fields(list) }

// How many engines answer about each kind: the service runs some 72 over files and 94 over everything else.
const (
	fileEngines  = 72
	otherEngines = 94
)

// engines are the first n.
func engines(n int) []string {
	all := make([]string, 0, n)
	for _, product := range words(products) {
		for _, house := range words(houses) {
			all = append(all, house+" "+product)
		}
	}
	return all[:n]
}

// domain invents a name below a real ending: reserved ones are refused before anybody asks.
func (d *dice) domain() string {
	return pick(d, words(adjectives)) + "-" + pick(d, words(places)) + "-" + pick(d, words(trades)) + "." +
		pick(d, words(endings))
}

// address invents a public IPv4 address: the blocks kept for documentation are refused before anybody asks.
func (d *dice) address() string {
	return fmt.Sprintf("%d.%d.%d.%d", pick(d, []int{45, 91, 185}), d.between(8, 250), d.below(256), d.between(1, 254))
}

// address6 invents a public IPv6 address, in its shortest form.
func (d *dice) address6() string {
	raw := [16]byte{0x2a, 0x0e, 15: 1}
	copy(raw[2:6], d.bytes(4))
	return netip.AddrFrom16(raw).String()
}

// path invents what follows the host of a URL.
func (d *dice) path() string {
	last := pick(d, []string{"index.php", "login.html", "update.bin", "invoice.zip", "?session=" + d.hex(6), ""})
	return "/" + pick(d, words(trades)) + "/" + last
}

// fileName invents a name without its extension.
func (d *dice) fileName() string {
	return fmt.Sprintf("%s_%s_%d", pick(d, words(adjectives)), pick(d, words(trades)), d.between(10, 9999))
}
