package retention_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/retention"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// rows are three of each table: two old ones and a young one. What must stay for another reason is marked.
const rows = `
INSERT INTO clients (id, name) VALUES (1, 'c');
INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's');
INSERT INTO agents (id, agent_id, hostname, site_id) VALUES (1, 'a', 'h', 1);
INSERT INTO users (id, username, password) VALUES (1, 'u', 'x');
INSERT INTO agent_history (agent_id, time) SELECT 1, now() - d * interval '1 day' FROM unnest(ARRAY[1, 61, 90]) d;
INSERT INTO debug_log (entry_time) SELECT now() - d * interval '1 day' FROM unnest(ARRAY[1, 31, 90]) d;
INSERT INTO audit_log (username, action, object_type, entry_time) SELECT 'u', 'add', 'client', now() - d * interval '1 day' FROM unnest(ARRAY[1, 31, 900]) d;
INSERT INTO alerts (resolved, resolved_on, alert_time) SELECT true, now() - d * interval '1 day', now() - interval '999 days' FROM unnest(ARRAY[1, 31, 90]) d;
INSERT INTO alerts (message, alert_time) VALUES ('stays: not resolved', now() - interval '999 days');
INSERT INTO report_templates (id, name) VALUES (1, 'r');
INSERT INTO report_history (report_template_id, date_created) SELECT 1, now() - d * interval '1 day' FROM unnest(ARRAY[1, 31, 90]) d;
INSERT INTO sessions (digest, token_key, user_id, expiry) SELECT d::text, '01234567', 1, now() - d * interval '1 day' FROM unnest(ARRAY[0, 2, 3, 4]) d;
INSERT INTO sessions (digest, token_key, user_id) VALUES ('stays: never expires', '01234567', 1);
INSERT INTO deployments (site_id, auth_token_id, token_key) VALUES (1, '4', 'stays: a deployment has it');
INSERT INTO enrolments (site_id, plat, goarch, token_hash, expires, created_by) SELECT 1, 'linux', 'amd64', d::text::bytea, now() - d * interval '1 day', 'u' FROM unnest(ARRAY[1, 31, 90]) d;
INSERT INTO applied_results SELECT d::text, now() - d * interval '1 day' FROM unnest(ARRAY[1, 9, 10]) d;
INSERT INTO job_runs (name, scheduled_for, status) SELECT 'old', now() - d * interval '1 day', 'succeeded' FROM unnest(ARRAY[1, 15, 16]) d;
INSERT INTO job_runs (name, scheduled_for, status) VALUES ('stays: unfinished', now() - interval '99 days', 'running');
INSERT INTO outbox (kind, done_at) SELECT 'k', now() - d * interval '1 day' FROM unnest(ARRAY[1, 4, 5]) d;
INSERT INTO outbox (kind, created) VALUES ('stays: not done', now() - interval '99 days');
`

func run(t *testing.T, pool *pgxpool.Pool, name string) int64 {
	t.Helper()
	for _, j := range retention.Jobs(pool) {
		if j.Name == name {
			n, err := j.Do(context.Background(), jobs.Run{})
			require.NoError(t, err)
			return n
		}
	}
	t.Fatalf("no job %s", name)
	return 0
}

func count(t *testing.T, pool *pgxpool.Pool, table string) (n int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func TestOldRowsGoAndOthersStay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	_, err := pool.Exec(ctx, rows)
	require.NoError(t, err)
	_, err = jobs.NewRegistry(retention.Jobs(pool)...)
	require.NoError(t, err)

	// These are kept for ever unless an administrator says otherwise.
	for name, table := range map[string]string{"prune_audit_log": "audit_log", "prune_resolved_alerts": "alerts", "prune_report_history": "report_history"} {
		before := count(t, pool, table)
		require.Zero(t, run(t, pool, name), name)
		require.Equal(t, before, count(t, pool, table), name)
	}
	_, err = pool.Exec(ctx, "UPDATE core_settings SET audit_log_prune_days = 30, resolved_alerts_prune_days = 30, report_history_prune_days = 30")
	require.NoError(t, err)

	for name, c := range map[string]struct {
		table string
		left  int
	}{
		"prune_agent_history":   {"agent_history", 1},
		"prune_debug_log":       {"debug_log", 1},
		"prune_audit_log":       {"audit_log", 1},
		"prune_resolved_alerts": {"alerts", 2},
		"prune_report_history":  {"report_history", 1},
		"prune_sessions":        {"sessions", 3},
		"prune_enrolments":      {"enrolments", 1},
		"prune_applied_results": {"applied_results", 1},
		"prune_job_runs":        {"job_runs", 2},
		"prune_outbox":          {"outbox", 2},
	} {
		require.EqualValues(t, 2, run(t, pool, name), name)
		require.Equal(t, c.left, count(t, pool, c.table), name)
		require.Zero(t, run(t, pool, name), "%s twice", name)
	}
	require.Equal(t, 1, count(t, pool, "deployments"))
}

