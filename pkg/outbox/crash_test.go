package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/schema/db/outboxdb"
)

// dying hands tasks over until it dies: then it ends the drainer's context, as a kill of the process between the queue and
// the commit would end its connection.
type dying struct {
	*queue.Client
	left atomic.Int64
	die  context.CancelFunc
}

func (d *dying) Enqueue(ctx context.Context, task queue.Task) error {
	err := d.Client.Enqueue(ctx, task)
	if d.left.Add(-1) == 0 {
		d.die()
	}
	return err
}

// TestCrashBetweenQueueAndCommit: the queue has the tasks, the database does not know it.
func TestCrashBetweenQueueAndCommit(t *testing.T) {
	t.Parallel()
	for name, workFirst := range map[string]bool{"tasks still in the queue": false, "tasks done meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.add(t, 0, 50)
			ctx, die := context.WithCancel(context.Background())
			defer die()
			sender := &dying{Client: b.client, die: die}
			sender.left.Store(30)
			_, err := b.drainer(t, sender, outbox.Settings{}).Drain(ctx)
			require.Error(t, err)
			require.Equal(t, 50, b.rows("dispatched_at IS NULL"), "nothing was committed")

			if workFirst {
				b.work(t)
				b.eventually(t, func() bool { _, total := b.counts(); return total == 30 }, "what the queue has is done")
			}
			b.run(t, outbox.Settings{Poll: 50 * time.Millisecond})
			if !workFirst {
				b.work(t)
			}
			b.eventually(t, func() bool { return b.rows("done_at IS NULL") == 0 }, "everything is done")
			different, total := b.counts()
			require.Equal(t, 50, different, "nothing is lost")
			require.Equal(t, 50, total, "nothing is done twice")
		})
	}
}

// TestQueueThatForgets stops Redis, without persistence, between hand-over and work.
func TestQueueThatForgets(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.add(t, 0, 40)
	d := b.drainer(t, b.client, outbox.Settings{Recheck: time.Millisecond})
	_, err := d.Drain(ctx)
	require.NoError(t, err)
	require.NoError(t, d.FindLost(ctx))
	require.Equal(t, 40, b.rows("dispatched_at IS NOT NULL"), "nothing is lost yet")

	b.redis.Stop(t)
	b.eventually(t, func() bool { return !b.conn.Up() }, "the loss is seen")
	b.redis.Restart(t)
	b.eventually(t, b.conn.Up, "redis is back")
	require.NoError(t, d.FindLost(ctx))
	require.Equal(t, 40, b.rows("dispatched_at IS NULL"))
	b.run(t, outbox.Settings{Poll: 50 * time.Millisecond})
	b.work(t)
	b.eventually(t, func() bool { return b.rows("done_at IS NULL") == 0 }, "everything is done")
	different, total := b.counts()
	require.Equal(t, []int{40, 40}, []int{different, total})
}

// TestRedisRestartsUnderLoad: rows come all the time while Redis is away once and loses its memory.
func TestRedisRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	b.run(t, outbox.Settings{Batch: 25, Poll: 100 * time.Millisecond, Recheck: 300 * time.Millisecond, Interval: 300 * time.Millisecond})
	b.add(t, 0, 500)
	b.eventually(t, func() bool { _, total := b.counts(); return total > 20 }, "work goes on")
	b.redis.Stop(t)
	b.add(t, 500, 300)
	b.eventually(t, func() bool { return !b.conn.Up() }, "the loss is seen")
	b.add(t, 800, 200)
	b.redis.Restart(t)
	b.eventually(t, func() bool { return b.rows("done_at IS NULL") == 0 }, "everything is done")
	different, _ := b.counts()
	require.Equal(t, 1000, different, "nothing is lost")
	require.Positive(t, b.logs.FilterMessage("dependency is away").Len())
	require.Less(t, b.logs.Len(), 50, "%v", b.logs.All())
}

// TestLostDatabaseConnections ends every connection of the drainer, also the one that listens.
func TestLostDatabaseConnections(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.work(t)
	b.run(t, outbox.Settings{Poll: 100 * time.Millisecond})
	b.add(t, 0, 10)
	b.eventually(t, func() bool { _, total := b.counts(); return total == 10 }, "work goes on")
	_, err := b.pool.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	require.NoError(t, err)
	b.eventually(t, func() bool {
		_, err := outbox.Enqueue(context.Background(), b.pool, outbox.Message{Kind: "count", Payload: "after"})
		return err == nil
	}, "the pool is back")
	b.eventually(t, func() bool { different, _ := b.counts(); return different == 11 }, "work goes on")
}

func TestFailedWorkIsNotMarkedDone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t)
	b.add(t, 0, 1)
	broken := errors.New("mail server is away")
	calls := 0
	h := outbox.Once(b.pool, queue.Handler{Kind: queue.Kind{Name: "count"}, Do: func(context.Context, queue.Task) error {
		calls++
		if calls == 1 {
			return broken
		}
		return nil
	}})
	var id string
	require.NoError(t, b.pool.QueryRow(ctx, "SELECT task_id::text FROM outbox").Scan(&id))
	require.ErrorIs(t, h.Do(ctx, queue.Task{ID: id}), broken)
	require.Equal(t, 1, b.rows("done_at IS NULL"))
	require.NoError(t, h.Do(ctx, queue.Task{ID: id}))
	require.NoError(t, h.Do(ctx, queue.Task{ID: id}), "a third delivery finds it done")
	require.Equal(t, 2, calls)
	require.NoError(t, h.Do(ctx, queue.Task{ID: "not from the outbox"}))
	require.Equal(t, 3, calls)
}

// absent is a database that does not answer so many questions.
type absent struct {
	outboxdb.DBTX
	times atomic.Int64
}

type noRow struct{}

func (noRow) Scan(...any) error { return errors.New("connection refused") }

func (a *absent) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if a.times.Add(-1) >= 0 {
		return noRow{}
	}
	return a.DBTX.QueryRow(ctx, sql, args...)
}

// TestDatabaseMayBeAwayLongerThanATaskHasAttempts: work that cannot be begun is not given up.
func TestDatabaseMayBeAwayLongerThanATaskHasAttempts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := &absent{DBTX: b.pool}
	db.times.Store(queue.DefaultMaxRetry + 8)
	done := make(chan struct{}, 8)
	s, err := queue.NewServer(b.conn, queue.ServerSettings{Concurrency: 1, FirstRetry: 50 * time.Millisecond}, b.logger, b.registry,
		outbox.Once(db, queue.Handler{Kind: queue.Kind{Name: "count"}, Do: func(context.Context, queue.Task) error {
			done <- struct{}{}
			return nil
		}}))
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	b.add(t, 0, 1)
	b.run(t, outbox.Settings{})
	<-done
	b.eventually(t, func() bool { return b.rows("done_at IS NULL") == 0 }, "it is marked done")
	require.Empty(t, done, "it was done once")
	require.Equal(t, 1, b.logs.FilterMessage("background task has not begun, it waits").Len(), "said once in a minute")
}
