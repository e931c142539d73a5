package jobs

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const wait = 2 * time.Minute

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at(text)
}

func nothing(context.Context, Run) (int64, error) { return 0, nil }

// ownPool is a second pool on the database of another: that of another process.
func ownPool(t *testing.T, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	other, err := pgxpool.NewWithConfig(context.Background(), pool.Config())
	require.NoError(t, err)
	t.Cleanup(other.Close)
	return other
}

func newBeat(t *testing.T, name string, pool *pgxpool.Pool, s Settings, now func() time.Time, jobs ...Job) *Beat {
	t.Helper()
	r, err := NewRegistry(jobs...)
	require.NoError(t, err)
	b, err := NewBeat(name, s, Deps{Pool: pool, Registry: r, Logger: zaptest.NewLogger(t), Metrics: prometheus.NewRegistry(), Now: now})
	require.NoError(t, err)
	return b
}

// instants returns what is queued for a job, in order, and checks that each run has exactly one task.
func instants(t *testing.T, pool *pgxpool.Pool, job string) []string {
	t.Helper()
	ctx := context.Background()
	var runs, tasks int
	require.NoError(t, pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM job_runs), (SELECT count(DISTINCT payload) FROM outbox)").Scan(&runs, &tasks))
	require.Equal(t, runs, tasks)
	rows, err := pool.Query(ctx, "SELECT scheduled_for FROM job_runs WHERE name = $1 ORDER BY scheduled_for", job)
	require.NoError(t, err)
	times, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	require.NoError(t, err)
	out := []string{}
	for _, at := range times {
		out = append(out, at.UTC().Format(time.RFC3339))
	}
	return out
}

func finishAll(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(context.Background(), "UPDATE job_runs SET status = 'succeeded'")
	require.NoError(t, err)
}

// TestNextRunHappensOnceAfterTheLeaderDied: the leader dies between two runs, without a word; another takes over when the
// lease has run out and queues the run that was due meanwhile, once.
func TestNextRunHappensOnceAfterTheLeaderDied(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	c := &clock{}
	c.Set("2026-03-01T10:59:50Z")
	job := Job{Name: "hourly", Spec: "0 * * * *", CatchUp: Skip, Do: nothing}
	s := Settings{TTL: time.Hour}
	doomed := ownPool(t, pool)
	a := newBeat(t, "a", doomed, s, c.Now, job)
	b := newBeat(t, "b", pool, s, c.Now, job)
	require.NoError(t, a.turn(ctx))
	require.NoError(t, b.turn(ctx))
	require.True(t, a.lease.valid())
	require.False(t, b.lease.valid())
	require.Empty(t, instants(t, pool, "hourly"))

	doomed.Close() // as kill -9 does
	c.Set("2026-03-01T11:00:20Z")
	_, err := pool.Exec(ctx, "UPDATE leases SET expires = now()")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return b.turn(ctx) == nil && b.lease.valid()
	}, wait, 20*time.Millisecond)
	require.Equal(t, []string{"2026-03-01T11:00:00Z"}, instants(t, pool, "hourly"))
	require.NoError(t, b.turn(ctx))
	require.Len(t, instants(t, pool, "hourly"), 1)
}

// TestStoppedLeaderThatWakesUpDoesNothing: a process that was suspended while another took over.
func TestStoppedLeaderThatWakesUpDoesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	ca, cb := &clock{}, &clock{}
	ca.Set("2026-03-01T10:59:50Z")
	cb.Set("2026-03-01T11:00:05Z")
	job := Job{Name: "hourly", Spec: "0 * * * *", Do: nothing}
	a := newBeat(t, "a", pool, Settings{TTL: 15 * time.Second}, ca.Now, job)
	b := newBeat(t, "b", pool, Settings{TTL: 15 * time.Second}, cb.Now, job)
	require.NoError(t, a.turn(ctx))
	_, err := pool.Exec(ctx, "UPDATE leases SET expires = now()")
	require.NoError(t, err)
	require.NoError(t, b.turn(ctx))
	require.Len(t, instants(t, pool, "hourly"), 1)
	finishAll(t, pool)

	// Its clock stood still, so it still believes in its lease; the database does not.
	ca.Set("2026-03-01T10:59:54Z")
	require.True(t, a.lease.valid())
	require.ErrorIs(t, a.lease.hold(ctx, pool), errLost)
	require.NoError(t, a.queueRuns(ctx, []dueRun{{a.registry.jobs[0], at("2026-03-01T12:00:00Z")}}))
	require.Len(t, instants(t, pool, "hourly"), 1)
	require.False(t, a.lease.valid())
}

