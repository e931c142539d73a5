package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Incoming is one result of one agent as it comes out of the result stream. Received is when the stream took it.
type Incoming struct {
	AgentPK  int32
	AgentID  string
	TaskID   int32
	Report   *Report
	Received time.Time
}

// Change is what a result did to a task.
type Change struct {
	AgentPK  int32
	AgentID  string
	TaskID   int32
	Status   Status
	Severity string
}

// Run is the history entry of one run of a task.
type Run struct {
	AgentPK int32
	Name    string
	Results json.RawMessage
	At      time.Time
}

// Value is what a collector task found for a custom field of its agent.
type Value struct {
	AgentPK int32
	FieldID int32
	Text    string
}

// Outcome of a batch of results. Refused holds those whose task is not the agent's, by index.
type Outcome struct {
	Changes []Change
	Runs    []Run
	Values  []Value
	Refused map[int]error
}

type pair struct{ agent, task int32 }

// definition is what a result needs of its task.
type definition struct {
	name     string
	field    *int32
	all      bool
	severity string
}

// loadQuery reads the tasks of pairs of agent and task that belong together: the agent's own, and tasks of the effective
// policies of the agent.
const loadQuery = `WITH w AS (SELECT DISTINCT agent, id FROM unnest($1::int[], $2::int[]) AS u (agent, id)),
	applied AS MATERIALIZED (SELECT e.agent_id, e.policy_id FROM agents_effective_policies($3::int[]) e)
	SELECT w.agent, t.id, t.name, t.custom_field_id, t.collector_all_output, t.alert_severity
	FROM w JOIN tasks t ON t.id = w.id
	WHERE t.agent_id = w.agent OR EXISTS (SELECT FROM applied e WHERE e.agent_id = w.agent AND e.policy_id = t.policy_id)`

// Apply stores a batch of results in the caller's transaction: the state of each task and what has to follow in other
// contexts. A result that is older than the stored one adds to the history only.
func (s *Service) Apply(ctx context.Context, tx pgx.Tx, batch []Incoming) (Outcome, error) {
	out := Outcome{Refused: map[int]error{}}
	if len(batch) == 0 {
		return out, nil
	}
	defs, err := loadDefinitions(ctx, tx, batch)
	if err != nil {
		return out, err
	}
	latest := map[pair]int{}
	for i, in := range batch {
		key := pair{in.AgentPK, in.TaskID}
		d, ok := defs[key]
		if !ok {
			out.Refused[i] = fmt.Errorf("%w: the task is not assigned to the agent", ErrReport)
			continue
		}
		results, err := json.Marshal(in.Report)
		if err != nil {
			return out, fmt.Errorf("encode task run: %w", err)
		}
		out.Runs = append(out.Runs, Run{AgentPK: in.AgentPK, Name: d.name, Results: results, At: in.Received})
		status := outcome(d.field != nil, in.Report)
		out.Changes = append(out.Changes, Change{AgentPK: in.AgentPK, AgentID: in.AgentID, TaskID: in.TaskID, Status: status, Severity: d.severity})
		if d.field != nil && status == Passing {
			out.Values = append(out.Values, Value{AgentPK: in.AgentPK, FieldID: *d.field, Text: Collected(in.Report.Stdout, d.all)})
		}
		if before, seen := latest[key]; !seen || !in.Received.Before(batch[before].Received) {
			latest[key] = i
		}
	}
	return out, saveStates(ctx, tx, batch, defs, latest)
}

func loadDefinitions(ctx context.Context, tx pgx.Tx, batch []Incoming) (map[pair]definition, error) {
	agents, ids := make([]int32, len(batch)), make([]int32, len(batch))
	distinct := map[int32]bool{}
	var unique []int32
	for i, in := range batch {
		agents[i], ids[i] = in.AgentPK, in.TaskID
		if !distinct[in.AgentPK] {
			distinct[in.AgentPK] = true
			unique = append(unique, in.AgentPK)
		}
	}
	rows, err := tx.Query(ctx, loadQuery, agents, ids, unique)
	if err != nil {
		return nil, fmt.Errorf("read tasks of results: %w", err)
	}
	out := map[pair]definition{}
	var key pair
	var d definition
	if _, err := pgx.ForEachRow(rows, []any{&key.agent, &key.task, &d.name, &d.field, &d.all, &d.severity}, func() error {
		out[key] = d
		d = definition{}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read tasks of results: %w", err)
	}
	return out, nil
}

const saveQuery = `INSERT INTO task_results AS r (agent_id, task_id, retcode, stdout, stderr, execution_time, last_run, status, run_status)
	SELECT n.agent, n.task, n.retcode, n.stdout, n.stderr, n.took, n.last_run, n.status, 'completed'
	FROM unnest($1::int[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])
		AS n (agent, task, retcode, stdout, stderr, took, last_run, status)
	ORDER BY n.agent, n.task
	ON CONFLICT (agent_id, task_id) DO UPDATE SET retcode = excluded.retcode, stdout = excluded.stdout, stderr = excluded.stderr,
		execution_time = excluded.execution_time, last_run = excluded.last_run, status = excluded.status, run_status = 'completed'
	WHERE r.last_run IS NULL OR r.last_run <= excluded.last_run`

func saveStates(ctx context.Context, tx pgx.Tx, batch []Incoming, defs map[pair]definition, latest map[pair]int) error {
	if len(latest) == 0 {
		return nil
	}
	var (
		agents, ids          []int32
		codes                []int64
		stdout, stderr, took []string
		at                   []time.Time
		status               []Status
	)
	for key, i := range latest {
		in := batch[i]
		agents, ids, codes = append(agents, key.agent), append(ids, key.task), append(codes, in.Report.Retcode)
		stdout, stderr = append(stdout, in.Report.Stdout), append(stderr, in.Report.Stderr)
		took, at = append(took, in.Report.ExecutionTime.String()), append(at, in.Received)
		status = append(status, outcome(defs[key].field != nil, in.Report))
	}
	if _, err := tx.Exec(ctx, saveQuery, agents, ids, codes, stdout, stderr, took, at, status); err != nil {
		return fmt.Errorf("save task results: %w", err)
	}
	return nil
}

// Assigned is a task that starts because its check failed.
type Assigned struct {
	AgentID string
	TaskID  int32
}

// StartedBy returns the enabled tasks assigned to failing checks, once per failing report (domain.md §4.2).
func (s *Service) StartedBy(ctx context.Context, tx pgx.Tx, agentIDs []string, checkIDs []int32) ([]Assigned, error) {
	if len(agentIDs) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT n.agent, t.id FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS n (agent, id, place)
		JOIN tasks t ON t.assigned_check_id = n.id AND t.enabled ORDER BY n.place, t.id`, agentIDs, checkIDs)
	if err != nil {
		return nil, fmt.Errorf("read tasks of failing checks: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Assigned])
	if err != nil {
		return nil, fmt.Errorf("read tasks of failing checks: %w", err)
	}
	return out, nil
}
