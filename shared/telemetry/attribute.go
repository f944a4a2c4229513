package telemetry

// Attributes, by the semantic conventions of OpenTelemetry 1.43 but for ours, which begin with "vtq.".
const (
	keySystem        = "messaging.system"
	keyDestination   = "messaging.destination.name" // The stream: subjects are as many as indicators.
	keyOperation     = "messaging.operation.name"
	keyOperationType = "messaging.operation.type"
	keyGroup         = "messaging.consumer.group.name"
	keyBatch         = "messaging.batch.message_count"
	keyMethod        = "http.request.method"
	keyStatus        = "http.response.status_code"
	keyTemplate      = "url.template"
	keyServer        = "server.address"
	keyPeer          = "service.peer.name"
	keyErrorType     = "error.type"

	keyIndicatorID = "vtq.indicator_id"
	keyLane        = "vtq.lane"
	keyProvider    = "vtq.provider"
	keyOutcome     = "vtq.outcome"
	keyDelivery    = "vtq.delivery"
)

// nats is our messaging system. The conventions leave its name to whoever uses it.
const nats = "nats"
