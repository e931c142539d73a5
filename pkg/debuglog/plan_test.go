package debuglog

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/cursor"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// TestPagesAreIndexWalks plans each kind of page on statistics of a large fleet: 2,000 agents with 200,000 rows.
func TestPagesAreIndexWalks(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	_, err := pool.Exec(ctx, `
		INSERT INTO clients (id, name) SELECT i, 'c' || i FROM generate_series(1, 20) i;
		INSERT INTO sites (id, client_id, name) SELECT i, i, 's' FROM generate_series(1, 20) i;
		ALTER TABLE agents DISABLE TRIGGER USER;
		INSERT INTO agents (id, agent_id, hostname, site_id) SELECT i, 'agent-' || i, 'H' || i, 1 + i % 20 FROM generate_series(1, 2000) i;
		ALTER TABLE agents ENABLE TRIGGER USER;
		INSERT INTO debug_log (agent_id, entry_time, log_level, log_type, message)
		SELECT CASE WHEN i % 5 > 0 THEN 1 + i % 2000 END, now() - i * interval '10 seconds', CASE WHEN i % 1000 = 0 THEN 'critical' WHEN i % 3 = 0 THEN 'error' ELSE 'info' END,
		  CASE WHEN i % 500 = 0 THEN 'win_updates' ELSE 'scripting' END, repeat('x', 60) FROM generate_series(1, 200000) i;
		ANALYZE`)
	require.NoError(t, err)
	since := time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		f     Filter
		scope access.Scope
		at    cursor.Place
		index string
	}{
		"newest":   {scope: access.Everything(), index: "debug_log_entry_time_idx"},
		"after":    {scope: access.Everything(), at: cursor.After(time.Now(), 5), index: "debug_log_entry_time_idx"},
		"level":    {scope: access.Everything(), f: Filter{Level: "critical"}, index: "debug_log_level_idx"},
		"type":     {scope: access.Everything(), f: Filter{Type: "win_updates"}, index: "debug_log_type_idx"},
		"agent":    {scope: access.Everything(), f: Filter{AgentID: "agent-7"}, index: "debug_log_agent_id_idx"},
		"since":    {scope: access.Everything(), f: Filter{Since: &since}, index: "debug_log_entry_time_idx"},
		"in scope": {scope: access.Scope{Clients: []int32{3}}, index: "debug_log_entry_time_idx"},
	} {
		sql, args := statement(c.f, c.scope, c.at, 50)
		plan := dbtest.Explain(t, pool, sql, args...)
		require.Contains(t, plan, c.index, "%s\n%s", name, plan)
		require.NotContains(t, plan, "Seq Scan on debug_log", "%s\n%s", name, plan)
	}
}
