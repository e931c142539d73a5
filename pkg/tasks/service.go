package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/pkg/variables"
	"github.com/gueencode/gueenrmm/pkg/version"
)

// Agents finds an agent in a caller's scope.
type Agents interface {
	Find(ctx context.Context, scope access.Scope, agentID string) (agents.Ref, error)
}

// Scripts gives the code of scripts as agents run it.
type Scripts interface {
	Prepare(ctx context.Context, ids []int32) (map[int32]scripts.Prepared, error)
}

// Variables gives what the placeholders of texts can reach, by agent. Agents that are missing fill nothing.
type Variables interface {
	Variables(ctx context.Context, agentPKs []int32, texts ...[]string) (map[int32]*variables.Data, error)
}

// Runtime are the settings of interpreters that agents get with a script.
type Runtime struct {
	NushellEnableConfig    bool
	DenoDefaultPermissions string
}

// Deps are what the service works with.
type Deps struct {
	Pool      *pgxpool.Pool
	Audit     *audit.Log
	Agents    Agents
	Scripts   Scripts
	Variables Variables
	Runtime   Runtime
	Now       func() time.Time // nil: time.Now
}

// Service is the use cases of tasks.
type Service struct {
	Deps
}

// NewService returns the service.
func NewService(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Service{Deps: d}
}

// onboardingVersion is the first agent version that has the trigger (domain.md §5.6).
const onboardingVersion = "2.6.0"

// Create adds a task for the agent with that agent id, or, when agentID is empty, for the policy that d names.
func (s *Service) Create(ctx context.Context, p *access.Principal, agentID string, d Definition) error {
	if agentID != "" {
		ref, err := s.Agents.Find(ctx, p.Scope, agentID)
		if err != nil {
			return err
		}
		if d.TaskType == Onboarding && !version.AtLeast(ref.Version, onboardingVersion) {
			return fault.Refused("Onboarding tasks require agent >= 2.6.0")
		}
		d.Agent, d.Policy = &ref.PK, nil
	} else if d.Policy == nil {
		return fault.InvalidField(fault.NonField, "A task needs an agent or a policy.")
	}
	if err := d.checkSchedule(s.Now()); err != nil {
		return err
	}
	d.ModifiedBy = &p.Username
	if d.CreatedBy == nil {
		d.CreatedBy = &p.Username
	}
	err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		added := plain(d)
		if err := insert(ctx, tx, &d); err != nil {
			return err
		}
		if d.Agent != nil {
			// The device gets the task later; POSIX devices have no scheduler of their own and count as synchronised.
			if _, err := tx.Exec(ctx, `INSERT INTO task_results (agent_id, task_id, sync_status)
				SELECT id, $2, CASE plat WHEN 'windows' THEN 'initial' ELSE 'synced' END FROM agents WHERE id = $1`, *d.Agent, d.ID); err != nil {
				return fmt.Errorf("insert task result: %w", err)
			}
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "automatedtask", Name: d.Name, After: added})
	})
	if err != nil {
		return fmt.Errorf("create task: %w", err)
	}
	return nil
}

// plain is the row as audit entries keep it: without id and the four audit columns (rest-2.md §0.6).
func plain(d Definition) any {
	d.CreatedBy, d.CreatedTime, d.ModifiedBy, d.ModifiedTime = nil, nil, nil, nil
	return struct {
		ID *int32 `json:"id"`
		Definition
	}{nil, d}
}

// AlertFlags are the switches of the agent's effective alert template that concern tasks.
type AlertFlags struct {
	Name        string `json:"name"`
	AlwaysEmail *bool  `json:"always_email"`
	AlwaysText  *bool  `json:"always_text"`
	AlwaysAlert *bool  `json:"always_alert"`
}

// View is a task as lists show it. Result is set only where the list is about one agent.
type View struct {
	Definition
	Template *AlertFlags
	Result   *Result
}

func views(found []record) []View {
	out := make([]View, len(found))
	for i, r := range found {
		out[i].Definition = r.Definition
		if r.Template != nil {
			out[i].Template = &AlertFlags{Name: *r.Template, AlwaysEmail: r.AlwaysEmail, AlwaysText: r.AlwaysText, AlwaysAlert: r.AlwaysAlert}
		}
	}
	return out
}

// List returns the tasks of all agents in the caller's scope and of all policies.
func (s *Service) List(ctx context.Context, p *access.Principal) ([]View, error) {
	found, err := records(ctx, s.Pool, `WHERE $1 OR t.agent_id IS NULL OR si.client_id = ANY ($2) OR a.site_id = ANY ($3)
		ORDER BY t.id`, p.Scope.All, p.Scope.Clients, p.Scope.Sites)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return views(found), nil
}

