package stream

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"vtq.internal/shared/wire"
)

// Names of the streams, the state bucket and the writer's consumer.
const (
	Jobs        = "VTQ_JOBS"
	Urgent      = "VTQ_URGENT"
	Verdicts    = "VTQ_VERDICTS"
	DeadLetters = "VTQ_DEADLETTERS"
	Quota       = "VTQ_QUOTA"
	Spend       = "VTQ_SPEND"
	Written     = "VTQ_WRITTEN"
	State       = "vtq_state"
	StateStream = "KV_" + State // Behind the bucket (NATS ADR-8).
	Writer      = "writer"
)

// Bounds of the streams. Together under 8 GiB on each node.
const (
	// maxJobs bounds pending jobs: a million hold about 0.5 GiB of the server's memory as subjects.
	maxJobs = 1_000_000
	// maxJobBytes holds a million jobs of 1 KiB; a job of a hash has 300 bytes.
	maxJobBytes = 1 << 30
	// maxUrgent and maxUrgentBytes bound what people wait for at a time, and maxUrgentAge for how long anybody does.
	maxUrgent      = 10_000
	maxUrgentBytes = 64 << 20
	maxUrgentAge   = 15 * time.Minute
	// maxVerdictBytes holds about two million verdicts of 2 KiB, their median, compressed by half.
	maxVerdictBytes = 4 << 30
	// maxDeadBytes and maxDeadAge bound what waits for a person: a quarter of a year.
	maxDeadBytes = 1 << 30
	maxDeadAge   = 90 * 24 * time.Hour
	// maxStateBytes holds cursors of some hundred bytes, thousands of times over.
	maxStateBytes = 64 << 20
	// maxQuotaBytes holds the 263 messages of each of a thousand accounts, at 200 bytes.
	maxQuotaBytes = 64 << 20
	// maxSpendBytes holds the 1,650 counters that an account with a ceiling on each lane leaves in maxSpendAge, for four hundred
	// accounts, at 200 bytes.
	maxSpendBytes = 128 << 20
	// maxSpendAge keeps the history of a year, and the month that is under way.
	maxSpendAge = 400 * 24 * time.Hour
	// maxWrittenBytes holds the entries of a million indicators, at 1.7 KiB for the rows of a verdict with fifteen attributes. Those that
	// were written longest ago go first, and cost one read of ThreatQ when their indicator comes again.
	maxWrittenBytes = 13 << 27
	// minDedup is the least that a server takes. Slots and entries of the ledger bear no message ids.
	minDedup = 100 * time.Millisecond
	// maxHeader is room for a message's headers, which the server counts as part of its size: the history of one that died often, the
	// name of a replay, a message id and what is expected of the stream have 1 KiB at most, a trace context at its bounds has 600 bytes.
	maxHeader = 2 << 10
	// maxSlot is a slot or a counter as a whole: headers of 200 bytes, and a sum.
	maxSlot = 1 << 10

	// LookupAckWait is how long a killed lookup worker's job waits: 30 s, since a leader election may take 7 s, and a worker
	// extends it at a third of the time.
	LookupAckWait = 30 * time.Second
	// WriterAckWait is the same for a writer's batch, which is extended alike.
	WriterAckWait = 60 * time.Second
	// dedup is how long the server remembers the message ids of verdicts and dead letters: longer than any redelivery after a
	// crash.
	dedup = 10 * time.Minute

	// maxLookupPending bounds the jobs of a lane that all workers together have in hand: 2,048 workers at the default of 4, 128 at the
	// highest concurrency of 64, and 40 where each has two requests about 100 files in hand.
	maxLookupPending = 8192
	// maxWriterPending is four batches: two writers with one in hand and one to come. Of the batches of a bulk write, which have twice as
	// many messages, it is two.
	maxWriterPending = 4 * MaxBatch
)

// Options are what a site may choose of the topology.
type Options struct {
	// Replicas of every stream: 1 embedded, 3 in a cluster. Defaults to 1.
	Replicas int
	// Routes that jobs can take: each is a Token of package wire.
	Routes []string
	// VerdictAge is how long verdicts are kept: at least twice the longest refresh age, else a verdict could vanish before it
	// is asked again. Not below 10 minutes.
	VerdictAge time.Duration
}

// A Topology is all that the pipeline needs on a server.
type Topology struct {
	Streams   []jetstream.StreamConfig
	Consumers []Consumer
}

// A Consumer is a durable consumer and the stream it reads.
type Consumer struct {
	Stream string
	Config jetstream.ConsumerConfig
}

// NewTopology derives the topology from the options, or says which of them cannot be.
func NewTopology(o Options) (Topology, error) {
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if err := o.validate(); err != nil {
		return Topology{}, err
	}
	return Topology{Streams: streams(o), Consumers: consumers(o)}, nil
}

func (o Options) validate() error {
	var all []error
	if o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		all = append(all, fmt.Errorf("stream replicas: must be 1, 3 or 5 (got %d)", o.Replicas))
	}
	if len(o.Routes) == 0 {
		all = append(all, errors.New("routes: at least one is needed, else no job is ever asked"))
	}
	for _, route := range o.Routes {
		if !wire.Token(route) {
			all = append(all, fmt.Errorf("route %q: want lower-case letters, digits and hyphens", route))
		}
	}
	if o.VerdictAge < dedup {
		all = append(all, fmt.Errorf("verdict age: must be at least %v, for which message ids are remembered (got %v)", dedup, o.VerdictAge))
	}
	return errors.Join(all...)
}

