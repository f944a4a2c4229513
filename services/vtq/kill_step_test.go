package vtq_test

import (
	"encoding/json"
	"net/http"
	"strings"

	tqsim "vtq.internal/shared/simulator/threatq"
)

// A step is one thing that a stage does to the world, between which its process may die.
type step string

const (
	pageRead   step = "page read"
	jobPublish step = "job publish"
	cursorMove step = "cursor move"

	slotTake       step = "slot take"
	daySpend       step = "day spend"
	providerCall   step = "provider call"
	aliasPublish   step = "alias publish"
	verdictPublish step = "verdict publish"

	certificate  step = "certificate of the ledger"
	claim        step = "claim in the ledger"
	threatqWrite step = "ThreatQ write"
	ledgerWrite  step = "ledger write"

	jobAck     step = "ack of a job"
	verdictAck step = "ack of a verdict"

	// anyMoment is no step: the process dies at whatever it does just then.
	anyMoment step = "a random moment"
)

// stages lists the stages, each with its steps in the order in which it does them.
func stages() []stageSteps {
	return []stageSteps{
		{"producer", []step{pageRead, jobPublish, cursorMove}},
		{"lookup", []step{slotTake, daySpend, providerCall, aliasPublish, verdictPublish, jobAck}},
		{"writer", []step{certificate, claim, threatqWrite, ledgerWrite, verdictAck}},
	}
}

type stageSteps struct {
	stage string
	steps []step
}

// middle is which of the events of a step lies about in the middle of the work on someItems. There is one certificate.
func (s step) middle() int {
	switch s {
	case certificate:
		return 1
	case pageRead, cursorMove:
		return 2
	default:
		return 6
	}
}

// stepOfPublish tells which step a message to the NATS server is; none for most.
func stepOfPublish(subject string, body []byte) step {
	for prefix, s := range map[string]step{
		"vtq.job.": jobPublish, "$KV.vtq_state.cursor.": cursorMove, "vtq.spend.": daySpend,
		"vtq.alias.": aliasPublish, "vtq.verdict.": verdictPublish,
	} {
		if strings.HasPrefix(subject, prefix) {
			return s
		}
	}
	switch {
	case strings.HasPrefix(subject, "vtq.quota."):
		return slotStep(subject)
	case subject == "vtq.written.0":
		return certificate
	case strings.HasPrefix(subject, "vtq.written."):
		return ledgerStep(body)
	case strings.HasPrefix(subject, "$JS.ACK."):
		return ackStep(subject, string(body))
	}
	return ""
}

// slotStep leaves out holds and leases, whose names are no numbers.
func slotStep(subject string) step {
	if strings.Trim(subject[strings.LastIndex(subject, ".")+1:], "0123456789") != "" {
		return ""
	}
	return slotTake
}

// ledgerStep tells by the body whether an entry is claimed or written.
func ledgerStep(body []byte) step {
	var entry struct {
		Claim json.RawMessage `json:"claim"`
	}
	if json.Unmarshal(body, &entry) == nil && entry.Claim != nil {
		return claim
	}
	return ledgerWrite
}

// ackStep leaves out what gives a message back, or asks for more time.
func ackStep(subject, body string) step {
	switch {
	case body != "" && body != "+ACK":
		return ""
	case strings.Contains(subject, ".VTQ_VERDICTS."):
		return verdictAck
	}
	return jobAck
}

// stepOfThreatQ and stepOfProvider tell which step a request is.
func stepOfThreatQ(r *http.Request) step {
	switch {
	case r.Method+" "+r.URL.Path == tqsim.EndpointQuery:
		return pageRead
	case r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/attributes"):
		return threatqWrite
	}
	return ""
}

func stepOfProvider(r *http.Request) step {
	if strings.Contains(r.URL.Path, "/users/") {
		return "" // The page of quotas, which costs nothing.
	}
	return providerCall
}
