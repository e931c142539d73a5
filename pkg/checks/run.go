package checks

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Agents starts check runs on agents.
type Agents interface {
	// RunChecks asks one agent to run all its checks now and returns its answer: "ok" or "busy". Any error means that the
	// agent did not answer.
	RunChecks(ctx context.Context, agentID string) (string, error)
	// RunChecksOn tells agents without waiting for answers; the error means that the bus is away.
	RunChecksOn(ctx context.Context, agentIDs []string) error
}

// Run starts all checks of an agent and returns its host name.
func (s *Service) Run(ctx context.Context, p *access.Principal, agentID string) (string, error) {
	a, err := agentInScope(ctx, s.Pool, p, agentID)
	if err != nil {
		return "", fmt.Errorf("run checks: %w", err)
	}
	reply, err := s.Agents.RunChecks(ctx, a.AgentID)
	switch {
	case err != nil:
		refusal := fault.Refused("Unable to contact the agent")
		refusal.Err = err
		return "", refusal
	case reply == "ok":
		return a.Hostname, nil
	case reply == "busy":
		return "", fault.Refusedf("Checks are already running on %s", a.Hostname)
	default:
		return "", fault.Refused("Unable to contact the agent")
	}
}

// Target is what a bulk run is for.
type Target string

// The targets of bulk runs. Any other word is forbidden, also to a superuser.
const (
	TargetClient Target = "client"
	TargetSite   Target = "site"
)

// RunOn starts the checks of all agents of a client or site and returns how many agents that are.
func (s *Service) RunOn(ctx context.Context, p *access.Principal, target Target, id int32) (int, error) {
	var where string
	switch target {
	case TargetClient:
		where = `si.client_id = $1`
		if err := s.clientInScope(ctx, p, id); err != nil {
			return 0, err
		}
	case TargetSite:
		where = `si.id = $1`
		if err := s.siteInScope(ctx, p, id); err != nil {
			return 0, err
		}
	default:
		return 0, fault.Forbidden()
	}
	rows, err := s.Pool.Query(ctx, `SELECT a.agent_id FROM agents a JOIN sites si ON si.id = a.site_id WHERE `+where+` ORDER BY a.id`, id)
	if err != nil {
		return 0, fmt.Errorf("run checks of %s: %w", target, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, fmt.Errorf("run checks of %s: %w", target, err)
	}
	if len(ids) == 0 {
		return 0, fault.Refused("No agents matched query")
	}
	if err := s.Agents.RunChecksOn(ctx, ids); err != nil {
		refusal := fault.Refused("Unable to connect to NATS")
		refusal.Err = err
		return 0, refusal
	}
	return len(ids), nil
}

func (s *Service) clientInScope(ctx context.Context, p *access.Principal, id int32) error {
	if err := s.exists(ctx, `SELECT id FROM clients WHERE id = $1`, "Client", id, p.Super); err != nil {
		return err
	}
	if !p.Scope.Client(id) {
		return fault.Forbidden()
	}
	return nil
}

func (s *Service) siteInScope(ctx context.Context, p *access.Principal, id int32) error {
	if err := s.exists(ctx, `SELECT id FROM sites WHERE id = $1`, "Site", id, p.Super); err != nil {
		return err
	}
	if p.Scope.All {
		return nil
	}
	var client int32
	if err := s.Pool.QueryRow(ctx, `SELECT client_id FROM sites WHERE id = $1`, id).Scan(&client); err != nil {
		return fmt.Errorf("find site: %w", err)
	}
	if !p.Scope.Agent(client, id) {
		return fault.Forbidden()
	}
	return nil
}

// exists refuses an unknown row, except for a superuser, for whom it simply matches no agents.
func (s *Service) exists(ctx context.Context, query, model string, id int32, super bool) error {
	err := s.Pool.QueryRow(ctx, query, id).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		if super {
			return nil
		}
		return fault.NotFound(model)
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", model, err)
	}
	return nil
}