// Get returns one task.
func (s *Service) Get(ctx context.Context, p *access.Principal, id int32) (*View, error) {
	r, err := oneRecord(ctx, s.Pool, `WHERE t.id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("get task: %w", err)
	}
	if r.Agent != nil && !p.Scope.Agent(valueOf(r.ClientID), valueOf(r.SiteID)) {
		return nil, fault.Forbidden()
	}
	return &views([]record{*r})[0], nil
}

// OfPolicy returns the tasks of a policy.
func (s *Service) OfPolicy(ctx context.Context, policyID int32) ([]View, error) {
	var known bool
	if err := s.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM policies WHERE id = $1)`, policyID).Scan(&known); err != nil {
		return nil, fmt.Errorf("list tasks of policy: %w", err)
	}
	if !known {
		return nil, fault.NotFound("Policy")
	}
	found, err := records(ctx, s.Pool, `WHERE t.policy_id = $1 ORDER BY t.id`, policyID)
	if err != nil {
		return nil, fmt.Errorf("list tasks of policy: %w", err)
	}
	return views(found), nil
}

// policyTasks says which policy tasks apply to the agent: those of its effective policies that support its platform
// (domain.md §3.4).
const policyTasks = `t.policy_id IN (SELECT e.policy_id FROM agents_effective_policies(ARRAY[$1::int]) e)
	AND (SELECT plat FROM agents WHERE id = $1) = ANY (t.task_supported_platforms)`

// OfAgent returns the agent's own tasks, then the policy tasks that apply to it, with their results.
func (s *Service) OfAgent(ctx context.Context, p *access.Principal, agentID string) ([]View, error) {
	ref, err := s.Agents.Find(ctx, p.Scope, agentID)
	if err != nil {
		return nil, err
	}
	own, err := records(ctx, s.Pool, `WHERE t.agent_id = $1 ORDER BY t.id`, ref.PK)
	if err != nil {
		return nil, fmt.Errorf("list tasks of agent: %w", err)
	}
	policy, err := records(ctx, s.Pool, `WHERE `+policyTasks+` ORDER BY t.id`, ref.PK)
	if err != nil {
		return nil, fmt.Errorf("list policy tasks of agent: %w", err)
	}
	reported, err := postgres.Collect(ctx, s.Pool, pgx.RowToStructByName[Result], "read task results", selectResult+`WHERE r.agent_id = $1`, ref.PK)
	if err != nil {
		return nil, err
	}
	byTask := make(map[int32]*Result, len(reported))
	for i := range reported {
		byTask[reported[i].Task] = &reported[i]
	}
	out := views(append(own, policy...))
	for i := range out {
		out[i].Result = byTask[out[i].ID]
	}
	return out, nil
}

// ByChecks returns the plain tasks that are assigned to checks, by check.
func (s *Service) ByChecks(ctx context.Context, checkIDs []int32) (map[int32][]Definition, error) {
	found, err := postgres.Collect(ctx, s.Pool, pgx.RowToStructByName[Definition], "read assigned tasks", `SELECT `+selectDefinition+` FROM tasks t WHERE t.assigned_check_id = ANY ($1) ORDER BY t.id`, checkIDs)
	if err != nil {
		return nil, err
	}
	out := map[int32][]Definition{}
	for _, d := range found {
		out[*d.AssignedCheck] = append(out[*d.AssignedCheck], d)
	}
	return out, nil
}

// ErrNotAssigned says that a task exists but is not the agent's, nor of a policy that applies to it.
var ErrNotAssigned = errors.New("task is not assigned to the agent")

// assigned loads a task for an agent: unknown is not found, another's is ErrNotAssigned.
func (s *Service) assigned(ctx context.Context, agentPK, taskID int32) (*Definition, error) {
	rows, err := s.Pool.Query(ctx, `SELECT `+selectDefinition+` FROM tasks t WHERE t.id = $1`, taskID)
	if err != nil {
		return nil, fmt.Errorf("find task: %w", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Definition])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("AutomatedTask")
	}
	if err != nil {
		return nil, fmt.Errorf("find task: %w", err)
	}
	if d.Agent != nil {
		if *d.Agent != agentPK {
			return nil, ErrNotAssigned
		}
		return &d, nil
	}
	var applies bool
	err = s.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM tasks t WHERE t.id = $2 AND `+policyTasks+`)`, agentPK, taskID).Scan(&applies)
	if err != nil {
		return nil, fmt.Errorf("find task: %w", err)
	}
	if !applies {
		return nil, ErrNotAssigned
	}
	return &d, nil
}
