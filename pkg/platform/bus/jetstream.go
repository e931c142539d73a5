package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

const (
	streamRetry = time.Second
	// jetStreamWithin bounds requests whose context has no deadline of its own.
	jetStreamWithin = 30 * time.Second
)

// JetStream returns the JetStream interface of the connection.
func (c *Conn) JetStream() (jetstream.JetStream, error) {
	js, err := jetstream.New(c.nc, jetstream.WithDefaultTimeout(jetStreamWithin))
	if err != nil {
		return nil, fmt.Errorf("open jetstream: %w", err)
	}
	return js, nil
}

// EnsureStream creates the stream or brings it to the configuration, trying until it works or the context ends: the
// server may be away when a service starts.
func (c *Conn) EnsureStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	js, err := c.JetStream()
	if err != nil {
		return nil, err
	}
	retry := time.NewTicker(streamRetry)
	defer retry.Stop()
	for {
		var stream jetstream.Stream
		if c.nc.IsConnected() {
			attempt, cancel := context.WithTimeout(ctx, dialTimeout)
			stream, err = js.CreateOrUpdateStream(attempt, config)
			cancel()
			if err == nil {
				return stream, nil
			}
			c.limited.Warn("stream "+config.Name, "stream is not ready, trying again", zap.String(log.FieldStream, config.Name), zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("ensure stream %s: %w", config.Name, context.Cause(ctx))
		case <-retry.C:
		}
	}
}
