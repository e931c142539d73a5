package agents

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// TestPendingPagesAreIndexWalks plans the pages on statistics of 2,000 agents with 60,000 actions, of which few are pending.
func TestPendingPagesAreIndexWalks(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), dbtest.New(t)
	_, err := pool.Exec(ctx, `
		INSERT INTO clients (id, name) SELECT i, 'c' || i FROM generate_series(1, 20) i;
		INSERT INTO sites (id, client_id, name) SELECT i, i, 's' FROM generate_series(1, 20) i;
		ALTER TABLE agents DISABLE TRIGGER USER;
		INSERT INTO agents (id, agent_id, hostname, site_id) SELECT i, 'agent-' || i, 'H' || i, 1 + i % 20 FROM generate_series(1, 2000) i;
		ALTER TABLE agents ENABLE TRIGGER USER;
		INSERT INTO pending_actions (agent_id, action_type, status) SELECT 1 + i % 2000, 'agentupdate', CASE WHEN i % 100 = 0 THEN 'pending' ELSE 'completed' END FROM generate_series(1, 60000) i;
		ANALYZE`)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		scope access.Scope
		f     PendingFilter
		index string
	}{
		"all":      {scope: access.Everything(), index: "pending_actions_pkey"},
		"pending":  {scope: access.Everything(), f: PendingFilter{Status: "pending"}, index: "pending_actions_open_idx"},
		"agent":    {scope: access.Everything(), f: PendingFilter{AgentID: "agent-7"}, index: "pending_actions_agent_id_idx"},
		"in scope": {scope: access.Scope{Clients: []int32{3}}, index: "pending_actions_pkey"},
	} {
		sql, args := pendingPage(c.scope, c.f, 1<<62, 51)
		plan := dbtest.Explain(t, pool, sql, args...)
		require.Contains(t, plan, c.index, "%s\n%s", name, plan)
		require.NotContains(t, plan, "Seq Scan on pending_actions", "%s\n%s", name, plan)
	}
}
