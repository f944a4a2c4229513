package indicator_test

import (
	"fmt"

	"vtq.internal/shared/indicator"
)

// All spellings of one thing meet in one object, and so in one key.
func ExampleParse() {
	for _, spelling := range []string{"Evil.com/Login?id=7", "hxxp://evil[.]com:80/Login?id=7", "http://EVIL.com./Login?id=7"} {
		p, err := indicator.Parse("URL", spelling, "")
		fmt.Println(p.Object.Value, p.Object.Key(), err)
	}
	// Output:
	// http://evil.com/Login?id=7 142c2021614dfaeea2ef28bf5b5b00aa <nil>
	// http://evil.com/Login?id=7 142c2021614dfaeea2ef28bf5b5b00aa <nil>
	// http://evil.com/Login?id=7 142c2021614dfaeea2ef28bf5b5b00aa <nil>
}

// ThreatQ strips the scheme of URLs. Where nothing tells it, the other one may be worth a second request.
func ExampleParsed() {
	p, _ := indicator.Parse("URL", "linkprotect.cudasvc.com/url", "")
	fmt.Println(p.Object.Value, "or", p.Other.Value)

	p, _ = indicator.Parse("URL", "linkprotect.cudasvc.com/url", "https")
	fmt.Println(p.Object.Value, "alone:", p.Other == nil)
	// Output:
	// http://linkprotect.cudasvc.com/url or https://linkprotect.cudasvc.com/url
	// https://linkprotect.cudasvc.com/url alone: true
}

func ExampleGuess() {
	for _, typed := range []string{"D41D8CD98F00B204E9800998ECF8427E", "8.8.8[.]8", "google.com:8080", "google.com", "8.8.8.0/24"} {
		typ, p, err := indicator.Guess(typed)
		fmt.Println(typ, p.Object.Kind, p.Object.Value, err)
	}
	// Output:
	// MD5 file d41d8cd98f00b204e9800998ecf8427e <nil>
	// IP Address ip 8.8.8.8 <nil>
	// URL url http://google.com:8080/ <nil>
	// FQDN domain google.com <nil>
	// IP Address   bad_ip: a block or a path: want one IP address
}

// What means something at home only, or carries a secret, is refused with a reason that never repeats it.
func ExampleObject_Public() {
	for _, typed := range []string{"google.com", "wiki.corp.acme.com", "http://192.168.1.1/admin", "https://me:hunter2@google.com/"} {
		_, p, _ := indicator.Guess(typed)
		fmt.Println(p.Object.Public([]string{"corp.acme.com"}))
	}
	// Output:
	// <nil>
	// internal_name: a name under a suffix configured as internal: want a public name
	// private_address: an address in 192.168.0.0/16 (private use, RFC 1918): want a public address
	// url_credentials: user information before the host, which the provider would learn: want a URL without
}

func ExampleDefang() {
	fmt.Println(indicator.Defang("https://evil.example/login.php"))
	// Output: hxxps://evil[.]example/login[.]php
}
