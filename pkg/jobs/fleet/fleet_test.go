package fleet_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/jobs"
	"github.com/gueencode/gueenrmm/pkg/jobs/fleet"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// setup is two clients; agents 1 and 2 are at site 1 of client 1, agent 3 at site 2 of client 1, agent 4 at site 3 of client 2.
func setup(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := dbtest.New(t)
	exec(t, pool, `
INSERT INTO clients (id, name) VALUES (1, 'Acme'), (2, 'Globex'), (3, 'Empty');
INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'HQ'), (2, 1, 'Lab'), (3, 2, 'HQ'), (4, 3, 'HQ');
INSERT INTO agents (id, agent_id, hostname, site_id) VALUES (1, 'a1', 'h1', 1), (2, 'a2', 'h2', 1), (3, 'a3', 'h3', 2), (4, 'a4', 'h4', 3);
UPDATE agent_presence SET last_seen = now()`)
	return pool
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	_, err := pool.Exec(context.Background(), sql)
	require.NoError(t, err, sql)
}

// flags returns which sites and clients show what, as "site 1 error".
func flags(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(context.Background(), `
		SELECT k.what || ' ' || k.id || ' ' || f.key FROM (
			SELECT 'client' AS what, id, failing_checks FROM clients UNION ALL SELECT 'site', id, failing_checks FROM sites) k
		CROSS JOIN jsonb_each(k.failing_checks) f WHERE f.value = 'true' ORDER BY 1`)
	require.NoError(t, err)
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

func TestFailingFlags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		want []string
	}{
		"nothing fails":               {"", []string{}},
		"a failing check":             {"UPDATE agent_check_counts SET failing = 1 WHERE agent_id = 1", []string{"client 1 error", "site 1 error"}},
		"a warning":                   {"UPDATE agent_check_counts SET warning = 2 WHERE agent_id = 4", []string{"client 2 warning", "site 3 warning"}},
		"an info colours nothing":     {"UPDATE agent_check_counts SET info = 9, pending = 1, passing = 1, total = 11", []string{}},
		"error here, warning there":   {"UPDATE agent_check_counts SET failing = 1 WHERE agent_id = 1; UPDATE agent_check_counts SET warning = 1 WHERE agent_id = 3", []string{"client 1 error", "client 1 warning", "site 1 error", "site 2 warning"}},
		"one in maintenance":          {"UPDATE agents SET maintenance_mode = true WHERE id = 1; UPDATE agent_check_counts SET failing = 1 WHERE agent_id = 1", []string{}},
		"its neighbour still counts":  {"UPDATE agents SET maintenance_mode = true WHERE id = 1; UPDATE agent_check_counts SET failing = 1 WHERE agent_id = 2", []string{"client 1 error", "site 1 error"}},
		"overdue without an alert":    {"UPDATE agent_presence SET last_seen = now() - interval '31 minutes'", []string{}},
		"overdue with an alert":       {"UPDATE agent_presence SET last_seen = now() - interval '31 minutes'; UPDATE agents SET overdue_text_alert = true WHERE id = 4", []string{"client 2 error", "site 3 error"}},
		"offline with an alert":       {"UPDATE agent_presence SET last_seen = now() - interval '10 minutes'; UPDATE agents SET overdue_text_alert = true", []string{}},
		"never seen with an alert":    {"UPDATE agent_presence SET last_seen = NULL; UPDATE agents SET overdue_email_alert = true", []string{}},
		"overdue before it is off":    {"UPDATE agent_presence SET last_seen = now() - interval '31 minutes'; UPDATE agents SET overdue_dashboard_alert = true, offline_time = 60", []string{}},
		"a failing task of error":     {"INSERT INTO tasks (id, agent_id, name, win_task_name, alert_severity) VALUES (1, 3, 't', 'w', 'error'); INSERT INTO task_results (agent_id, task_id, status) VALUES (3, 1, 'failing')", []string{"client 1 error", "site 2 error"}},
		"a failing task of info":      {"INSERT INTO tasks (id, agent_id, name, win_task_name) VALUES (1, 3, 't', 'w'); INSERT INTO task_results (agent_id, task_id, status) VALUES (3, 1, 'failing')", []string{}},
		"what is over is taken back":  {"UPDATE sites SET failing_checks = '{\"error\": true, \"warning\": true}'; UPDATE clients SET failing_checks = '{\"error\": true, \"warning\": true}'", []string{}},
		"a failing task of a warning": {"INSERT INTO tasks (id, agent_id, name, win_task_name, alert_severity) VALUES (1, 3, 't', 'w', 'warning'); INSERT INTO task_results (agent_id, task_id, status) VALUES (3, 1, 'failing')", []string{"client 1 warning", "site 2 warning"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := setup(t)
			if c.sql != "" {
				exec(t, pool, c.sql)
			}
			_, err := fleet.FailingFlags(context.Background(), pool)
			require.NoError(t, err)
			require.Equal(t, c.want, flags(t, pool))
			again, err := fleet.FailingFlags(context.Background(), pool)
			require.NoError(t, err)
			require.Zero(t, again, "what does not change is not written")
		})
	}
}