func TestManyRowsGoInBatches(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := pool.Exec(context.Background(), "INSERT INTO debug_log (entry_time) SELECT now() - interval '40 days' FROM generate_series(1, 25000)")
	require.NoError(t, err)
	require.EqualValues(t, 25_000, run(t, pool, "prune_debug_log"))
	require.Zero(t, count(t, pool, "debug_log"))

	_, err = pool.Exec(context.Background(), `INSERT INTO audit_log (username, action, object_type, entry_time)
		SELECT 'u', 'add', 'client', now() - CASE WHEN i <= 3 THEN interval '1 day' ELSE interval '40 days' END FROM generate_series(1, 25003) i;
		UPDATE core_settings SET audit_log_prune_days = 30`)
	require.NoError(t, err)
	require.EqualValues(t, 25_000, run(t, pool, "prune_audit_log"))
	require.Equal(t, 3, count(t, pool, "audit_log"))
}

func TestPartitionsComeAndGo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := dbtest.New(t)
	// However old the template is, today and the coming week have a partition afterwards.
	_, err := retention.Partitions(ctx, pool)
	require.NoError(t, err)
	var covered int
	days := "SELECT count(*) FROM generate_series(0, 6) d WHERE to_regclass('check_history_' || to_char((now() + d * interval '1 day') AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NOT NULL"
	require.NoError(t, pool.QueryRow(ctx, days).Scan(&covered))
	require.Equal(t, 7, covered)

	_, err = pool.Exec(ctx, "SELECT check_history_create_partitions(now() - interval '60 days', 3)")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "INSERT INTO check_history (agent_id, check_id, x) VALUES (1, 1, now() - interval '59 days'), (1, 1, now())")
	require.NoError(t, err)
	_, err = pool.Exec(ctx, "UPDATE core_settings SET check_history_prune_days = 0")
	require.NoError(t, err)
	n, err := retention.Partitions(ctx, pool)
	require.NoError(t, err)
	require.Zero(t, n, "0 days keep everything")

	_, err = pool.Exec(ctx, "UPDATE core_settings SET check_history_prune_days = 30")
	require.NoError(t, err)
	n, err = retention.Partitions(ctx, pool)
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	require.Equal(t, 1, count(t, pool, "check_history"))
}

func TestPruningHasAnIndex(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for index, query := range map[string]string{
		"agent_history_time_idx":         "SELECT ctid FROM agent_history t WHERE t.time < now() - interval '60 days' LIMIT 10000",
		"debug_log_entry_time_idx":       "SELECT ctid FROM debug_log t WHERE t.entry_time < now() - interval '30 days' LIMIT 10000",
		"audit_log_entry_time_idx":       "SELECT ctid FROM audit_log t WHERE t.entry_time < now() - interval '30 days' LIMIT 10000",
		"alerts_resolved_on_idx":         "SELECT ctid FROM alerts t WHERE t.resolved AND t.resolved_on < now() - interval '30 days' LIMIT 10000",
		"sessions_expiry_idx":            "SELECT ctid FROM sessions t WHERE t.expiry < now() - interval '1 day' LIMIT 10000",
		"applied_results_applied_at_idx": "SELECT ctid FROM applied_results t WHERE t.applied_at < now() - interval '8 days' LIMIT 10000",
		"outbox_done_at_idx":             "SELECT ctid FROM outbox t WHERE t.done_at < now() - interval '3 days' LIMIT 10000",
	} {
		require.Contains(t, dbtest.Explain(t, pool, query), index)
	}
}
