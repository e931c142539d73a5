package agents

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// DashboardCounts are the counters of the dashboard (agent-protocol.md §7.1). Offline merges offline and overdue and
// leaves out agents that never reported (domain.md §2.1).
type DashboardCounts struct {
	Servers, ServersOffline, Workstations, WorkstationsOffline int64
}

const dashboardQuery = `
SELECT a.monitoring_type, count(*), count(*) FILTER (WHERE p.last_seen < $4::timestamptz - a.offline_time * interval '1 minute')
FROM agent_search s JOIN agents a ON a.id = s.agent_id JOIN agent_presence p ON p.agent_id = s.agent_id
WHERE $1::boolean OR s.client_id = ANY ($2::int[]) OR s.site_id = ANY ($3::int[])
GROUP BY a.monitoring_type`

// DashboardCounts counts the agents of a scope.
func (s *Service) DashboardCounts(ctx context.Context, scope access.Scope) (DashboardCounts, error) {
	var c DashboardCounts
	rows, err := s.pool.Query(ctx, dashboardQuery, scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites), s.now())
	if err != nil {
		return c, fmt.Errorf("count agents: %w", err)
	}
	var kind string
	var total, offline int64
	_, err = pgx.ForEachRow(rows, []any{&kind, &total, &offline}, func() error {
		if kind == "server" {
			c.Servers, c.ServersOffline = total, offline
		} else {
			c.Workstations, c.WorkstationsOffline = total, offline
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("count agents: %w", err)
	}
	return c, nil
}
