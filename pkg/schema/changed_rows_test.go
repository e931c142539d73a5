package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// TestTriggersDoNotJoinTheRowsOfAStatement: their plans are made once in a session, mostly for one row, and a nested loop over
// the rows of a statement then takes minutes for ten thousand agents. EXCEPT hashes or sorts, whatever the plan was made for.
func TestTriggersDoNotJoinTheRowsOfAStatement(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	require.Empty(t, column[string](t, pool, `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		AND prosrc ~* 'new_rows.*join\s+old_rows|old_rows.*join\s+new_rows'
		AND NOT coalesce('enable_nestloop=off' = ANY (proconfig), false)`))
	require.NotEmpty(t, column[string](t, pool, `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~* 'except\s+select.*old_rows'`),
		"the question above looks at the right functions")
}

// TestManyAgentsChangeAtOnce in a session that has made its plans for one: everything derived from the agents follows.
func TestManyAgentsChangeAtOnce(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	exec(t, pool, `INSERT INTO clients (id, name) VALUES (1, 'c1'), (2, 'c2');
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's1'), (2, 2, 's2');
		INSERT INTO policies (id, name, active) VALUES (1, 'p', true);
		INSERT INTO checks (policy_id, check_type, name, ip) VALUES (1, 'ping', 'c', '127.0.0.1');
		INSERT INTO agents (id, agent_id, hostname, site_id) SELECT i, 'agent-' || i, 'H' || i, 1 FROM generate_series(1, 3000) i;`)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for range 8 { // the plans of PL/pgSQL become generic
		_, err := conn.Exec(t.Context(), `UPDATE agents SET maintenance_mode = NOT maintenance_mode, offline_time = offline_time + 1 WHERE id = 1`)
		require.NoError(t, err)
	}
	_, err = conn.Exec(t.Context(), `UPDATE agents SET site_id = 2, maintenance_mode = true, offline_time = 7, overdue_time = 70, policy_id = 1,
		operating_system = 'Plan 9', hostname = 'N' || id WHERE id > 1000`)
	require.NoError(t, err)
	one := func(sql string) int64 { return column[int64](t, pool, sql)[0] }
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_facets WHERE site_id = 2 AND client_id = 2 AND maintenance_mode`))
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_presence WHERE offline_time = 7 AND overdue_time = 70`))
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_policy_checks`))
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_check_counts WHERE total = 1`))
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_search WHERE operating_system = 'plan 9' AND site_name = 's2' AND haystack LIKE '%plan 9%'`))
	exec(t, pool, `UPDATE sites SET name = 'renamed' WHERE id = 2; UPDATE sites SET client_id = 1 WHERE id = 2`)
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_search WHERE site_name = 'renamed'`))
	require.EqualValues(t, 2000, one(`SELECT count(*) FROM agent_facets WHERE site_id = 2 AND client_id = 1`))
	exec(t, pool, `UPDATE clients SET name = 'first' WHERE id = 1`)
	require.EqualValues(t, 3000, one(`SELECT count(*) FROM agent_search WHERE client_name = 'first'`))
}
