package results

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// Handler applies the results of one kind. It runs in the transaction of the batch and must not do anything that the
// transaction cannot take back. An error fails the batch; verdicts about single messages go into the report.
type Handler interface {
	Apply(ctx context.Context, tx pgx.Tx, batch []Message) (Report, error)
}

// Report is what a handler did with a batch. Dropped are results that are not, or no longer, for a row of their agent;
// Poison are results that cannot be understood. Both are by index. Facts are told after the commit.
type Report struct {
	Dropped map[int]error
	Poison  map[int]error
	Facts   []bus.Fact
}

// Limits of a batch and of what is held in memory. The zero value takes the defaults.
type Limits struct {
	Messages int           // of one batch; default 1000
	Bytes    int           // of one batch, about; default 48 MiB
	Linger   time.Duration // how long a batch waits for company; default 2 ms
	Gather   time.Duration // the same while results come in crowds: a batch costs the database about as much as 30 results; default 25 ms
	InFlight int           // unacknowledged results of all replicas; default 5000
	AckWait  time.Duration // after which a result that its taker does not hold any more is delivered again; default 10 s
	Backoff  time.Duration // first wait after a failure of the database, doubled up to 10 s; default 250 ms
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.Messages, 1000)
	set(&l.Bytes, 48<<20)
	set(&l.InFlight, 5000)
	if l.Linger <= 0 {
		l.Linger = 2 * time.Millisecond
	}
	if l.Gather <= 0 {
		l.Gather = 25 * time.Millisecond
	}
	if l.AckWait <= 0 {
		l.AckWait = defaultAckWait
	}
	if l.Backoff <= 0 {
		l.Backoff = 250 * time.Millisecond
	}
	return l
}

// Deps are what a Consumer works with.
type Deps struct {
	Conn     *bus.Conn
	Pool     *pgxpool.Pool
	Handlers map[Kind]Handler
	Log      *zap.Logger
	Metrics  prometheus.Registerer
	Limits   Limits
	Stream   StreamLimits
}

// Consumer applies results. Run it with lifecycle.Loop in any number of replicas.
type Consumer struct {
	conn     *bus.Conn
	pool     *pgxpool.Pool
	handlers map[Kind]Handler
	log      *zap.Logger
	limited  *log.Limited
	metrics  *metrics
	limits   Limits
	stream   StreamLimits
}

// NewConsumer returns a Consumer.
func NewConsumer(d Deps) (*Consumer, error) {
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, err
	}
	return &Consumer{
		conn: d.Conn, pool: d.Pool, handlers: d.Handlers, log: d.Log, metrics: m, limits: d.Limits.withDefaults(), stream: d.Stream,
		limited: log.NewLimited(d.Log, time.Minute, time.Now),
	}, nil
}

const (
	setupWithin = 5 * time.Second
	drainWithin = 5 * time.Second
	retryAfter  = time.Second
)

// Run applies results until the context ends. Whatever is away is waited for.
func (c *Consumer) Run(ctx context.Context) error {
	for {
		err := c.consume(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop, which is no failure
		}
		c.limited.Warn("consume", "result stream is not readable, trying again", zap.String(log.FieldStream, streamName), zap.Error(err))
		if !wait(ctx, retryAfter) {
			return nil
		}
	}
}

// consume opens the stream and applies what it delivers until something breaks.
func (c *Consumer) consume(ctx context.Context) error {
	stream, err := c.conn.EnsureStream(ctx, Stream(c.stream))
	if err != nil {
		return err
	}
	setup, cancel := context.WithTimeout(ctx, setupWithin)
	defer cancel()
	consumer, err := stream.CreateOrUpdateConsumer(setup, consumerConfig(c.limits))
	if err != nil {
		return fmt.Errorf("open result consumer: %w", err)
	}
	it, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(c.limits.Messages, max(c.limits.Bytes, MaxBody+1<<17)))
	if err != nil {
		return fmt.Errorf("read results: %w", err)
	}
	incoming, failed, done := make(chan jetstream.Msg), make(chan error, 1), make(chan struct{})
	stop, stopped := context.WithCancel(ctx)
	go func() {
		defer close(done)
		for {
			m, err := it.Next()
			if err != nil {
				failed <- err
				return
			}
			select {
			case incoming <- m:
			case <-stop.Done():
				// What was fetched ahead and will not be applied here: others would get it only after the ack wait.
				c.giveBack([]jetstream.Msg{m})
			}
		}
	}()
	defer func() {
		stopped()
		it.Drain()
		giveUp := time.NewTimer(drainWithin)
		defer giveUp.Stop()
		select {
		case <-done:
		case <-giveUp.C: // the bus does not answer; the end of the connection ends the reader
		}
	}()
	linger := c.limits.Linger
	for {
		batch, err := c.collect(ctx, incoming, failed, linger)
		linger = c.limits.Linger
		if len(batch) >= crowd {
			linger = c.limits.Gather
		}
		if len(batch) > 0 {
			release := c.hold(batch)
			c.settle(ctx, batch)
			release()
		}
		if err != nil {
			return err
		}
	}
}

// crowd is the size of a batch after which the next one gathers for longer.
const crowd = 32

var errStopping = errors.New("stopping")

// collect waits for a result and gives others a moment to join it.
func (c *Consumer) collect(ctx context.Context, incoming <-chan jetstream.Msg, failed <-chan error, wait time.Duration) ([]jetstream.Msg, error) {
	var batch []jetstream.Msg
	select {
	case m := <-incoming:
		batch = append(batch, m)
	case err := <-failed:
		return nil, fmt.Errorf("read results: %w", err)
	case <-ctx.Done():
		return nil, errStopping
	}
	linger := time.NewTimer(wait)
	defer linger.Stop()
	size := len(batch[0].Data())
	for len(batch) < c.limits.Messages && size < c.limits.Bytes {
		select {
		case m := <-incoming:
			batch = append(batch, m)
			size += len(m.Data())
		case err := <-failed:
			return batch, fmt.Errorf("read results: %w", err)
		case <-ctx.Done():
			return batch, errStopping
		case <-linger.C:
			return batch, nil
		}
	}
	return batch, nil
}

// wait returns false when the context ended first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
