package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

const wait = time.Minute

// bundle is a program with a worker on a Redis of its own.
type bundle struct {
	conn      *queue.Conn
	client    *queue.Client
	inspector *queue.Inspector
	health    *health.Registry
	registry  *prometheus.Registry
	logs      *observer.ObservedLogs
	logger    *zap.Logger
}

func setup(t *testing.T, url string, kinds ...queue.Kind) *bundle {
	t.Helper()
	ctx := context.Background()
	core, logs := observer.New(zapcore.InfoLevel)
	b := &bundle{registry: prometheus.NewRegistry(), logs: logs, logger: zap.New(core)}
	var err error
	b.health, err = health.New(b.logger, b.registry)
	require.NoError(t, err)
	b.conn, err = queue.Open(url, b.logger, b.health.Dependency("redis"))
	require.NoError(t, err)
	require.NoError(t, b.conn.Start(ctx))
	t.Cleanup(func() { require.NoError(t, b.conn.Stop(ctx)) })
	b.client, err = queue.NewClient(b.conn, kinds...)
	require.NoError(t, err)
	b.inspector = queue.NewInspector(b.conn)
	return b
}

func (b *bundle) serve(t *testing.T, handlers ...queue.Handler) *queue.Server {
	t.Helper()
	s, err := queue.NewServer(b.conn, queue.ServerSettings{Concurrency: 4, Drain: 200 * time.Millisecond, FirstRetry: 100 * time.Millisecond}, b.logger, b.registry, handlers...)
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return s
}

func eventually(t *testing.T, cond func() bool, what string) {
	t.Helper()
	require.Eventually(t, cond, wait, 10*time.Millisecond, what)
}

func TestTaskIsDone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t, queuetest.Redis(t))
	done := make(chan queue.Task, 1)
	b.serve(t, queue.Handler{Kind: queue.Kind{Name: "greet", Timeout: time.Minute}, Do: func(ctx context.Context, task queue.Task) error {
		if _, bounded := ctx.Deadline(); !bounded {
			return errors.New("no deadline")
		}
		done <- task
		return nil
	}})
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "one", Kind: "greet", Queue: queue.Critical, Payload: []byte(`{"who":"ana"}`)}))
	task := <-done
	require.Equal(t, queue.Task{ID: "one", Kind: "greet", Queue: queue.Critical, Payload: []byte(`{"who":"ana"}`), Attempt: 1}, task)
	eventually(t, func() bool {
		n, err := testutil.GatherAndCount(b.registry, "gueen_queue_task_seconds")
		return err == nil && n == 1
	}, "the attempt is measured")
}

func TestSameIDAndUniqueTasksAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t, queuetest.Redis(t))
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "one", Kind: "x"}))
	require.ErrorIs(t, b.client.Enqueue(ctx, queue.Task{ID: "one", Kind: "x"}), queue.ErrExists)
	require.NoError(t, b.client.EnqueueUnique(ctx, time.Hour, queue.Task{Kind: "u", Payload: []byte("{}")}))
	require.ErrorIs(t, b.client.EnqueueUnique(ctx, time.Hour, queue.Task{Kind: "u", Payload: []byte("{}")}), queue.ErrExists)
	require.NoError(t, b.client.EnqueueIn(ctx, time.Hour, queue.Task{Kind: "later"}))

	queues, err := b.inspector.Queues()
	require.NoError(t, err)
	require.Equal(t, []string{queue.Critical, queue.Default, queue.Low}, []string{queues[0].Name, queues[1].Name, queues[2].Name})
	require.Equal(t, 2, queues[1].Waiting)
	require.Equal(t, 1, queues[1].Scheduled)
	require.NoError(t, b.registry.Register(b.inspector.Collector()))
	eventually(t, b.conn.Up, "redis is up")
	n, err := testutil.GatherAndCount(b.registry, "gueen_queue_tasks")
	require.NoError(t, err)
	require.Equal(t, 15, n)
	has, err := b.inspector.Has(queue.Default, "one")
	require.NoError(t, err)
	require.True(t, has)
	has, err = b.inspector.Has(queue.Low, "one")
	require.NoError(t, err)
	require.False(t, has)
}

