package virustotal

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"

	"vtq.internal/shared/fault"
	"vtq.internal/shared/indicator"
	"vtq.internal/shared/rest"
)

// Codes of the service's errors that decide something.
const (
	codeNotFound        = "NotFoundError"
	codeNotAvailableYet = "NotAvailableYet"
)

// codes is the vendor's vocabulary (documentation of API v3, "Errors"). Only these words pass into messages: a message of the
// service may quote the API key or the indicator, and a code it does not document may be anything.
func codes() []string {
	return []string{
		"AlreadyExistsError", "AuthenticationRequiredError", "BadRequestError", "DeadlineExceededError", "FailedDependencyError",
		"ForbiddenError", "InvalidArgumentError", codeNotAvailableYet, codeNotFound, "QuotaExceededError", "TooManyRequestsError",
		"TransientError", "UnselectiveContentQueryError", "UnsupportedContentQueryError", "UserNotActiveError", "WrongCredentialsError",
	}
}

// A complaint is the body of an error.
type complaint struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"` // Compared, never kept.
	} `json:"error"`
}

// complaintOf reads the body of an error; the zero complaint when it is not the service's.
func complaintOf(response rest.Response) complaint {
	var c complaint
	if !response.JSON() || json.Unmarshal(response.Body, &c) != nil {
		return complaint{}
	}
	return c
}

// code is the error's code as far as it is in the vocabulary.
func (c complaint) code() string {
	if slices.Contains(codes(), c.Error.Code) {
		return c.Error.Code
	}
	return ""
}

// refusal classifies an answer that is neither a success nor a 404.
func refusal(response rest.Response) error {
	code := complaintOf(response).code()
	if code == codeNotAvailableYet {
		return response.FaultOf(fault.Transient, code)
	}
	return response.Fault(code)
}

// unknown is nil when a 404 says that the service does not have the object, and a fault when anybody else says so. Gateways write
// bodies of the same form with codes of their own, such as ResourceNotFound.
func (c *Client) unknown(kind indicator.Kind, response rest.Response) error {
	said := complaintOf(response).Error
	switch {
	case said.Message == "Resource not found" && (kind == indicator.File || kind == indicator.URL):
		return response.FaultOf(fault.Transient, "the service has no such path; check VT_BASE_URL")
	case said.Code == codeNotFound, c.bare404 && !isPage(response):
		return nil
	}
	return response.FaultOf(fault.Transient, "not the service's own answer; check VT_BASE_URL")
}

func isPage(response rest.Response) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == "text/html" || kind == "application/xhtml+xml" || http.DetectContentType(response.Body) == "text/html; charset=utf-8"
}
