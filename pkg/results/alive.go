package results

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
)

// Consumed says whether a consumer is there that takes results from the stream at the moment.
func Consumed(ctx context.Context, conn *bus.Conn) (bool, error) {
	js, err := conn.JetStream()
	if err != nil {
		return false, err
	}
	consumer, err := js.Consumer(ctx, streamName, consumerName)
	if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at result consumer: %w", err)
	}
	info := consumer.CachedInfo() // fetched a moment ago
	return info.NumWaiting > 0 || info.NumAckPending > 0, nil
}
