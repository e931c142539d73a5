package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// Client hands tasks to the queues.
type Client struct {
	conn  *Conn
	inner *asynq.Client
	kinds map[string]Kind
}

// NewClient returns a client for the kinds; a task of any other kind gets the defaults.
func NewClient(conn *Conn, kinds ...Kind) (*Client, error) {
	byName, err := kindsByName(kinds)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, inner: asynq.NewClientFromRedisClient(conn.client), kinds: byName}, nil
}

// Up says whether Redis answered last time.
func (c *Client) Up() bool { return c.conn.Up() }

// Enqueue hands a task over. ErrExists means that there is one with its ID already.
func (c *Client) Enqueue(ctx context.Context, task Task) error { return c.enqueue(ctx, task) }

// EnqueueIn hands a task over that begins after the delay.
func (c *Client) EnqueueIn(ctx context.Context, delay time.Duration, task Task) error {
	return c.enqueue(ctx, task, asynq.ProcessIn(delay))
}

// EnqueueUnique hands a task over unless one with the same kind, queue and payload is waiting or running, for at most
// ttl; then it returns ErrExists.
func (c *Client) EnqueueUnique(ctx context.Context, ttl time.Duration, task Task) error {
	return c.enqueue(ctx, task, asynq.Unique(ttl))
}

func (c *Client) enqueue(ctx context.Context, task Task, extra ...asynq.Option) error {
	kind := c.kinds[task.Kind]
	if task.Queue == "" {
		task.Queue = Default
	}
	options := append([]asynq.Option{asynq.Queue(task.Queue), asynq.MaxRetry(kind.maxRetry() + reserve), asynq.Timeout(kind.timeout())}, extra...)
	if task.ID != "" {
		options = append(options, asynq.TaskID(task.ID))
	}
	var headers map[string]string
	if task.RequestID != "" {
		headers = map[string]string{log.RequestIDHeader: task.RequestID}
	}
	_, err := c.inner.EnqueueContext(ctx, asynq.NewTaskWithHeaders(task.Kind, task.Payload, headers), options...)
	if errors.Is(err, asynq.ErrTaskIDConflict) || errors.Is(err, asynq.ErrDuplicateTask) {
		return ErrExists
	}
	if err != nil {
		if ctx.Err() == nil && connectionTrouble(err.Error()) {
			// Known at once and not with the next probe, so that a caller with many tasks stops trying.
			c.conn.dependency.Report(err)
		}
		return fmt.Errorf("enqueue %s: %w", task.Kind, err)
	}
	return nil
}

// reserve is by how much asynq's limit of attempts lies above ours: at its own limit it gives up also what has not begun, so that
// it must never get there. Server decides when a task is dead.
const reserve = 1
