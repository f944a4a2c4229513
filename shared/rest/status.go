package rest

import (
	"net/http"

	"vtq.internal/shared/fault"
)

// Kind tells what an answer of this status means, by the table of the package documentation. For a success (2xx) and for 404
// it is fault.Unknown: the first is no fault, the second means something else to every client.
func Kind(status int) fault.Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired:
		return fault.Denied
	case http.StatusNotFound:
		return fault.Unknown
	case http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusFailedDependency, http.StatusTooEarly:
		return fault.Transient
	case http.StatusTooManyRequests:
		return fault.Quota
	}
	switch {
	case success(status):
		return fault.Unknown
	case status >= 300 && status < 400:
		return fault.Denied
	case status >= 400 && status < 500:
		return fault.Permanent
	}
	return fault.Transient
}

func success(status int) bool { return status >= 200 && status < 300 }
