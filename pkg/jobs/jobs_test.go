package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
)

const wait = 2 * time.Minute

// program starts components and stops them with the test.
func start(t *testing.T, c lifecycle.Component) (stop func()) {
	t.Helper()
	require.NoError(t, c.Start(context.Background()))
	var once sync.Once
	stop = func() { once.Do(func() { require.NoError(t, c.Stop(context.Background())) }) }
	t.Cleanup(stop)
	return stop
}

// worker is the worker service in small: queue, drainer, handlers of the jobs.
func worker(t *testing.T, name string, pool *pgxpool.Pool, redis string, registry *jobs.Registry) {
	t.Helper()
	logger, metrics := zap.NewNop(), prometheus.NewRegistry()
	h, err := health.New(logger, metrics)
	require.NoError(t, err)
	conn, err := queue.Open(redis, logger, h.Dependency("redis"))
	require.NoError(t, err)
	start(t, conn)
	client, err := queue.NewClient(conn, registry.Kinds()...)
	require.NoError(t, err)
	w, err := jobs.NewWorker(name, pool, registry, metrics)
	require.NoError(t, err)
	handlers := w.Handlers()
	for i := range handlers {
		handlers[i] = outbox.Once(pool, handlers[i])
	}
	server, err := queue.NewServer(conn, queue.ServerSettings{Concurrency: 4, FirstRetry: 100 * time.Millisecond}, logger, metrics, handlers...)
	require.NoError(t, err)
	drainer, err := outbox.NewDrainer(pool, client, queue.NewInspector(conn), outbox.Settings{}, logger, metrics)
	require.NoError(t, err)
	start(t, lifecycle.Loop(drainer.Run))
	start(t, server)
}

func beat(t *testing.T, name string, pool *pgxpool.Pool, registry *jobs.Registry) {
	t.Helper()
	b, err := jobs.NewBeat(name, jobs.Settings{TTL: time.Second, Tick: 50 * time.Millisecond}, jobs.Deps{
		Pool: pool, Registry: registry, Logger: zap.NewNop(), Metrics: prometheus.NewRegistry()})
	require.NoError(t, err)
	start(t, lifecycle.Loop(b.Run))
}

// TestLeaderKilledUnderWay runs two beats and two workers in real time and kills the leader: runs go on, and each instant is
// worked on exactly once.
func TestLeaderKilledUnderWay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	redis := queuetest.Redis(t)
	var mu sync.Mutex
	worked := map[time.Time]int{}
	registry, err := jobs.NewRegistry(jobs.Job{Name: "tick", Spec: "@every 1s", Queue: queue.Critical, Do: func(_ context.Context, run jobs.Run) (int64, error) {
		mu.Lock()
		defer mu.Unlock()
		worked[run.ScheduledFor]++
		return 3, nil
	}})
	require.NoError(t, err)
	done := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(worked)
	}
	worker(t, "w1", pool, redis, registry)
	worker(t, "w2", pool, redis, registry)
	pools := map[string]*pgxpool.Pool{}
	for _, name := range []string{"beat-1", "beat-2"} {
		p, err := pgxpool.NewWithConfig(ctx, pool.Config())
		require.NoError(t, err)
		t.Cleanup(p.Close)
		pools[name] = p
		beat(t, name, p, registry)
	}
	require.Eventually(t, func() bool { return done() >= 2 }, wait, 10*time.Millisecond)
	var leader string
	require.NoError(t, pool.QueryRow(ctx, "SELECT split_part(holder, ' ', 1) FROM leases").Scan(&leader))
	pools[leader].Close() // as kill -9 does: it can neither queue nor resign

	before := done()
	require.Eventually(t, func() bool { return done() >= before+3 }, wait, 10*time.Millisecond, "the other beat goes on")
	var now string
	require.NoError(t, pool.QueryRow(ctx, "SELECT split_part(holder, ' ', 1) FROM leases").Scan(&now))
	require.NotEqual(t, leader, now)
	mu.Lock()
	defer mu.Unlock()
	for at, n := range worked {
		require.Equal(t, 1, n, at)
	}
}

