package virustotal

import (
	"encoding/json"
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

// refusal classifies an answer that is neither a success nor a 404: by its status, and by its code where that is VirusTotal's.
func (c *Client) refusal(response rest.Response) error {
	if !c.dialect.OwnErrors {
		return response.Fault("")
	}
	code := complaintOf(response).code()
	if code == codeNotAvailableYet {
		return response.FaultOf(fault.Transient, code)
	}
	return response.Fault(code)
}

// unknown is nil when a 404 says that the service does not have the object, and a fault when anybody else says so. Gateways write
// bodies of the same form with codes of their own, such as ResourceNotFound; where a service's errors are undocumented all that can be
// told from them is a page.
func (c *Client) unknown(kind indicator.Kind, response rest.Response) error {
	said := complaintOf(response).Error
	switch {
	case !c.dialect.OwnErrors && response.Page():
		return response.FaultOf(fault.Transient, "a page and not the service's answer; check the provider's base URL")
	case !c.dialect.OwnErrors:
		return nil
	case said.Message == "Resource not found" && (kind == indicator.File || kind == indicator.URL):
		return response.FaultOf(fault.Transient, "the service has no such path; check VT_BASE_URL")
	case said.Code == codeNotFound:
		return nil
	}
	return response.FaultOf(fault.Transient, "not the service's own answer; check VT_BASE_URL")
}
