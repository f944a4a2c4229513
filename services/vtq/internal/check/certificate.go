package check

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"vtq.internal/shared/dial"
)

// certificateNotice is how long before its end a certificate is told of: the end stops every stage at once, and two months are enough for
// whoever looks now and then.
const certificateNotice = 60 * 24 * time.Hour

// certificate gives a note when the server's certificate ends soon.
func certificate(nc *nats.Conn) []Result {
	end, ok := dial.CertificateEnd(nc)
	left := time.Until(end)
	if !ok || left >= certificateNotice {
		return nil
	}
	return []Result{{
		Check: nameNATS, State: Note, Tried: "asking until when the server's certificate is good",
		Found: fmt.Sprintf("it ends in %d days, at %s", int(left/(24*time.Hour)), end.UTC().Format(time.RFC3339)),
		Mend:  "from then on nobody can connect: make new credentials before (vtq credentials), for the server and all stages",
	}}
}
