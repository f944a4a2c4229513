// Package reversinglabs asks ReversingLabs Spectra Intelligence by its own API what antivirus engines say about files: TCA-0103, "xref".
//
//	Look      GET  {base}/api/xref/v2/query/{md5,sha1,sha256}/{hash}   one file
//	LookMany  POST {base}/api/xref/v2/bulk_query/json                  up to 100 hashes of one type
//
// (What the same vendor serves in VirusTotal's form is for package virustotal.) A call is one request, repeated by nobody. A batch costs
// one request of the rate limit, and one unit of the quota for each hash that is well formed, known or not; a single call that ends in
// anything but a 200 costs nothing (both by the vendor's documentation). So a hash that cannot be one is never sent, and one that
// occurs twice is sent once.
//
// What an answer means:
//
//	200, a report                  a verdict for each file in it
//	200, anything else             Transient
//	404 for one                    a verdict  "not found"; a page for a person is Transient, as it comes of a wrong base URL or a proxy
//	404 for many                   Transient  unknown files are left out of a 200, so it is no answer of the service
//	400 for many                   Transient  ErrSingly: one of them may be what it complains of
//	400 for one                    Permanent
//	401                            Denied
//	403                            Denied     an older connector of the vendor reads it as a quota that is used up, as the error says
//	413 for many                   Permanent  ErrTooMany: ask for the halves
//	429, "Rate limit exceeded"     Quota      for RatePause
//	429 without that               Quota      until 00:00 UTC by the server's clock, when the day's quota begins anew, and the month's on the 1st
//	the rest                       as package rest has it
//
// # Reading a record
//
// A file has records, one for each scan of it, and the newest counts. A record lists the scanners, and the results of those that did not
// fail; an empty result is "found nothing". From that come three of VirusTotal's eight categories, malicious, undetected and failure. The
// other five are not provided. A file without records, and one that every scanner failed on, has No Verdict: it is known, and nobody
// said that it is clean. Versions and signature dates of the scanners are not kept: no verdict has a place for them.
//
// The service's own count of detections is not relied on. Where it differs from the results the verdict is Miscounted.
//
// # Joining a batch
//
// Nothing is documented about the order of a batch's answer, about files that are unknown, or about the spelling of hashes, and
// no such answer is public. So it is joined by the hash that was sent, in any case of letters; of a file that comes twice the newer scan
// counts; what was sent and did not return is unknown. An entry that belongs to nothing that was sent puts all that in doubt: what is
// missing then, and is not called unknown, is ErrSingly.
//
// ## Decisions
//
// Partial answers settle one by one: an error of LookMany is about the batch, one in an Answer about a single file.
//
// ErrSingly is Transient and ErrTooMany Permanent, though both have a way on: a caller that does not know the first asks again and loses
// nothing, and one that does not know the second must learn of it, since the same batch will never pass.
//
// TCA-0103 and not TCA-0101, which is more tolerant and cheaper to read: that has the vendor's own verdict and two totals, but not the
// names of the engines, which analysts ask for, nor the number of those that failed, without which a ratio is wrong.
//
// Variants of an engine count as they come, unless FoldVariants says otherwise: then 47 scanners of the recorded answer become 34 vendors.
// The ratio comes nearer to VirusTotal's, but is no longer the vendor's own, so that a site must want it. Only known ends are cut off:
// "f_prot" is a name.
package reversinglabs