func TestFailureIsTriedAgainAndThenDead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	kind := queue.Kind{Name: "mail", MaxRetry: 2}
	b := setup(t, queuetest.Redis(t), kind, queue.Kind{Name: "hopeless"})
	var broken atomic.Bool
	broken.Store(true)
	var mu sync.Mutex
	var seen []string
	b.serve(t, queue.Handler{Kind: kind, Do: func(_ context.Context, task queue.Task) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprint(task.Attempt, task.Last))
		if broken.Load() {
			return errors.New("no route to mail server")
		}
		return nil
	}}, queue.Handler{Kind: queue.Kind{Name: "hopeless"}, Do: func(context.Context, queue.Task) error {
		return queue.Permanent(errors.New("the agent is gone"))
	}})
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "m", Kind: "mail", Queue: queue.Low, Payload: []byte(`{"password":"x"}`)}))
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "h", Kind: "hopeless"}))
	var dead []queue.Dead
	deadAre := func(n int) func() bool {
		return func() bool {
			d, err := b.inspector.Dead()
			dead = d
			return err == nil && len(d) == n
		}
	}
	eventually(t, deadAre(2), "both are dead")
	mu.Lock()
	require.Equal(t, []string{"1 false", "2 false", "3 true"}, seen)
	mu.Unlock()
	byID := map[string]queue.Dead{}
	for _, d := range dead {
		require.WithinDuration(t, time.Now(), d.FailedAt, time.Minute)
		d.FailedAt = time.Time{}
		byID[d.ID] = d
	}
	require.Equal(t, queue.Dead{ID: "m", Kind: "mail", Queue: queue.Low, Attempts: 3, Error: "no route to mail server"}, byID["m"])
	require.Equal(t, 1, byID["h"].Attempts, "a permanent error is not tried again")

	broken.Store(false)
	require.NoError(t, b.inspector.Retry("m"))
	require.NoError(t, b.inspector.Delete("h"))
	eventually(t, deadAre(0), "one was done, one deleted")
	require.ErrorIs(t, b.inspector.Retry("h"), queue.ErrNotFound)
	require.ErrorIs(t, b.inspector.Delete("m"), queue.ErrNotFound)
}

// TestWhatCannotBeginDoesNotUseUpItsAttempts: an outage of what every attempt needs is no fault of the task, also not when its
// last attempt comes.
func TestWhatCannotBeginDoesNotUseUpItsAttempts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	kind := queue.Kind{Name: "mail", MaxRetry: 1}
	b := setup(t, queuetest.Redis(t), kind)
	var calls atomic.Int64
	seen := make(chan string, 32)
	b.serve(t, queue.Handler{Kind: kind, Do: func(_ context.Context, task queue.Task) error {
		n := calls.Add(1)
		seen <- fmt.Sprint(n, " ", task.Attempt, " ", task.Last)
		switch n {
		case 1, 2, 3, 5, 6, 7:
			return queue.NotBegun(errors.New("database is away"))
		case 4:
			return errors.New("no route to mail server")
		}
		return nil
	}})
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "m", Kind: "mail"}))
	var got []string
	for range 8 {
		got = append(got, <-seen)
	}
	require.Equal(t, []string{"1 1 false", "2 1 false", "3 1 false", "4 1 false", "5 2 true", "6 2 true", "7 2 true", "8 2 true"}, got)
	eventually(t, func() bool { has, err := b.inspector.Has(queue.Default, "m"); return err == nil && !has }, "it is done")
	dead, err := b.inspector.Dead()
	require.NoError(t, err)
	require.Empty(t, dead)
}

// TestAttemptsThatEndWithoutAnErrorCount: a task that panics or runs out of time runs as often as its kind declares, and once
// more when a person asks for it.
func TestAttemptsThatEndWithoutAnErrorCount(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	ways := map[string]struct {
		timeout time.Duration
		do      func(context.Context)
		says    string
	}{
		"panic": {time.Minute, func(context.Context) { panic("no such agent") }, "no such agent"},
		"late":  {time.Second, func(ctx context.Context) { <-ctx.Done() }, "deadline exceeded"},
	}
	for name, way := range ways {
		for _, retries := range []int{-1, 1} {
			t.Run(fmt.Sprint(name, " ", retries), func(t *testing.T) {
				t.Parallel()
				kind := queue.Kind{Name: "mail", MaxRetry: retries, Timeout: way.timeout}
				b := setup(t, queuetest.Redis(t), kind)
				var runs atomic.Int64
				b.serve(t, queue.Handler{Kind: kind, Do: func(ctx context.Context, _ queue.Task) error {
					runs.Add(1)
					way.do(ctx)
					return ctx.Err()
				}})
				require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "m", Kind: "mail"}))
				var dead []queue.Dead
				isDead := func() (yes bool) {
					d, err := b.inspector.Dead()
					dead = d
					return err == nil && len(d) == 1
				}
				eventually(t, isDead, "it is given up")
				declared := max(retries, 0) + 1
				require.EqualValues(t, declared, runs.Load())
				require.Equal(t, declared, dead[0].Attempts)
				require.Contains(t, dead[0].Error, way.says)

				require.NoError(t, b.inspector.Retry("m"))
				eventually(t, func() bool { return runs.Load() > int64(declared) && isDead() }, "a person's try is one more")
				require.EqualValues(t, declared+1, runs.Load())
			})
		}
	}
}