func TestHistoryTellsHowARunEnded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	outcomes := map[string]func() (int64, error){
		"good": func() (int64, error) { return 42, nil },
		"bad":  func() (int64, error) { return 1, errors.New("disk is full") },
		"ugly": func() (int64, error) { panic("nil map") },
	}
	var declared []jobs.Job
	for _, name := range []string{"good", "bad", "ugly"} {
		declared = append(declared, jobs.Job{Name: name, Spec: "0 * * * *", Do: func(context.Context, jobs.Run) (int64, error) { return outcomes[name]() }})
	}
	registry, err := jobs.NewRegistry(declared...)
	require.NoError(t, err)
	w, err := jobs.NewWorker("host-1", pool, registry, prometheus.NewRegistry())
	require.NoError(t, err)
	handle := map[string]func(id int64) error{}
	for _, h := range w.Handlers() {
		handle[h.Name] = func(id int64) (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%v", p)
				}
			}()
			return h.Do(ctx, queue.Task{Payload: fmt.Appendf(nil, `{"run": %d}`, id)})
		}
	}
	ids := map[string]int64{}
	for name := range outcomes {
		var id int64
		require.NoError(t, pool.QueryRow(ctx, "INSERT INTO job_runs (name, scheduled_for) VALUES ($1, now()) RETURNING id", name).Scan(&id))
		ids[name] = id
	}
	require.NoError(t, handle["job.good"](ids["good"]))
	require.NoError(t, handle["job.good"](ids["good"]), "a run that succeeded is not run again")
	require.ErrorContains(t, handle["job.bad"](ids["bad"]), "disk is full")
	require.ErrorContains(t, handle["job.bad"](ids["bad"]), "disk is full")
	require.ErrorContains(t, handle["job.ugly"](ids["ugly"]), "nil map")
	require.NoError(t, handle["job.good"](999_999), "a run that was pruned")

	got := map[string][]any{}
	rows, err := jobs.NewHistory(pool).Runs(ctx, jobs.Filter{Limit: 10})
	require.NoError(t, err)
	for _, r := range rows {
		require.NotNil(t, r.Started)
		require.NotNil(t, r.Finished)
		require.Equal(t, "host-1", *r.Worker)
		text := ""
		if r.Error != nil {
			text = *r.Error
		}
		got[r.Name] = []any{r.Status, r.Attempts, r.Affected, text}
	}
	require.Equal(t, map[string][]any{
		"good": {"succeeded", int32(1), int64(42), ""},
		"bad":  {"failed", int32(2), int64(1), "disk is full"},
		"ugly": {"failed", int32(1), int64(0), "panicked"},
	}, got)

	outcomes["bad"] = outcomes["good"]
	require.NoError(t, handle["job.bad"](ids["bad"]), "a later attempt succeeds")
	failed, err := jobs.NewHistory(pool).Runs(ctx, jobs.Filter{Limit: 10, Status: "failed"})
	require.NoError(t, err)
	require.Len(t, failed, 1)
}

func TestHistoryIsPaged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	_, err := pool.Exec(ctx, "INSERT INTO job_runs (name, scheduled_for) SELECT n, now() - i * interval '1 minute' FROM generate_series(1, 30) i, unnest(ARRAY['a', 'b']) n")
	require.NoError(t, err)
	seen := map[int64]bool{}
	f := jobs.Filter{Limit: 7}
	for {
		rows, err := jobs.NewHistory(pool).Runs(ctx, f)
		require.NoError(t, err)
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			require.False(t, seen[r.ID])
			seen[r.ID] = true
		}
		last := rows[len(rows)-1]
		f.After = &jobs.Position{ScheduledFor: last.ScheduledFor, ID: last.ID}
	}
	require.Len(t, seen, 60)
	rows, err := jobs.NewHistory(pool).Runs(ctx, jobs.Filter{Limit: 100, Job: "a"})
	require.NoError(t, err)
	require.Len(t, rows, 30)

	page := "SELECT id FROM job_runs WHERE ($1::text IS NULL OR name = $1) AND ($2::timestamptz IS NULL OR (scheduled_for, id) < ($2, $3::bigint)) ORDER BY scheduled_for DESC, id DESC LIMIT 50"
	require.Contains(t, dbtest.Explain(t, pool, page, nil, nil, 0), "job_runs_scheduled_for_idx")
	require.Contains(t, dbtest.Explain(t, pool, "SELECT scheduled_for FROM job_runs WHERE name = 'a' ORDER BY scheduled_for DESC LIMIT 1"), "job_runs_name_scheduled_for_key")
}
