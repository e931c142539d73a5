package outbox_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

const wait = 2 * time.Minute

// bundle is a worker program with a database and a Redis of its own. Its handler of kind "count" counts per payload.
type bundle struct {
	pool      *pgxpool.Pool
	redis     *queuetest.Server
	conn      *queue.Conn
	client    *queue.Client
	inspector *queue.Inspector
	logs      *observer.ObservedLogs
	logger    *zap.Logger
	registry  *prometheus.Registry

	mu    sync.Mutex
	done  map[string]int
	total int
}

func setup(t *testing.T) *bundle {
	t.Helper()
	ctx := context.Background()
	core, logs := observer.New(zapcore.InfoLevel)
	b := &bundle{pool: dbtest.New(t), redis: queuetest.Start(t), logs: logs, logger: zap.New(core), registry: prometheus.NewRegistry(), done: map[string]int{}}
	registry, err := health.New(b.logger, b.registry)
	require.NoError(t, err)
	b.conn, err = queue.Open(b.redis.URL(), b.logger, registry.Dependency("redis"))
	require.NoError(t, err)
	require.NoError(t, b.conn.Start(ctx))
	t.Cleanup(func() { require.NoError(t, b.conn.Stop(ctx)) })
	b.client, err = queue.NewClient(b.conn)
	require.NoError(t, err)
	b.inspector = queue.NewInspector(b.conn)
	b.eventually(t, b.conn.Up, "redis is up")
	return b
}

func (b *bundle) eventually(t *testing.T, cond func() bool, what string) {
	t.Helper()
	require.Eventually(t, cond, wait, 10*time.Millisecond, what)
}

func (b *bundle) drainer(t *testing.T, sender outbox.Sender, settings outbox.Settings) *outbox.Drainer {
	t.Helper()
	d, err := outbox.NewDrainer(b.pool, sender, b.inspector, settings, b.logger, prometheus.NewRegistry())
	require.NoError(t, err)
	return d
}

// run drains in the background until the test ends.
func (b *bundle) run(t *testing.T, settings outbox.Settings) {
	t.Helper()
	loop := lifecycle.Loop(b.drainer(t, b.client, settings).Run)
	require.NoError(t, loop.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, loop.Stop(context.Background())) })
}

func (b *bundle) work(t *testing.T) {
	t.Helper()
	count := queue.Handler{Kind: queue.Kind{Name: "count"}, Do: func(_ context.Context, task queue.Task) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.done[string(task.Payload)]++
		b.total++
		return nil
	}}
	s, err := queue.NewServer(b.conn, queue.ServerSettings{Concurrency: 8, FirstRetry: 100 * time.Millisecond}, b.logger, b.registry, outbox.Once(b.pool, count))
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
}

func (b *bundle) counts() (different, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.done), b.total
}

// add commits n messages with the payloads from, from+1, ….
func (b *bundle) add(t *testing.T, from, n int) {
	t.Helper()
	messages := make([]outbox.Message, n)
	for i := range messages {
		messages[i] = outbox.Message{Kind: "count", Payload: from + i}
	}
	added, err := outbox.Enqueue(context.Background(), b.pool, messages...)
	require.NoError(t, err)
	require.EqualValues(t, n, added)
}

// rows counts rows of the outbox; -1 is "not known", for conditions that are asked again.
func (b *bundle) rows(where string) (n int) {
	if b.pool.QueryRow(context.Background(), "SELECT count(*) FROM outbox WHERE "+where).Scan(&n) != nil {
		return -1
	}
	return n
}

func TestWorkFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	undone := errors.New("undone")
	err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		_, err := outbox.Enqueue(ctx, tx, outbox.Message{Kind: "count", Payload: "rolled back"})
		require.NoError(t, err)
		return undone
	})
	require.ErrorIs(t, err, undone)
	require.NoError(t, pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
		_, err := outbox.Enqueue(ctx, tx, outbox.Message{Kind: "count", Queue: queue.Critical, Payload: map[string]any{"id": 7}})
		return err
	}))
	seen, err := b.drainer(t, b.client, outbox.Settings{}).Drain(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, seen)
	b.work(t)
	b.eventually(t, func() bool { return b.rows("done_at IS NOT NULL") == 1 }, "the row is marked done")
	b.mu.Lock()
	require.Equal(t, map[string]int{`{"id": 7}`: 1}, b.done)
	b.mu.Unlock()
	require.Zero(t, b.rows("done_at IS NULL"))
}

