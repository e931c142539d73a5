package checks

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Reset sets a result to passing and closes its open alert quietly; the count of failures stays (rest-2.md §3.3).
func (s *Service) Reset(ctx context.Context, p *access.Principal, resultID int64) error {
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		r, err := s.resultInScope(ctx, tx, p, resultID)
		if err != nil {
			return err
		}
		return s.pass(ctx, tx, r.agent, []int32{r.check})
	})
	if err != nil {
		return fmt.Errorf("reset check: %w", err)
	}
	return nil
}

// ResetAll resets every check of the agent that has a result.
func (s *Service) ResetAll(ctx context.Context, p *access.Principal, agentID string) error {
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		a, err := agentInScope(ctx, tx, p, agentID)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT assigned_check_id FROM check_results WHERE agent_id = $1`, a.ID)
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		return s.pass(ctx, tx, a.ID, ids)
	})
	if err != nil {
		return fmt.Errorf("reset checks of agent: %w", err)
	}
	return nil
}

func (s *Service) pass(ctx context.Context, tx pgx.Tx, agentPK int32, checkIDs []int32) error {
	if err := lockAgents(ctx, tx, []int32{agentPK}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE check_results SET status = 'passing'
		WHERE agent_id = $1 AND assigned_check_id = ANY ($2)`, agentPK, checkIDs); err != nil {
		return fmt.Errorf("set passing: %w", err)
	}
	if err := s.Alerts.ResolveChecks(ctx, tx, agentPK, checkIDs); err != nil {
		return fmt.Errorf("resolve alerts: %w", err)
	}
	return recount(ctx, tx, []int32{agentPK})
}

// lockAgents takes the one lock that every writer of an agent's results and counters holds, in a fixed order.
func lockAgents(ctx context.Context, db DB, agentPKs []int32) error {
	if _, err := db.Exec(ctx, `SELECT FROM agent_check_counts WHERE agent_id = ANY ($1) ORDER BY agent_id FOR UPDATE`, agentPKs); err != nil {
		return fmt.Errorf("lock counters of agents: %w", err)
	}
	return nil
}

// recount brings the counters of agents up to date with their results.
func recount(ctx context.Context, db DB, agentPKs []int32) error {
	if len(agentPKs) == 0 {
		return nil
	}
	if _, err := db.Exec(ctx, `SELECT recount_agent_checks($1)`, agentPKs); err != nil {
		return fmt.Errorf("recount checks: %w", err)
	}
	return nil
}
