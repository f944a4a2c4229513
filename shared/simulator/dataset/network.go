package dataset

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"vtq.internal/shared/verdict"
)

// url adds what all recorded URLs have, and what some do. Headers and cookies of the page are noise that a reader must not
// keep: those of real pages look like credentials.
func (r Recipe) url(d *dice, a object) {
	final := r.Object
	if d.below(3) == 0 {
		final = "https://" + d.domain() + "/"
	}
	a["url"], a["last_final_url"] = r.Object, final
	a["last_http_response_code"] = pick(d, []int{200, 200, 200, 403, 404})
	a["last_http_response_content_sha256"], a["last_http_response_content_length"] = d.hex(32), d.between(0, 90_000)
	a["last_http_response_headers"] = object{"content-type": "text/html; charset=UTF-8", "set-cookie": "sid=" + d.hex(16)}
	a["last_http_response_cookies"] = object{"sid": d.hex(16)}
	a["categories"] = r.categories(d)
	a["threat_names"] = r.threats()
	if r.Traits.Has(Sparse) {
		return
	}
	a["title"] = r.title(d)
	a["has_content"] = true
	a["redirection_chain"] = []string{r.Object, final}
	a["outgoing_links"] = []string{"https://" + d.domain() + "/about"}
	a["html_meta"] = object{"description": []string{"A page that nobody wrote."}}
}

// title is the page's own, so that its author had a say in it.
func (r Recipe) title(d *dice) string {
	if r.Traits.Has(Hostile) {
		return pick(d, hostileTexts())
	}
	name := strings.ReplaceAll(pick(d, words(adjectives))+" "+pick(d, words(trades)), "-", " ")
	return strings.ToUpper(name[:1]) + name[1:] + pick(d, []string{"", " | Home", " - Sign in", " – Willkommen"})
}

// threats is there and empty where there are none, as recorded.
func (r Recipe) threats() []string {
	if r.Class != verdict.ClassMalicious {
		return []string{}
	}
	return []string{"Mal/" + r.family()}
}

// categories are what vendors file a site under, one each.
func (r Recipe) categories(d *dice) object {
	if r.Traits.Has(Sparse) {
		return object{}
	}
	topics := []string{"business", "information technology", "online shopping", "newly registered", "parked"}
	if r.Class == verdict.ClassMalicious {
		topics = []string{"phishing and fraud", "malware sites", "command and control"}
	}
	if r.Traits.Has(Hostile) {
		topics = hostileTexts()[:4]
	}
	return object{"Cindermoor Labs": pick(d, topics), "Larkstone Watch": pick(d, topics)}
}

// domain adds what recorded domains have.
func (r Recipe) domain(d *dice, a object) {
	created := epoch - daySeconds*int64(d.between(20, 6000))
	a["last_dns_records"] = []object{{"type": "A", "value": d.address(), "ttl": 300}, {"type": "MX", "value": "mail." + r.Object, "ttl": 600}}
	a["last_dns_records_date"] = epoch - daySeconds
	a["popularity_ranks"] = object{}
	a["categories"] = r.categories(d)
	if r.Traits.Has(Sparse) {
		return
	}
	a["registrar"] = r.text(d, pick(d, []string{"Lanternfish Registrar, Inc.", "Namegarden GmbH", "Very Fine Domains Ltd"}))
	a["creation_date"], a["last_update_date"] = created, created+daySeconds
	a["expiration_date"] = epoch + daySeconds*int64(d.between(1, 700))
	a["whois"], a["whois_date"] = "Domain Name: "+strings.ToUpper(r.Object)+"\nRegistrar: see above", epoch-9*daySeconds
	a["jarm"] = d.hex(31)
	a["tld"] = r.Object[strings.LastIndexByte(r.Object, '.')+1:]
	a["last_https_certificate"] = certificate(d, r.Object)
	a["last_https_certificate_date"] = epoch - 2*daySeconds
	if r.Class == verdict.ClassHarmless {
		a["popularity_ranks"] = object{"Harbor Top": object{"rank": d.between(900, 90_000), "timestamp": epoch - daySeconds}}
	}
}

// certificate is the part of one that tells something.
func certificate(d *dice, name string) object {
	return object{
		"version": "V3", "serial_number": d.hex(16), "thumbprint_sha256": d.hex(32),
		"issuer":     object{"C": "XX", "O": "Cellar Trust", "CN": "CT1"},
		"subject":    object{"CN": name},
		"validity":   object{"not_before": "2026-07-05 20:44:36", "not_after": "2026-10-05 20:44:35"},
		"extensions": object{"subject_alternative_name": []string{name, "www." + name}},
	}
}

// The numbers of autonomous systems that are kept for private use (RFC 6996): nobody's.
const (
	firstPrivateASN = 64512
	lastPrivateASN  = 65534
)

// address adds what recorded addresses have. Country and autonomous system are missing from some.
func (r Recipe) address(d *dice, a object) {
	a["network"] = network(r.Object)
	a["regional_internet_registry"] = "RIPE NCC"
	a["whois"], a["whois_date"] = "netname: HARBOR-"+strings.ToUpper(d.hex(2)), epoch-9*daySeconds
	if r.Traits.Has(Sparse) {
		return
	}
	a["country"], a["continent"] = pick(d, []string{"NL", "DE", "RO", "SE", "FR"}), "EU"
	a["asn"] = d.between(firstPrivateASN, lastPrivateASN)
	a["as_owner"] = r.text(d, pick(d, []string{"Ferry Hosting B.V.", "Tower & Kettle Networks", "Pasture Cloud SRL"}))
	a["jarm"] = d.hex(31)
	a["last_https_certificate"] = certificate(d, "host-"+hex.EncodeToString(d.bytes(2))+".net")
	a["last_https_certificate_date"] = epoch - 2*daySeconds
}

// network is the block around an address, as large as registries give them out.
func network(address string) string {
	ip := netip.MustParseAddr(address)
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	return fmt.Sprint(netip.PrefixFrom(ip, bits).Masked())
}

// text is an honest text, or a hostile one in its place.
func (r Recipe) text(d *dice, honest string) string {
	if r.Traits.Has(Hostile) {
		return pick(d, hostileTexts())
	}
	return honest
}
