// Package policies owns automation policies: what they are called, where they are switched on and whom they leave out
// (domain.md §1.6, §3). Which checks and tasks reach which agent follows in the database (agents_effective_policies).
package policies

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// Policy is one policy; the JSON form is also the plain row that audit entries keep.
type Policy struct {
	ID              int32      `json:"id" db:"id"`
	CreatedBy       *string    `json:"created_by" db:"created_by"`
	CreatedTime     *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy      *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime    *time.Time `json:"modified_time" db:"modified_time"`
	Name            string     `json:"name" db:"name"`
	Desc            *string    `json:"desc" db:"desc"`
	Active          bool       `json:"active" db:"active"`
	Enforced        bool       `json:"enforced" db:"enforced"`
	AlertTemplate   *int32     `json:"alert_template" db:"alert_template"`
	ExcludedSites   []int32    `json:"excluded_sites" db:"excluded_sites"`
	ExcludedClients []int32    `json:"excluded_clients" db:"excluded_clients"`
	ExcludedAgents  []int32    `json:"excluded_agents" db:"excluded_agents"`
}

// Listed is a policy with what the table of policies shows besides.
type Listed struct {
	Policy
	DefaultServer      bool  `db:"default_server"`
	DefaultWorkstation bool  `db:"default_workstation"`
	AgentsCount        int32 `db:"agents_count"`
}

// Service is the use cases of policies.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
}

// NewService returns the service.
func NewService(pool *pgxpool.Pool, log *audit.Log) *Service { return &Service{pool: pool, audit: log} }

const columns = `p.id, p.created_by, p.created_time, p.modified_by, p.modified_time, p.name, p."desc", p.active, p.enforced,
	p.alert_template_id AS alert_template,
	array(SELECT site_id FROM policy_excluded_sites x WHERE x.policy_id = p.id ORDER BY 1) AS excluded_sites,
	array(SELECT client_id FROM policy_excluded_clients x WHERE x.policy_id = p.id ORDER BY 1) AS excluded_clients,
	array(SELECT agent_id FROM policy_excluded_agents x WHERE x.policy_id = p.id ORDER BY 1) AS excluded_agents`

// listQuery counts, for all policies at once, the agents that each is related to (rest-2.md §1.4). Reads agents, sites,
// clients and core settings of their contexts.
const listQuery = `WITH placed AS (
		SELECT a.id, a.site_id, s.client_id, a.monitoring_type, a.policy_id AS own, a.block_policy_inheritance AS b_agent,
			s.block_policy_inheritance AS b_site, c.block_policy_inheritance AS b_client,
			s.server_policy_id AS ss, s.workstation_policy_id AS sw, c.server_policy_id AS cs, c.workstation_policy_id AS cw
		FROM agents a JOIN sites s ON s.id = a.site_id JOIN clients c ON c.id = s.client_id
	), related AS (
		SELECT own AS policy, id, site_id, client_id FROM placed WHERE own IS NOT NULL
		UNION SELECT v.policy, p.id, p.site_id, p.client_id FROM placed p CROSS JOIN LATERAL (VALUES
			(p.ss, NOT p.b_agent), (p.sw, NOT p.b_agent), (p.cs, NOT (p.b_agent OR p.b_site)), (p.cw, NOT (p.b_agent OR p.b_site))) AS v (policy, reaches)
			WHERE v.reaches AND v.policy IS NOT NULL
		UNION SELECT CASE p.monitoring_type WHEN 'server' THEN k.server_policy_id ELSE k.workstation_policy_id END, p.id, p.site_id, p.client_id
			FROM placed p CROSS JOIN core_settings k WHERE NOT (p.b_agent OR p.b_site OR p.b_client)
	), counted AS (
		SELECT r.policy, count(*) AS agents FROM related r
		WHERE NOT EXISTS (SELECT FROM policy_excluded_agents e WHERE e.policy_id = r.policy AND e.agent_id = r.id)
			AND NOT EXISTS (SELECT FROM policy_excluded_sites e WHERE e.policy_id = r.policy AND e.site_id = r.site_id)
			AND NOT EXISTS (SELECT FROM policy_excluded_clients e WHERE e.policy_id = r.policy AND e.client_id = r.client_id)
		GROUP BY r.policy
	)
	SELECT ` + columns + `, k.server_policy_id IS NOT DISTINCT FROM p.id AS default_server,
		k.workstation_policy_id IS NOT DISTINCT FROM p.id AS default_workstation, coalesce(n.agents, 0)::int AS agents_count
	FROM policies p CROSS JOIN core_settings k LEFT JOIN counted n ON n.policy = p.id ORDER BY p.id`

// List returns all policies.
func (s *Service) List(ctx context.Context) ([]Listed, error) {
	return postgres.Collect(ctx, s.pool, pgx.RowToStructByName[Listed], "list policies", listQuery)
}

// Get returns one policy.
func (s *Service) Get(ctx context.Context, id int32) (*Policy, error) {
	return one(ctx, s.pool, id, "")
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func one(ctx context.Context, db querier, id int32, lock string) (*Policy, error) {
	rows, err := db.Query(ctx, `SELECT `+columns+` FROM policies p WHERE p.id = $1 `+lock, id)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Policy])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("Policy")
	}
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return &p, nil
}

