package agents

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// modelPending is the contract's name of pending actions in refusals.
const modelPending = "PendingAction"

// PendingFilter narrows a list of pending actions; zero values do not filter.
type PendingFilter struct {
	Status   string // pending or completed
	AgentID  string
	ClientID int32
	SiteID   int32
}

const pendingColumns = `pa.id, pa.agent_id, a.agent_id, a.hostname, cl.name, si.name, pa.entry_time, pa.action_type, pa.status, pa.details`

const pendingFrom = `
FROM pending_actions pa
JOIN agents a ON a.id = pa.agent_id
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id`

// pendingPage is the statement of a page: newest first, before the given key.
func pendingPage(scope access.Scope, f PendingFilter, before int64, limit int) (string, []any) {
	var args []any
	bind := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	parts := []string{"pa.id < " + bind(before)}
	if !scope.All {
		parts = append(parts, "(si.client_id = ANY ("+bind(orEmpty(scope.Clients))+"::int[]) OR si.id = ANY ("+bind(orEmpty(scope.Sites))+"::int[]))")
	}
	switch f.Status {
	case "pending", "completed":
		parts = append(parts, "pa.status = '"+f.Status+"'") // literal: the partial index is chosen by it
	}
	if f.AgentID != "" {
		parts = append(parts, "pa.agent_id = (SELECT x.id FROM agents x WHERE x.agent_id = "+bind(f.AgentID)+")")
	}
	if f.ClientID != 0 {
		parts = append(parts, "si.client_id = "+bind(f.ClientID))
	}
	if f.SiteID != 0 {
		parts = append(parts, "si.id = "+bind(f.SiteID))
	}
	return "SELECT " + pendingColumns + pendingFrom + " WHERE " + strings.Join(parts, " AND ") + " ORDER BY pa.id DESC LIMIT " + bind(limit), args
}

// PendingPage returns at most limit actions of the scope, newest first; before is the key that the page before ended with, or
// 0 for the first page. Past reboots are marked as completed first, as in PendingActions.
func (s *Service) PendingPage(ctx context.Context, scope access.Scope, f PendingFilter, before int64, limit int) ([]PendingAction, error) {
	if before <= 0 {
		before = 1<<63 - 1
		if err := s.completePastReboots(ctx, scope); err != nil {
			return nil, err
		}
	}
	sql, args := pendingPage(scope, f, before, limit)
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list pending actions: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanPending)
	if err != nil {
		return nil, fmt.Errorf("list pending actions: %w", err)
	}
	return out, nil
}

// ForEachPending calls f for every action of the scope, by key. The rows are handed on one by one.
func (s *Service) ForEachPending(ctx context.Context, scope access.Scope, f func(PendingAction) error) error {
	if err := s.completePastReboots(ctx, scope); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, "SELECT "+pendingColumns+pendingFrom+
		" WHERE ($1 OR si.client_id = ANY ($2) OR si.id = ANY ($3)) ORDER BY pa.id", scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites))
	if err != nil {
		return fmt.Errorf("list pending actions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPending(rows)
		if err != nil {
			return fmt.Errorf("list pending actions: %w", err)
		}
		if err := f(p); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list pending actions: %w", err)
	}
	return nil
}

// PendingAction returns one action, of any scope: the caller finds its agent in the scope.
func (s *Service) PendingAction(ctx context.Context, id int64) (PendingAction, error) {
	rows, err := s.pool.Query(ctx, "SELECT "+pendingColumns+pendingFrom+" WHERE pa.id = $1", id)
	if err != nil {
		return PendingAction{}, fmt.Errorf("get pending action: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPending)
	if errors.Is(err, pgx.ErrNoRows) {
		return PendingAction{}, fault.NotFound(modelPending)
	}
	if err != nil {
		return PendingAction{}, fmt.Errorf("get pending action: %w", err)
	}
	return p, nil
}

// DeletePendingAction removes an action that somebody cancelled.
func (s *Service) DeletePendingAction(ctx context.Context, p PendingAction) error {
	return postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		n, err := s.q.DeletePendingAction(ctx, tx, p.ID)
		if err != nil {
			return fmt.Errorf("delete pending action: %w", err)
		}
		if n == 0 {
			return fault.NotFound(modelPending)
		}
		return s.audit.Change(ctx, tx, audit.Object{
			Type: "pendingaction", Name: deref(p.Description()) + " on " + p.Hostname, Agent: p.Hostname, AgentID: p.AgentID,
			Before: map[string]any{
				"id": p.ID, "agent": p.AgentPK, "action_type": p.ActionType, "status": p.Status, "details": p.Details,
				"entry_time": p.Entered.UTC(),
			},
		})
	})
}

func (s *Service) completePastReboots(ctx context.Context, scope access.Scope) error {
	err := s.q.CompletePastRebootsInScope(ctx, s.pool, agentsdb.CompletePastRebootsInScopeParams{
		Everything: scope.All, Clients: orEmpty(scope.Clients), Sites: orEmpty(scope.Sites),
	})
	if err != nil {
		return fmt.Errorf("complete past reboots: %w", err)
	}
	return nil
}

func scanPending(row pgx.CollectableRow) (p PendingAction, err error) {
	err = row.Scan(&p.ID, &p.AgentPK, &p.AgentID, &p.Hostname, &p.Client, &p.Site, &p.Entered, &p.ActionType, &p.Status, &p.Details)
	return p, err
}

// TaskName is the task of the machine's own scheduler that a planned reboot waits in; empty for other actions.
func (p PendingAction) TaskName() string {
	if deref(p.ActionType) != SchedReboot {
		return ""
	}
	return p.details().TaskName
}
