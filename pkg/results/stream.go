package results

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

const (
	streamName   = "RESULTS"
	consumerName = "apply"
	// duplicateWindow is how long the stream itself remembers message ids; later repetitions meet applied_results.
	duplicateWindow = 2 * time.Minute
	// defaultAckWait is when a result that nobody acknowledges is delivered again: for so long the results that a killed
	// replica held wait for another. A batch in work is held by extending it several times before (Consumer.hold). What was
	// fetched ahead is not: when a batch waits for the database for longer, it may be delivered twice, which is harmless.
	defaultAckWait = 10 * time.Second

	// DefaultMaxAge is how long a result may wait in the stream.
	DefaultMaxAge = 7 * 24 * time.Hour
	// RememberedFor is how long applied_results knows a message id. A message must not live longer, or its second delivery
	// would be applied.
	RememberedFor = 8 * 24 * time.Hour
)

// StreamLimits bound what the stream keeps. All services must make the stream with the same ones.
type StreamLimits struct {
	MaxBytes int64         // 0 for what nats-server gives to the services' account
	MaxAge   time.Duration // 0 takes DefaultMaxAge; below RememberedFor
}

// Stream is the configuration of the stream. A result leaves it when it is applied. A full store refuses new results, so
// that agents keep them, and never drops old ones for room. Only what nobody has taken for MaxAge is dropped: by then the
// database has been away for a week, and the alarm has been there for as long.
func Stream(l StreamLimits) jetstream.StreamConfig {
	if l.MaxAge <= 0 || l.MaxAge >= RememberedFor {
		l.MaxAge = DefaultMaxAge
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = -1
	}
	return jetstream.StreamConfig{
		Name: streamName, Description: "Results of agents on their way to the database", Subjects: []string{subjects.AllResults},
		Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
		MaxBytes: l.MaxBytes, MaxAge: l.MaxAge, MaxMsgSize: MaxBody + 1<<16, Duplicates: duplicateWindow,
	}
}

func consumerConfig(l Limits) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: consumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: l.AckWait, MaxDeliver: -1,
		MaxAckPending: l.InFlight, DeliverPolicy: jetstream.DeliverAllPolicy,
	}
}