func TestRecountRepairsCounters(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	pool := setup(t)
	exec(t, pool, `
INSERT INTO agents (id, agent_id, hostname, site_id) SELECT 1000 + i, 'x' || i, 'x', 4 FROM generate_series(1, 1200) i;
INSERT INTO checks (id, agent_id, check_type) SELECT id, id, 'cpuload' FROM agents;
UPDATE agent_check_counts SET total = 77, failing = 76`)
	n, err := fleet.RecountChecks(ctx, pool)
	require.NoError(t, err)
	require.EqualValues(t, 1204, n)
	var wrong int
	require.NoError(t, pool.QueryRow(ctx, "SELECT count(*) FROM agent_check_counts WHERE (total, passing, failing) <> (1, 1, 0)").Scan(&wrong))
	require.Zero(t, wrong)
}

func TestJobsAreWellFormed(t *testing.T) {
	t.Parallel()
	_, err := jobs.NewRegistry(fleet.Jobs(nil)...)
	require.NoError(t, err)
}

// TestClearFaults: only agents that were away for longer than the setting says, and only once.
func TestClearFaults(t *testing.T) {
	t.Parallel()
	pool := setup(t)
	exec(t, pool, `
INSERT INTO checks (id, agent_id, check_type, ip, name) SELECT id, id, 'ping', '192.0.2.1', 'p' FROM agents;
INSERT INTO check_results (agent_id, assigned_check_id, status, fail_count) SELECT id, id, CASE WHEN id = 3 THEN 'pending' ELSE 'failing' END, 3 FROM agents;
INSERT INTO alerts (agent_id, assigned_check_id, alert_type, severity, snoozed) SELECT id, id, 'check', 'error', true FROM agents;
INSERT INTO alerts (agent_id, alert_type, severity) SELECT id, 'availability', 'error' FROM agents;
UPDATE agents SET overdue_email_alert = true, overdue_text_alert = true, overdue_dashboard_alert = true;
UPDATE agent_presence SET last_seen = now() - CASE WHEN agent_id < 3 THEN interval '8 days' ELSE interval '6 days' END`)
	state := func() (text string) {
		require.NoError(t, pool.QueryRow(context.Background(), `SELECT string_agg(a.id || ' ' || r.status || ' ' || (c.failing + c.warning) || ' ' || a.overdue_email_alert || ' ' || a.overdue_text_alert
			|| ' ' || a.overdue_dashboard_alert || ' ' || (SELECT string_agg(al.alert_type || ' ' || al.resolved || ' ' || al.snoozed, ' ' ORDER BY al.id) FROM alerts al WHERE al.agent_id = a.id), '; ' ORDER BY a.id)
			FROM agents a JOIN check_results r ON r.agent_id = a.id JOIN agent_check_counts c ON c.agent_id = a.id`).Scan(&text))
		return text
	}
	_, err := fleet.RecountChecks(context.Background(), pool)
	require.NoError(t, err)
	before := state()
	n, err := fleet.ClearFaults(context.Background(), pool)
	require.NoError(t, err)
	require.Zero(t, n, "off by default")
	require.Equal(t, before, state())
	exec(t, pool, `UPDATE core_settings SET clear_faults_days = 7`)
	for _, want := range []int64{2, 0} {
		n, err = fleet.ClearFaults(context.Background(), pool)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	away := " passing 0 false false false check true false availability false false"
	require.Equal(t, "1"+away+"; 2"+away+"; 3 pending 0 true true true check false true availability false false; 4 failing 1 true true true check false true availability false false", state())
}
