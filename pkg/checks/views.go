package checks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// AlertFlags are the switches of the agent's effective alert template that concern checks.
type AlertFlags struct {
	Name        string `json:"name"`
	AlwaysEmail *bool  `json:"always_email"`
	AlwaysText  *bool  `json:"always_text"`
	AlwaysAlert *bool  `json:"always_alert"`
}

// View is a check as lists show it. Result is set only where the list is about one agent that has reported.
type View struct {
	Definition
	Description string
	Template    *AlertFlags
	Result      *Result
}

func (r *record) view() View {
	v := View{Definition: r.Definition, Description: r.describe()}
	if r.Template != nil {
		v.Template = &AlertFlags{Name: *r.Template, AlwaysEmail: r.AlwaysEmail, AlwaysText: r.AlwaysText, AlwaysAlert: r.AlwaysAlert}
	}
	return v
}

func views(found []record) []View {
	out := make([]View, len(found))
	for i := range found {
		out[i] = found[i].view()
	}
	return out
}

// List returns the checks of all agents in the caller's scope and of all policies.
func (s *Service) List(ctx context.Context, p *access.Principal) ([]View, error) {
	found, err := records(ctx, s.Pool, `WHERE $1 OR c.agent_id IS NULL OR si.client_id = ANY ($2) OR a.site_id = ANY ($3)
		ORDER BY c.id`, p.Scope.All, p.Scope.Clients, p.Scope.Sites)
	if err != nil {
		return nil, fmt.Errorf("list checks: %w", err)
	}
	return views(found), nil
}

// Get returns one check without a result.
func (s *Service) Get(ctx context.Context, p *access.Principal, id int32) (*View, error) {
	r, err := oneRecord(ctx, s.Pool, `WHERE c.id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("get check: %w", err)
	}
	if err := r.inScope(p); err != nil {
		return nil, err
	}
	v := r.view()
	return &v, nil
}

// OfPolicy returns the checks of a policy.
func (s *Service) OfPolicy(ctx context.Context, policyID int32) ([]View, error) {
	var known bool
	if err := s.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM policies WHERE id = $1)`, policyID).Scan(&known); err != nil {
		return nil, fmt.Errorf("list checks of policy: %w", err)
	}
	if !known {
		return nil, fault.NotFound("Policy")
	}
	found, err := records(ctx, s.Pool, `WHERE c.policy_id = $1 ORDER BY c.id`, policyID)
	if err != nil {
		return nil, fmt.Errorf("list checks of policy: %w", err)
	}
	return views(found), nil
}

// typeOrder sorts policy checks as domain.md §3.2 (5) lists them.
const typeOrder = `array_position(ARRAY['diskspace','ping','cpuload','memory','winsvc','script','eventlog'], c.check_type)`

// OfAgent returns the agent's own checks, then the policy checks that apply to it, with their results.
func (s *Service) OfAgent(ctx context.Context, p *access.Principal, agentID string) ([]View, error) {
	a, err := agentInScope(ctx, s.Pool, p, agentID)
	if err != nil {
		return nil, fmt.Errorf("list checks of agent: %w", err)
	}
	own, err := records(ctx, s.Pool, `WHERE c.agent_id = $1 ORDER BY c.id`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("list checks of agent: %w", err)
	}
	policy, err := records(ctx, s.Pool, `JOIN agent_policy_checks e ON e.check_id = c.id
		WHERE e.agent_id = $1 ORDER BY `+typeOrder+`, c.id`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("list policy checks of agent: %w", err)
	}
	reported, err := results(ctx, s.Pool, `WHERE r.agent_id = $1`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("list checks of agent: %w", err)
	}
	byCheck := make(map[int32]*Result, len(reported))
	for i := range reported {
		byCheck[reported[i].AssignedCheck] = &reported[i]
	}
	out := views(append(own, policy...))
	for i := range out {
		out[i].Result = byCheck[out[i].ID]
	}
	return out, nil
}

// PolicyStatus is the result of a policy check on one agent.
type PolicyStatus struct {
	Result
	Hostname string `json:"hostname" db:"hostname"`
}

// StatusOf returns the results of a check on the agents that the caller reaches; an unknown check has none (rest-2.md §1.2).
func (s *Service) StatusOf(ctx context.Context, p *access.Principal, checkID int32) ([]PolicyStatus, error) {
	return postgres.Collect(ctx, s.Pool, pgx.RowToStructByName[PolicyStatus], "read status of check", `SELECT q.*, a.hostname FROM (`+selectResult+` WHERE r.assigned_check_id = $1) q
		JOIN agents a ON a.id = q.agent JOIN sites s ON s.id = a.site_id
		WHERE $2::bool OR s.client_id = ANY($3::int[]) OR s.id = ANY($4::int[]) ORDER BY q.id`,
		checkID, p.Scope.All, p.Scope.Clients, p.Scope.Sites)
}

// resultPlace is a result's check and agent, for its history and reset.
type resultPlace struct {
	agent, check, site, client int32
}

func (s *Service) resultInScope(ctx context.Context, db DB, p *access.Principal, resultID int64) (resultPlace, error) {
	var r resultPlace
	err := db.QueryRow(ctx, `SELECT r.agent_id, r.assigned_check_id, a.site_id, s.client_id FROM check_results r
		JOIN agents a ON a.id = r.agent_id JOIN sites s ON s.id = a.site_id WHERE r.id = $1`, resultID).
		Scan(&r.agent, &r.check, &r.site, &r.client)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fault.NotFound("CheckResult")
	}
	if err != nil {
		return r, fmt.Errorf("find check result: %w", err)
	}
	if !p.Scope.Agent(r.client, r.site) {
		return r, fault.Forbidden()
	}
	return r, nil
}

// HistoryPoint is one row of a graph.
type HistoryPoint struct {
	X       time.Time `json:"x" db:"x"`
	Y       *int32    `json:"y" db:"y"`
	Results RawJSON   `json:"results" db:"results"`
}

// historyQuery reads the points of one check on one agent, newest first; the partitions of days before $3 are not touched.
const historyQuery = `SELECT x, y, results FROM check_history
	WHERE check_id = $1 AND agent_id = $2 AND ($3::timestamptz IS NULL OR x >= $3) ORDER BY x DESC`

// History returns the points behind a result of the last days, or all of them for 0, newest first.
func (s *Service) History(ctx context.Context, p *access.Principal, resultID int64, days float64) ([]HistoryPoint, error) {
	r, err := s.resultInScope(ctx, s.Pool, p, resultID)
	if err != nil {
		return nil, fmt.Errorf("read check history: %w", err)
	}
	var since *time.Time
	if t := daysBack(time.Now(), days); !t.IsZero() {
		since = &t
	}
	return postgres.Collect(ctx, s.Pool, pgx.RowToStructByName[HistoryPoint], "read check history", historyQuery, r.check, r.agent, since)
}

// Descriptions returns the readable descriptions of checks.
func (s *Service) Descriptions(ctx context.Context, ids []int32) (map[int32]string, error) {
	out := make(map[int32]string, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	found, err := records(ctx, s.Pool, `WHERE c.id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("describe checks: %w", err)
	}
	for i := range found {
		out[found[i].ID] = found[i].describe()
	}
	return out, nil
}