func streams(o Options) []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name: Jobs, Description: "Indicators to be asked about, one message per indicator.",
			Subjects: []string{wire.AllJobs}, Retention: jetstream.WorkQueuePolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			MaxMsgs: maxJobs, MaxBytes: maxJobBytes, MaxMsgSize: wire.MaxJob + maxHeader,
		},
		{
			Name: Urgent, Description: "Jobs for whose answers somebody waits: no backlog is in their way.",
			Subjects: []string{wire.AllUrgent}, Retention: jetstream.WorkQueuePolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			MaxMsgs: maxUrgent, MaxBytes: maxUrgentBytes, MaxMsgSize: wire.MaxJob + maxHeader, MaxAge: maxUrgentAge,
		},
		{
			Name: Verdicts, Description: "Answers, newest per indicator: output, replay log and cache.",
			Subjects: []string{wire.AllVerdicts, wire.AllAliases}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas, Compression: jetstream.S2Compression,
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardOld, AllowDirect: true,
			MaxAge: o.VerdictAge, MaxBytes: maxVerdictBytes, MaxMsgSize: wire.MaxVerdict + maxHeader, Duplicates: dedup,
		},
		{
			Name: DeadLetters, Description: "Messages that need a person, whole, with their reason.",
			Subjects: []string{wire.AllDead, AdvisoriesOf(Jobs), AdvisoriesOf(Urgent), AdvisoriesOf(Verdicts)}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			Discard: jetstream.DiscardOld, AllowDirect: true,
			MaxAge: maxDeadAge, MaxBytes: maxDeadBytes, Duplicates: dedup,
		},
		{
			Name: Quota, Description: "Windows of the quota: a slot is taken for as long as its message lives.",
			Subjects: []string{wire.AllQuotas}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			// No rollup, and no marker for deleted subjects, which would bring it: a rollup bypasses the refusal.
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true, AllowMsgTTL: true, AllowDirect: true,
			MaxBytes: maxQuotaBytes, MaxMsgSize: maxSlot, Duplicates: minDedup,
		},
		{
			Name: Spend, Description: "What was spent of each day and month: a counter for each.",
			Subjects: []string{wire.AllSpend}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			MaxMsgsPerSubject: 1, AllowMsgCounter: true, AllowDirect: true,
			MaxAge: maxSpendAge, MaxBytes: maxSpendBytes, MaxMsgSize: maxSlot,
		},
		{
			Name: Written, Description: "The writer's ledger: which rows of ours stand in ThreatQ, and of which verdict.",
			Subjects: []string{wire.AllWritten}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			// No age: an entry is as good as new for as long as nobody else changes our rows.
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardOld, AllowDirect: true,
			MaxBytes: maxWrittenBytes, MaxMsgSize: wire.MaxWritten + maxHeader, Duplicates: minDedup,
		},
		{
			Name: StateStream, Description: "Bucket: cursors, and what keeps providers from being asked.",
			Subjects: []string{"$KV." + State + ".>"}, Retention: jetstream.LimitsPolicy,
			Storage: jetstream.FileStorage, Replicas: o.Replicas,
			// A bucket in all but one: the client library would allow rollups, by which whoever may write one key may empty all of them.
			// What they are for, to purge a key, nobody does.
			MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowDirect: true, DenyDelete: true, MaxBytes: maxStateBytes,
		},
	}
}

func consumers(o Options) []Consumer {
	all := []Consumer{{Stream: Verdicts, Config: jetstream.ConsumerConfig{
		Durable: Writer, Description: "Writes verdicts to ThreatQ.",
		FilterSubject: wire.AllVerdicts, DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: WriterAckWait,
		MaxDeliver: -1, MaxAckPending: maxWriterPending,
	}}}
	for _, route := range o.Routes {
		for _, lane := range wire.Lanes() {
			all = append(all, Consumer{Stream: LaneStream(lane), Config: jetstream.ConsumerConfig{
				Durable: LookupConsumer(lane, route), Description: "Asks providers about indicators.",
				FilterSubject: wire.LaneSubject(lane, route), DeliverPolicy: jetstream.DeliverAllPolicy,
				AckPolicy: jetstream.AckExplicitPolicy, AckWait: LookupAckWait,
				MaxDeliver: -1, MaxAckPending: maxLookupPending,
			}})
		}
	}
	return all
}

// ReplayConsumers name the consumers by which vtq replay counts and reads verdicts, each for a moment: as many commands can at once. A
// right to such a consumer names it, lest it be one to the writer's: a wildcard stands for a whole name.
func ReplayConsumers() []string { return []string{"replay-1", "replay-2", "replay-3", "replay-4"} }

// LaneStream names the stream that holds the jobs of a lane.
func LaneStream(lane wire.Lane) string {
	if lane == wire.Urgent {
		return Urgent
	}
	return Jobs
}

// LookupConsumer names the durable of a lane and route.
func LookupConsumer(lane wire.Lane, route string) string {
	return fmt.Sprintf("lookup-%s-%s", lane, route)
}

// LookupRoute gives the route of such a name.
func LookupRoute(consumer string) (route string, ok bool) {
	for _, lane := range wire.Lanes() {
		if route, ok := strings.CutPrefix(consumer, LookupConsumer(lane, "")); ok {
			return route, true
		}
	}
	return "", false
}