// Create adds a policy and returns its key.
func (s *Service) Create(ctx context.Context, actor *access.Principal, p Policy) (int32, error) {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO policies (name, "desc", active, enforced, alert_template_id, created_by, modified_by)
			VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id`, p.Name, p.Desc, p.Active, p.Enforced, p.AlertTemplate, actor.Username).Scan(&p.ID)
		if err != nil {
			return taken(err)
		}
		if err := exclude(ctx, tx, &p); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "policy", Name: p.Name, After: auditRow(p)})
	})
	if err != nil {
		return 0, fmt.Errorf("create policy: %w", err)
	}
	return p.ID, nil
}

// auditRow is the row as audit entries of additions and deletions keep it: without its id (rest-2.md §0.6).
func auditRow(p Policy) any {
	return struct {
		ID *int32 `json:"id"`
		Policy
	}{nil, p}
}

// Edit changes a policy; which agents it reaches follows in the same transaction.
func (s *Service) Edit(ctx context.Context, actor *access.Principal, id int32, apply func(*Policy)) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := one(ctx, tx, id, "FOR UPDATE OF p")
		if err != nil {
			return err
		}
		after := *before
		apply(&after)
		after.ID = before.ID
		if _, err := tx.Exec(ctx, `UPDATE policies SET name = $2, "desc" = $3, active = $4, enforced = $5, alert_template_id = $6,
			created_by = coalesce(created_by, $7), modified_by = $7, modified_time = now() WHERE id = $1`,
			id, after.Name, after.Desc, after.Active, after.Enforced, after.AlertTemplate, actor.Username); err != nil {
			return taken(err)
		}
		if err := exclude(ctx, tx, &after); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "policy", Name: after.Name, Before: *before, After: after})
	})
	if err != nil {
		return fmt.Errorf("edit policy: %w", err)
	}
	return nil
}

// Delete removes a policy with its checks and tasks; whatever refers to it no longer does.
func (s *Service) Delete(ctx context.Context, id int32) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		p, err := one(ctx, tx, id, "FOR UPDATE OF p")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM policies WHERE id = $1`, id); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{Type: "policy", Name: p.Name, Before: auditRow(*p)})
	})
	if err != nil {
		return fmt.Errorf("delete policy: %w", err)
	}
	return nil
}

// exclude brings the exclusion lists to what the policy says; rows that stay are not touched.
func exclude(ctx context.Context, tx pgx.Tx, p *Policy) error {
	for _, list := range []struct {
		table, column string
		ids           []int32
	}{
		{"policy_excluded_sites", "site_id", p.ExcludedSites},
		{"policy_excluded_clients", "client_id", p.ExcludedClients},
		{"policy_excluded_agents", "agent_id", p.ExcludedAgents},
	} {
		if list.ids == nil {
			list.ids = []int32{}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM `+list.table+` WHERE policy_id = $1 AND NOT (`+list.column+` = ANY ($2))`, p.ID, list.ids); err != nil {
			return fmt.Errorf("change exclusions: %w", err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO `+list.table+` (policy_id, `+list.column+`) SELECT $1, u FROM unnest($2::int[]) u
			ON CONFLICT DO NOTHING`, p.ID, list.ids); err != nil {
			return fmt.Errorf("change exclusions: %w", err)
		}
	}
	return nil
}

func taken(err error) error {
	if postgres.Code(err) == postgres.UniqueViolation {
		return fault.InvalidField("name", "policy with this name already exists.")
	}
	return err
}

// PatchRules are the update settings of a policy (rest-2.md §1.1 WinUpdatePolicy).
type PatchRules struct {
	ID                     int32      `db:"id"`
	CreatedBy              *string    `db:"created_by"`
	CreatedTime            *time.Time `db:"created_time"`
	ModifiedBy             *string    `db:"modified_by"`
	ModifiedTime           *time.Time `db:"modified_time"`
	Critical               string     `db:"critical"`
	Important              string     `db:"important"`
	Moderate               string     `db:"moderate"`
	Low                    string     `db:"low"`
	Other                  string     `db:"other"`
	RunTimeHour            int32      `db:"run_time_hour"`
	RunTimeFrequency       string     `db:"run_time_frequency"`
	RunTimeDays            []int32    `db:"run_time_days"`
	RunTimeDay             int32      `db:"run_time_day"`
	RebootAfterInstall     string     `db:"reboot_after_install"`
	ReprocessFailedInherit bool       `db:"reprocess_failed_inherit"`
	ReprocessFailed        bool       `db:"reprocess_failed"`
	ReprocessFailedTimes   int32      `db:"reprocess_failed_times"`
	EmailIfFail            bool       `db:"email_if_fail"`
	Agent                  *int32     `db:"agent"`
	Policy                 *int32     `db:"policy"`
}

// PatchRules returns the update settings of all policies, by policy.
func (s *Service) PatchRules(ctx context.Context) (map[int32][]PatchRules, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, created_by, created_time, modified_by, modified_time, critical, important, moderate, low,
		other, run_time_hour, run_time_frequency, run_time_days, run_time_day, reboot_after_install, reprocess_failed_inherit,
		reprocess_failed, reprocess_failed_times, email_if_fail, agent_id AS agent, policy_id AS policy
		FROM win_update_policies WHERE policy_id IS NOT NULL ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read patch policies: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[PatchRules])
	if err != nil {
		return nil, fmt.Errorf("read patch policies: %w", err)
	}
	out := map[int32][]PatchRules{}
	for _, r := range found {
		out[*r.Policy] = append(out[*r.Policy], r)
	}
	return out, nil
}
