package schema_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

func TestSearchRowFollowsItsSources(t *testing.T) {
	t.Parallel()
	pool := filled(t)
	found := func(text string) []int32 {
		return column[int32](t, pool, "SELECT agent_id FROM agent_search WHERE haystack LIKE '%' || lower($1) || '%' ORDER BY 1", text)
	}
	for _, text := range []string{"web-01", "Acme", "MAIN office", "root", "debian", "198.51.100.7", "192.0.2.10", "sn-77"} {
		require.Equal(t, []int32{1}, found(text), text)
	}
	require.Equal(t, []int32{2}, found("straße"))

	exec(t, pool, "UPDATE agents SET hostname = 'db-09', logged_in_username = 'kim' WHERE id = 1")
	require.Empty(t, found("web-01"))
	require.Equal(t, []int32{1}, found("kim"))
	exec(t, pool, "UPDATE agent_inventory SET local_ips = '192.0.2.99' WHERE agent_id = 1")
	require.Equal(t, []int32{1}, found("192.0.2.99"))
	exec(t, pool, "UPDATE clients SET name = name || ' Ltd'")
	require.Equal(t, []int32{1, 2}, found(" ltd"))
	exec(t, pool, "UPDATE sites SET name = 'Annex' WHERE id = 1")
	require.Equal(t, []string{"annex"}, column[string](t, pool, "SELECT site_name FROM agent_search WHERE agent_id = 1"))
	exec(t, pool, "UPDATE sites SET client_id = 2 WHERE id = 1")
	require.Equal(t, []int32{2, 2}, column[int32](t, pool, "SELECT client_id FROM agent_search"))
	exec(t, pool, "UPDATE agents SET site_id = 2")
	require.Equal(t, []int32{2, 2}, column[int32](t, pool, "SELECT site_id FROM agent_search"))
}

func TestHistoryPartitions(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	partitions := func() []string {
		return column[string](t, pool, `SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = 'check_history'::regclass AND c.relname LIKE 'check_history_2030%' ORDER BY 1`)
	}
	day := time.Date(2030, 3, 9, 0, 0, 0, 0, time.UTC)
	// Rows that come before their partition is made; the second lies on another day in UTC than in the session's zone.
	exec(t, pool, "INSERT INTO check_history (agent_id, check_id, x, y) VALUES (1, 1, $1, 1), (1, 1, $2, 2)", day.Add(time.Hour), day.Add(47*time.Hour))
	require.Equal(t, []int64{2}, column[int64](t, pool, "SELECT count(*) FROM check_history_default"))

	require.Equal(t, []int32{3}, column[int32](t, pool, "SELECT check_history_create_partitions($1, 3)", day.Add(5*time.Hour)))
	require.Equal(t, []int32{0}, column[int32](t, pool, "SELECT check_history_create_partitions($1, 3)", day), "a second run makes nothing")
	require.Equal(t, []string{"check_history_20300309", "check_history_20300310", "check_history_20300311"}, partitions())
	require.Equal(t, []int64{0}, column[int64](t, pool, "SELECT count(*) FROM check_history_default"))
	require.Equal(t, []int32{2}, column[int32](t, pool, "SELECT y FROM check_history_20300310"))

	exec(t, pool, "SELECT check_history_drop_partitions($1)", day.Add(30*time.Hour))
	require.Equal(t, []string{"check_history_20300310", "check_history_20300311"}, partitions(), "a day goes when all of it is old")
	require.Equal(t, []int32{2}, column[int32](t, pool, "SELECT y FROM check_history"))
	// The index of the parent is there on each partition.
	require.Contains(t, dbtest.Explain(t, pool, "SELECT x, y, results FROM check_history WHERE check_id = $1 AND agent_id = $2 ORDER BY x DESC", 1, 1), "Index Scan")
}

func TestHotQueriesHaveAnIndex(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	for index, query := range map[string]string{
		"agent_search_hostname_idx":         "SELECT agent_id FROM agent_search WHERE (hostname, agent_id) > ('h', 5) ORDER BY hostname, agent_id LIMIT 50",
		"agent_search_client_name_idx":      "SELECT agent_id FROM agent_search WHERE (client_name, agent_id) < ('h', 5) ORDER BY client_name DESC, agent_id DESC LIMIT 50",
		"agent_search_site_name_idx":        "SELECT agent_id FROM agent_search ORDER BY site_name, agent_id LIMIT 50",
		"agent_search_operating_system_idx": "SELECT agent_id FROM agent_search ORDER BY operating_system, agent_id LIMIT 50",
		"agent_search_client_id_idx":        "SELECT agent_id FROM agent_search WHERE client_id = 3 ORDER BY hostname, agent_id LIMIT 50",
		"agent_search_site_id_idx":          "SELECT agent_id FROM agent_search WHERE site_id = 3 ORDER BY hostname, agent_id LIMIT 50",
		"agent_search_haystack_idx":         "SELECT agent_id FROM agent_search WHERE haystack LIKE '%web-0%'",
		"agent_tokens_token_hash_key":       "SELECT agent_id FROM agent_tokens WHERE token_hash = '\\x01'",
		"check_results_failing_idx":         "SELECT agent_id FROM check_results WHERE status = 'failing' AND agent_id = 1",
		"agent_history_agent_id_idx":        "SELECT id FROM agent_history WHERE agent_id = 1 ORDER BY time DESC, id DESC LIMIT 50",
		"alerts_unresolved_idx":             "SELECT id FROM alerts WHERE NOT resolved AND agent_id = 1",
		"alerts_alert_time_idx":             "SELECT id FROM alerts ORDER BY alert_time DESC, id DESC LIMIT 50",
		"audit_log_entry_time_idx":          "SELECT id FROM audit_log ORDER BY entry_time DESC, id DESC LIMIT 50",
		"outbox_waiting_idx":                "SELECT id FROM outbox WHERE dispatched_at IS NULL AND available_at <= now() ORDER BY available_at, id LIMIT 100 FOR UPDATE SKIP LOCKED",
		"job_runs_scheduled_for_idx":        "SELECT id FROM job_runs ORDER BY scheduled_for DESC, id DESC LIMIT 50",
		"sessions_pkey":                     "SELECT user_id FROM sessions WHERE digest = 'x'",
	} {
		require.Contains(t, dbtest.Explain(t, pool, query), index, query)
	}
}

// TestHeartbeatStaysHot: the columns a heartbeat changes are in no index, else each one would rewrite all of them.
func TestHeartbeatStaysHot(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"agent_id"}, column[string](t, dbtest.New(t), `SELECT a.attname::text FROM pg_index i
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = 'agent_presence'::regclass`))
}
