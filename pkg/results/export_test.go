package results

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// unacked is a message whose acknowledgement is lost, as by a crash.
type unacked struct{ jetstream.Msg }

func (unacked) Ack() error { return nil }

// ApplyWithoutAck takes n results from the stream and applies them; the acknowledgements are lost and the results are
// given back as if the process had died after its commit.
func ApplyWithoutAck(t *testing.T, ctx context.Context, c *Consumer, n int) int {
	t.Helper()
	stream, err := c.conn.EnsureStream(ctx, Stream(c.stream))
	require.NoError(t, err)
	consumer, err := stream.CreateOrUpdateConsumer(ctx, consumerConfig(c.limits))
	require.NoError(t, err)
	fetched, err := consumer.Fetch(n, jetstream.FetchMaxWait(time.Minute))
	require.NoError(t, err)
	var batch []jetstream.Msg
	for m := range fetched.Messages() {
		batch = append(batch, unacked{m})
	}
	require.NoError(t, fetched.Error())
	require.NoError(t, c.apply(ctx, batch))
	c.giveBack(batch)
	return len(batch)
}

// TakeAndDie takes up to n results from the stream and does nothing with them, as a process that is killed.
func TakeAndDie(t *testing.T, ctx context.Context, c *Consumer, n int) (taken int) {
	t.Helper()
	stream, err := c.conn.EnsureStream(ctx, Stream(c.stream))
	require.NoError(t, err)
	consumer, err := stream.CreateOrUpdateConsumer(ctx, consumerConfig(c.limits))
	require.NoError(t, err)
	fetched, err := consumer.Fetch(n, jetstream.FetchMaxWait(time.Minute))
	require.NoError(t, err)
	for range fetched.Messages() {
		taken++
	}
	return taken
}

// Redelivered is how many deliveries of the stream's unacknowledged results were not the first.
func Redelivered(ctx context.Context, c *Consumer) (int, error) {
	js, err := c.conn.JetStream()
	if err != nil {
		return 0, err
	}
	consumer, err := js.Consumer(ctx, streamName, consumerName)
	if err != nil {
		return 0, err
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		return 0, err
	}
	return info.NumRedelivered, nil
}

// Unhurried lets Publish wait for the stream as long as a busy machine may take.
func (p *Publisher) Unhurried(d time.Duration) { p.within = d }

// Patient lets Publish wait for the database as long as a busy machine may take.
func (p *Publisher) Patient(d time.Duration) { p.nudge = d }