func TestLeaseChangesHandsWithANewTerm(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	a := newBeat(t, "a", pool, Settings{TTL: time.Hour}, nil, Job{Name: "hourly", Spec: "0 * * * *", Do: nothing}).lease
	b := newBeat(t, "b", pool, Settings{TTL: time.Hour}, nil, Job{Name: "hourly", Spec: "0 * * * *", Do: nothing}).lease
	acquire := func(l *lease, leads, fresh bool, term int64) {
		t.Helper()
		gotLeads, gotFresh, err := l.acquire(ctx)
		require.NoError(t, err)
		require.Equal(t, []any{leads, fresh, term}, []any{gotLeads, gotFresh, l.term})
	}
	acquire(a, true, true, 1)
	acquire(a, true, false, 1)
	acquire(b, false, false, 0)
	require.NoError(t, a.resign(ctx))
	require.False(t, a.valid())
	acquire(b, true, true, 2)
	acquire(a, false, false, 0)
	require.WithinDuration(t, time.Now().Add(45*time.Minute), b.until, 5*time.Minute, "a quarter of its time is a margin")
	_, err := pool.Exec(ctx, "UPDATE leases SET expires = now()")
	require.NoError(t, err)
	acquire(b, true, true, 3)
}

func TestMissedRuns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	c := &clock{}
	jobs := []Job{
		{Name: "latest", Spec: "@every 10m", CatchUp: Latest, Do: nothing},
		{Name: "skipping", Spec: "@every 10m", CatchUp: Skip, Do: nothing},
	}
	c.Set("2026-03-01T10:00:01Z")
	b := newBeat(t, "b", pool, Settings{}, c.Now, jobs...)
	require.NoError(t, b.turn(ctx))
	require.Equal(t, []string{"2026-03-01T10:00:00Z"}, instants(t, pool, "latest"))
	require.Equal(t, []string{"2026-03-01T10:00:00Z"}, instants(t, pool, "skipping"))
	finishAll(t, pool)

	// No beat for three hours: the last missed run is caught up, or none.
	c.Set("2026-03-01T13:05:00Z")
	b = newBeat(t, "b2", pool, Settings{}, c.Now, jobs...)
	_, err := pool.Exec(ctx, "UPDATE leases SET expires = now()")
	require.NoError(t, err)
	require.NoError(t, b.turn(ctx))
	require.Equal(t, []string{"2026-03-01T10:00:00Z", "2026-03-01T13:00:00Z"}, instants(t, pool, "latest"))
	require.Equal(t, []string{"2026-03-01T10:00:00Z"}, instants(t, pool, "skipping"))
	finishAll(t, pool)
	c.Set("2026-03-01T13:10:00Z")
	require.NoError(t, b.turn(ctx))
	require.Len(t, instants(t, pool, "latest"), 3)
	require.Len(t, instants(t, pool, "skipping"), 2)
}

func TestUnfinishedRunKeepsTheNextFromPilingUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	c := &clock{}
	c.Set("2026-03-01T10:00:01Z")
	b := newBeat(t, "b", pool, Settings{}, c.Now, Job{Name: "sweep", Spec: "@every 1m", Timeout: time.Minute, Do: nothing})
	require.NoError(t, b.turn(ctx))
	for _, now := range []string{"2026-03-01T10:01:01Z", "2026-03-01T10:02:01Z"} {
		c.Set(now)
		require.NoError(t, b.turn(ctx))
	}
	require.Len(t, instants(t, pool, "sweep"), 1, "the workers stand still")

	// A run that must have been lost does not stop the job for ever.
	_, err := pool.Exec(ctx, "UPDATE job_runs SET queued = now() - interval '1 hour'")
	require.NoError(t, err)
	c.Set("2026-03-01T10:03:01Z")
	require.NoError(t, b.turn(ctx))
	require.Equal(t, []string{"2026-03-01T10:00:00Z", "2026-03-01T10:03:00Z"}, instants(t, pool, "sweep"))
}

func TestBeatOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	c := &clock{}
	c.Set("2026-03-01T10:00:01Z")
	mine := ownPool(t, pool)
	b := newBeat(t, "b", mine, Settings{}, c.Now, Job{Name: "sweep", Spec: "@every 1m", Do: nothing})
	require.NoError(t, b.turn(ctx))
	_, err := pool.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	require.NoError(t, err)
	finishAll(t, pool)
	c.Set("2026-03-01T10:01:01Z")
	require.Eventually(t, func() bool { return b.turn(ctx) == nil }, wait, 10*time.Millisecond)
	require.Len(t, instants(t, pool, "sweep"), 2)
}