// TestRequestIDFollowsTheWork from the request that asked for it into the handler's context and the log of its end.
func TestRequestIDFollowsTheWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := make(chan string, 2)
	s, err := queue.NewServer(b.conn, queue.ServerSettings{Concurrency: 1, FirstRetry: time.Minute}, b.logger, b.registry,
		outbox.Once(b.pool, queue.Handler{Kind: queue.Kind{Name: "trace"}, Do: func(ctx context.Context, task queue.Task) error {
			seen <- log.RequestID(ctx)
			if log.RequestID(ctx) == "req-8" {
				return nil
			}
			return queue.Permanent(errors.New("not today"))
		}}))
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	for _, id := range []string{"req-7", "", "req-8"} {
		ctx := t.Context()
		if id != "" {
			ctx = log.WithRequestID(ctx, id)
		}
		_, err := outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "trace"})
		require.NoError(t, err)
		_, err = b.drainer(t, b.client, outbox.Settings{}).Drain(t.Context())
		require.NoError(t, err)
		require.Equal(t, id, <-seen)
	}
	b.eventually(t, func() bool { return b.logs.FilterField(zap.String("request_id", "req-7")).Len() == 1 }, "the failure names the request")
	b.eventually(t, func() bool {
		return b.logs.FilterMessage("background task done").FilterField(zap.String("request_id", "req-8")).Len() == 1
	}, "so does the success")
}

func TestDedupeKeyKeepsTheFirst(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	m := outbox.Message{Kind: "count", Payload: 1, Dedupe: "alert-5"}
	n, err := outbox.Enqueue(ctx, b.pool, m, m, outbox.Message{Kind: "other", Dedupe: "alert-5"}, outbox.Message{Kind: "count"}, outbox.Message{Kind: "count"})
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
	n, err = outbox.Enqueue(ctx, b.pool, m)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = outbox.Enqueue(ctx, b.pool)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestWrongMessagesAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	_, err := outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "count", Payload: strings.Repeat("x", 300<<10)})
	require.ErrorContains(t, err, "at most")
	_, err = outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "count", Payload: make(chan int)})
	require.ErrorContains(t, err, "encode payload")
	_, err = outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "count", Queue: "urgent"})
	require.ErrorContains(t, err, "write outbox")
	require.Zero(t, b.rows("true"))
}

func TestDelayedWorkWaits(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	_, err := outbox.Enqueue(ctx, b.pool, outbox.Message{Kind: "count", Delay: time.Hour})
	require.NoError(t, err)
	d := b.drainer(t, b.client, outbox.Settings{})
	seen, err := d.Drain(ctx)
	require.NoError(t, err)
	require.Zero(t, seen)
	_, err = b.pool.Exec(ctx, "UPDATE outbox SET available_at = now()")
	require.NoError(t, err)
	seen, err = d.Drain(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, seen)
}

func TestNotificationWakesTheDrainer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	b.run(t, outbox.Settings{Poll: time.Hour})
	b.eventually(t, func() bool {
		var listening int
		err := b.pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN outbox'").Scan(&listening)
		return err == nil && listening == 1
	}, "the drainer listens")
	b.add(t, 0, 1)
	b.eventually(t, func() bool { _, total := b.counts(); return total == 1 }, "the work is done long before the next poll")
}

func TestSeveralDrainersShareTheRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	for range 3 {
		b.run(t, outbox.Settings{Batch: 20, Poll: 50 * time.Millisecond})
	}
	for i := range 10 {
		b.add(t, i*100, 100)
	}
	b.eventually(t, func() bool { return b.rows("done_at IS NULL") == 0 }, "everything is done")
	different, total := b.counts()
	require.Equal(t, 1000, different)
	require.Equal(t, 1000, total)
	require.Equal(t, 1000, b.rows("attempts = 1"), "no row was handed over twice")
}

func TestHotQueriesHaveAnIndex(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	require.Contains(t, dbtest.Explain(t, pool, "SELECT id FROM outbox WHERE dispatched_at IS NULL AND available_at <= now() ORDER BY available_at, id LIMIT 100 FOR UPDATE SKIP LOCKED"), "outbox_waiting_idx")
	require.Contains(t, dbtest.Explain(t, pool, "SELECT id FROM outbox WHERE dispatched_at IS NOT NULL AND done_at IS NULL AND checked_at < now() ORDER BY checked_at, id LIMIT 10"), "outbox_unfinished_idx")
	require.Contains(t, dbtest.Explain(t, pool, "SELECT done_at FROM outbox WHERE task_id = $1", uuid.New()), "outbox_task_id_key")
}