func TestUnknownKindWaitsForAWorkerThatKnowsIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := setup(t, queuetest.Redis(t))
	b.serve(t)
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{Kind: "new"}))
	eventually(t, func() bool {
		queues, err := b.inspector.Queues()
		return err == nil && queues[1].Retry == 1
	}, "it is tried again later")
}

func TestStopGivesUnfinishedTasksBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := queuetest.Redis(t)
	b := setup(t, url)
	begun, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	s := b.serve(t, queue.Handler{Kind: queue.Kind{Name: "slow"}, Do: func(context.Context, queue.Task) error {
		close(begun)
		<-release
		return nil
	}})
	require.NoError(t, b.client.Enqueue(ctx, queue.Task{ID: "s", Kind: "slow"}))
	<-begun
	require.NoError(t, s.Stop(ctx))

	done := make(chan queue.Task, 1)
	other := setup(t, url)
	other.serve(t, queue.Handler{Kind: queue.Kind{Name: "slow"}, Do: func(_ context.Context, task queue.Task) error {
		done <- task
		return nil
	}})
	require.Equal(t, "s", (<-done).ID)
}

func TestWorkerStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := queuetest.Start(t)
	server.Stop(t)
	b := setup(t, server.URL())
	done := make(chan struct{}, 1)
	b.serve(t, queue.Handler{Kind: queue.Kind{Name: "x"}, Do: func(context.Context, queue.Task) error {
		done <- struct{}{}
		return nil
	}})
	eventually(t, func() bool { return b.logs.FilterMessage("dependency is away").Len() == 1 }, "the loss is logged")
	ready, states := b.health.Ready()
	require.False(t, ready)
	require.Equal(t, "redis", states[0].Name)
	require.Error(t, b.client.Enqueue(ctx, queue.Task{Kind: "x"}))

	server.Restart(t)
	eventually(t, b.conn.Up, "redis is back")
	eventually(t, func() bool { return b.client.Enqueue(ctx, queue.Task{Kind: "x"}) == nil }, "work is taken again")
	<-done
	require.Equal(t, 2, b.logs.Len(), "one line at loss, one at recovery: %v", b.logs.All())
}

// TestRedisRestartsUnderLoad stops Redis, with loss of its data, while tasks flow. Each enqueue that fails is repeated, as
// the outbox does; work resumes without a restart of anything and the log stays short.
func TestRedisRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := queuetest.Start(t)
	b := setup(t, server.URL())
	var count atomic.Int64
	b.serve(t, queue.Handler{Kind: queue.Kind{Name: "n"}, Do: func(context.Context, queue.Task) error {
		count.Add(1)
		return nil
	}})
	eventually(t, b.conn.Up, "redis is up")
	send := func(n int) {
		for i := range n {
			eventually(t, func() bool {
				err := b.client.Enqueue(ctx, queue.Task{ID: fmt.Sprint("task-", i), Kind: "n"})
				return err == nil || errors.Is(err, queue.ErrExists)
			}, "the task is queued")
		}
	}
	send(200)
	eventually(t, func() bool { return count.Load() >= 50 }, "work goes on")
	server.Stop(t)
	eventually(t, func() bool { return !b.conn.Up() }, "the loss is seen")
	before := count.Load()
	server.Restart(t)
	eventually(t, b.conn.Up, "redis is back")
	send(200)
	eventually(t, func() bool { return count.Load() >= before+200 }, "work goes on")
	require.Equal(t, 1, b.logs.FilterMessage("dependency is away").Len())
	require.Equal(t, 1, b.logs.FilterMessage("dependency is back").Len())
	require.Less(t, b.logs.Len(), 8, "%v", b.logs.All())
}

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 12: 30 * time.Minute, 100: 30 * time.Minute} {
		for range 100 {
			got := queue.Backoff(n)
			require.GreaterOrEqual(t, got, want*3/4)
			require.LessOrEqual(t, got, want*5/4)
		}
	}
}

func TestWrongDeclarationsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, queuetest.Redis(t))
	_, err := queue.NewClient(b.conn, queue.Kind{Name: "a"}, queue.Kind{Name: "a"})
	require.ErrorContains(t, err, "declared twice")
	_, err = queue.NewClient(b.conn, queue.Kind{})
	require.ErrorContains(t, err, "without a name")
	_, err = queue.Open("http://localhost", b.logger, b.health.Dependency("other"))
	require.ErrorContains(t, err, "redis.url")
}
