package virustotal

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"net/url"
	"slices"

	"vtq.internal/shared/indicator"
	"vtq.internal/shared/verdict"
)

// fill turns a report into the verdict on an object.
func (c *Client) fill(v *verdict.Verdict, object indicator.Object, r report) {
	v.Found = true
	v.Object = identity(object, r)
	v.Counts = r.Attributes.counts()
	v.Engines = r.Attributes.engines()
	v.Facts = r.Attributes.common()
	v.Facts.Link = c.link(object.Kind, v.Object)
	switch object.Kind {
	case indicator.File:
		r.file(&v.Facts)
	case indicator.URL:
		r.Attributes.url(&v.Facts)
	case indicator.Domain:
		v.Facts.Registrar = text(r.Attributes.Registrar)
		v.Facts.Categories = set(slices.Collect(maps.Values(r.Attributes.Categories)))
	case indicator.IP:
		r.Attributes.network(&v.Facts)
	}
	if c.private {
		v.Facts.Private = r.Attributes.private()
	}
}

// identity is the service's own id of the object. Of a URL that is the SHA-256 of its canonical form; the recording of a public
// key of 2020 has the id of an analysis in its place, and ReversingLabs a SHA-1, so where it is none it is made.
func identity(object indicator.Object, r report) string {
	switch object.Kind {
	case indicator.File:
		return r.sha256()
	case indicator.URL:
		if id := verdict.Hash(r.ID, verdict.SHA256); id != "" {
			return id
		}
		if r.Attributes.URL == "" {
			return ""
		}
		sum := sha256.Sum256([]byte(r.Attributes.URL))
		return hex.EncodeToString(sum[:])
	case indicator.Domain, indicator.IP:
	}
	return cmp.Or(text(r.ID), object.Value)
}

func (a attributes) common() verdict.Facts {
	return verdict.Facts{
		ThreatLabel:     text(a.Threat.Label),
		LastAnalysis:    date(a.LastAnalysis),
		FirstSubmission: date(a.FirstSubmission),
		Reputation:      a.Reputation.Pointer(math.MinInt64, math.MaxInt64),
		Tags:            set(a.Tags),
	}
}

func (r report) file(facts *verdict.Facts) {
	facts.FileType = text(r.Attributes.FileType)
	for _, name := range append([]string{r.Attributes.MeaningfulName}, r.Attributes.Names...) {
		if facts.FileName = text(name); facts.FileName != "" {
			break
		}
	}
	facts.MD5 = verdict.Hash(r.Attributes.MD5, verdict.MD5)
	facts.SHA1 = verdict.Hash(r.Attributes.SHA1, verdict.SHA1)
	facts.SHA256 = r.sha256()
}

func (a attributes) url(facts *verdict.Facts) {
	facts.URL = whole(a.URL)
	if final := whole(a.FinalURL); final != facts.URL {
		facts.FinalURL = final
	}
	facts.Title = text(a.Title)
	facts.Categories = set(slices.Collect(maps.Values(a.Categories)))
}

// maxASN is the largest number of an autonomous system (RFC 6793).
const maxASN = math.MaxUint32

func (a attributes) network(facts *verdict.Facts) {
	facts.Country = text(a.Country)
	facts.ASOwner = text(a.ASOwner)
	if asn := a.ASN.Pointer(0, maxASN); asn != nil {
		facts.ASN = *asn
	}
}

// link is the page of the report. Empty without a base or an id.
func (c *Client) link(kind indicator.Kind, id string) string {
	if c.links == nil || id == "" {
		return ""
	}
	pages := map[indicator.Kind]string{
		indicator.File: "file", indicator.URL: "url", indicator.Domain: "domain", indicator.IP: "ip-address",
	}
	return c.links.String() + "/" + pages[kind] + "/" + url.PathEscape(id)
}
