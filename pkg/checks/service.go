package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// Scripts gives the code of scripts as agents run it.
type Scripts interface {
	Prepare(ctx context.Context, ids []int32) (map[int32]scripts.Prepared, error)
}

// Variables gives what the placeholders of texts can reach, by agent. Agents that are missing fill nothing.
type Variables interface {
	Variables(ctx context.Context, agentPKs []int32, texts ...[]string) (map[int32]*variables.Data, error)
}

// Alerts closes open alerts without telling anybody, in the caller's transaction.
type Alerts interface {
	ResolveChecks(ctx context.Context, db DB, agentPK int32, checkIDs []int32) error
}

// Deps are what the service works with. Jitter draws the random part of an agent's interval in seconds; nil draws from 1
// to 60 (domain.md §4.1).
type Deps struct {
	Pool      *pgxpool.Pool
	Audit     *audit.Log
	Scripts   Scripts
	Variables Variables
	Alerts    Alerts
	Agents    Agents
	Jitter    func() int
}

// Service is the use cases of checks.
type Service struct {
	Deps
}

// NewService returns the service.
func NewService(d Deps) *Service {
	if d.Jitter == nil {
		d.Jitter = func() int { return 1 + rand.IntN(60) }
	}
	return &Service{Deps: d}
}

// place is where an agent is, for the scope of a caller. Reads agents and sites of their contexts.
type place struct {
	ID       int32
	AgentID  string
	Hostname string
	SiteID   int32
	ClientID int32
}

// agentInScope finds an agent: unknown is not found, outside the caller's scope is forbidden (rest-2.md §0.5).
func agentInScope(ctx context.Context, db DB, p *access.Principal, agentID string) (*place, error) {
	var a place
	err := db.QueryRow(ctx, `SELECT a.id, a.agent_id, a.hostname, a.site_id, s.client_id
		FROM agents a JOIN sites s ON s.id = a.site_id WHERE a.agent_id = $1`, agentID).
		Scan(&a.ID, &a.AgentID, &a.Hostname, &a.SiteID, &a.ClientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("Agent")
	}
	if err != nil {
		return nil, fmt.Errorf("find agent: %w", err)
	}
	if !p.Scope.Agent(a.ClientID, a.SiteID) {
		return nil, fault.Forbidden()
	}
	return &a, nil
}

// inScope says whether the caller reaches the check: policy checks belong to no client.
func (r *record) inScope(p *access.Principal) error {
	if r.Agent != nil && !p.Scope.Agent(valueOf(r.ClientID), valueOf(r.SiteID)) {
		return fault.Forbidden()
	}
	return nil
}

// Create adds a check for the agent with that agent id, or, when agentID is empty, for the policy that d names. It returns
// the description.
func (s *Service) Create(ctx context.Context, p *access.Principal, agentID string, d Definition) (string, error) {
	var described string
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		if err := lockOwner(ctx, tx, p, agentID, &d); err != nil {
			return err
		}
		if err := validate(ctx, tx, &d); err != nil {
			return err
		}
		d.ModifiedBy = &p.Username
		if d.CreatedBy == nil {
			d.CreatedBy = &p.Username
		}
		added := plain(&d)
		if err := insert(ctx, tx, &d); err != nil {
			return err
		}
		r, err := oneRecord(ctx, tx, `WHERE c.id = $1`, d.ID)
		if err != nil {
			return err
		}
		described = r.describe()
		return s.Audit.Change(ctx, tx, audit.Object{Type: "check", Name: r.auditName(), After: added})
	})
	if err != nil {
		return "", fmt.Errorf("create check: %w", err)
	}
	return described, nil
}

// lockOwner resolves and locks the agent or policy that gets the check, so that its rules see all checks it has.
func lockOwner(ctx context.Context, tx pgx.Tx, p *access.Principal, agentID string, d *Definition) error {
	if agentID == "" {
		if d.Policy == nil {
			return fault.InvalidField(fault.NonField, "A check needs an agent or a policy.")
		}
		var id int32
		err := tx.QueryRow(ctx, `SELECT id FROM policies WHERE id = $1 FOR NO KEY UPDATE`, *d.Policy).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound("Policy")
		}
		if err != nil {
			return fmt.Errorf("lock policy: %w", err)
		}
		return nil
	}
	a, err := agentInScope(ctx, tx, p, agentID)
	if err != nil {
		return err
	}
	d.Agent, d.Policy = &a.ID, nil
	if _, err := tx.Exec(ctx, `SELECT FROM agent_check_counts WHERE agent_id = $1 FOR UPDATE`, a.ID); err != nil {
		return fmt.Errorf("lock checks of agent: %w", err)
	}
	return nil
}

// plain is the row as audit entries keep it: without id and the four audit columns (rest-2.md §0.6).
func plain(d *Definition) any {
	c := *d
	c.CreatedBy, c.CreatedTime, c.ModifiedBy, c.ModifiedTime = nil, nil, nil, nil
	return struct {
		ID *int32 `json:"id"`
		Definition
	}{nil, c}
}

// Edit changes a check. The type, its owner's flags and the audit columns stay whatever apply does (rest-2.md §3.3).
func (s *Service) Edit(ctx context.Context, p *access.Principal, id int32, apply func(*Definition) error) (string, error) {
	var described string
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		before, err := oneRecord(ctx, tx, `WHERE c.id = $1 FOR NO KEY UPDATE OF c`, id)
		if err != nil {
			return err
		}
		if err := before.inScope(p); err != nil {
			return err
		}
		after := before.Definition
		if err := apply(&after); err != nil {
			return err
		}
		old := &before.Definition
		after.ID, after.CheckType, after.OverriddenByPolicy = old.ID, old.CheckType, old.OverriddenByPolicy
		after.CreatedBy, after.CreatedTime, after.ModifiedTime = old.CreatedBy, old.CreatedTime, old.ModifiedTime
		after.Agent, after.Policy = old.Agent, old.Policy
		if after.CreatedBy == nil {
			after.CreatedBy = &p.Username
		}
		unchanged := old.ModifiedBy
		after.ModifiedBy = unchanged
		changed := audit.Object{Type: "check", Before: *old, After: after}
		after.ModifiedBy = &p.Username
		if err := update(ctx, tx, &after); err != nil {
			return err
		}
		r, err := oneRecord(ctx, tx, `WHERE c.id = $1`, id)
		if err != nil {
			return err
		}
		described, changed.Name = r.describe(), r.auditName()
		return s.Audit.Change(ctx, tx, changed)
	})
	if err != nil {
		return "", fmt.Errorf("edit check: %w", err)
	}
	return described, nil
}

// Delete removes a check with its results; its history stays until it is pruned.
func (s *Service) Delete(ctx context.Context, p *access.Principal, id int32) (string, error) {
	var described string
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		r, err := oneRecord(ctx, tx, `WHERE c.id = $1 FOR UPDATE OF c`, id)
		if err != nil {
			return err
		}
		if err := r.inScope(p); err != nil {
			return err
		}
		described = r.describe()
		if _, err := tx.Exec(ctx, `DELETE FROM checks WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "check", Name: r.auditName(), Before: struct {
			ID *int32 `json:"id"`
			Definition
		}{nil, r.Definition}})
	})
	if err != nil {
		return "", fmt.Errorf("delete check: %w", err)
	}
	return described, nil
}

// daysBack returns the start of a history of so many days, or the zero time for all of it.
func daysBack(now time.Time, days float64) time.Time {
	const most = 100 * 366
	if days <= 0 {
		return time.Time{}
	}
	return now.Add(-time.Duration(min(days, most) * 24 * float64(time.Hour)))
}
