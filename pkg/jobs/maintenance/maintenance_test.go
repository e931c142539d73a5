package maintenance_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/maintenance"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const rows = `
	INSERT INTO clients (id, name) VALUES (1, 'c');
	INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's');
	INSERT INTO agents (id, agent_id, hostname, plat, site_id) VALUES (1, repeat('a', 40), 'h', 'windows', 1);
	INSERT INTO alerts (agent_id, alert_time) SELECT 1, now() - interval '1 day' FROM generate_series(1, 12000);
	INSERT INTO pending_actions (agent_id, action_type, status) VALUES (1, 'runcmd', 'pending'), (1, 'runcmd', 'completed');
	INSERT INTO audit_log (username, action, object_type, message) VALUES ('a', 'check_run', 'check', 'm'), ('a', 'login', 'user', 'm')`

func TestPruneOnRequest(t *testing.T) {
	t.Parallel()
	pool, ctx := dbtest.New(t), t.Context()
	_, err := pool.Exec(ctx, rows)
	require.NoError(t, err)
	requester, err := maintenance.NewRequester(pool)
	require.NoError(t, err)
	prune := func(names ...string) (n int64, err error) {
		err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			n, err = requester.Prune(ctx, tx, names)
			return err
		})
		return n, err
	}
	_, err = prune("alerts", "users")
	require.ErrorIs(t, err, maintenance.ErrTable)
	count := func(sql string) (n int64) {
		require.NoError(t, pool.QueryRow(ctx, sql).Scan(&n))
		return n
	}
	require.Zero(t, count(`SELECT count(*) FROM job_runs`), "a wrong name leaves nothing behind")

	tables, err := requester.Prunable(ctx)
	require.NoError(t, err)
	require.Equal(t, []maintenance.Prunable{{Table: "audit_logs", Rows: 1}, {Table: "pending_actions", Rows: 1}, {Table: "alerts", Rows: 12000}}, tables)
	n, err := prune("alerts", "pending_actions", "audit_logs", "alerts")
	require.NoError(t, err)
	require.Equal(t, int64(12002), n, "as many as were announced")
	require.Equal(t, int64(3), count(`SELECT count(*) FROM job_runs r JOIN outbox o ON (o.payload ->> 'run')::bigint = r.id`))
	_, err = prune("alerts")
	require.NoError(t, err)
	require.Equal(t, int64(3), count(`SELECT count(*) FROM job_runs`), "one run at a time does the work")

	_, err = pool.Exec(ctx, `INSERT INTO alerts (agent_id, alert_time) VALUES (1, now() + interval '1 hour')`)
	require.NoError(t, err)
	var progress []int64
	for _, j := range maintenance.Jobs(maintenance.Deps{Pool: pool}) {
		if j.Spec != jobs.OnRequest || j.Name == maintenance.ReloadNATS {
			continue
		}
		_, err := j.Do(ctx, jobs.Run{Job: j.Name, ScheduledFor: time.Now(), Progress: func(_ context.Context, n int64) error {
			progress = append(progress, n)
			return nil
		}})
		require.NoError(t, err, j.Name)
	}
	require.Equal(t, []int64{10000}, progress)
	require.Equal(t, int64(1), count(`SELECT count(*) FROM alerts`), "what came after the request stays")
	require.Equal(t, int64(1), count(`SELECT count(*) FROM pending_actions`))
	require.Equal(t, int64(1), count(`SELECT count(*) FROM audit_log WHERE action IN ('check_run', 'login')`))
}

func TestRequestNamesAJob(t *testing.T) {
	t.Parallel()
	pool, ctx := dbtest.New(t), t.Context()
	requester, err := maintenance.NewRequester(pool)
	require.NoError(t, err)
	for job, ok := range map[string]bool{maintenance.ReloadNATS: true, maintenance.RemoveOrphans: true, "nope": false} {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return requester.Start(ctx, tx, job) })
		require.Equal(t, ok, err == nil, job)
	}
}
