// Package alerts owns alerts (domain.md §6). It holds what checks need of them so far: closing open alerts quietly.
package alerts

import (
	"context"
	"fmt"

	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// DB is what a query needs: the pool or a transaction.
type DB = postgres.Querier

// ResolveChecks resolves the open alerts of checks on an agent without notification or action, unless the agent is in
// maintenance (rest-2.md §3.3).
func ResolveChecks(ctx context.Context, db DB, agentPK int32, checkIDs []int32) error {
	_, err := db.Exec(ctx, `UPDATE alerts SET resolved = true, resolved_on = now(), snoozed = false, snooze_until = NULL
		WHERE agent_id = $1 AND assigned_check_id = ANY ($2) AND NOT resolved
			AND NOT EXISTS (SELECT FROM agents WHERE id = $1 AND maintenance_mode)`, agentPK, checkIDs)
	if err != nil {
		return fmt.Errorf("resolve alerts of checks: %w", err)
	}
	return nil
}
