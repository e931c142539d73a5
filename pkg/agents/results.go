package agents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// What agents report over HTTP and through the result stream about their own rows (agent-protocol.md §4.4-4.8).

// SetMeshNode stores the remote-desktop node of an agent. A known node is not overwritten by an empty one, which agents
// send while the remote-desktop agent is not installed.
func (s *Service) SetMeshNode(ctx context.Context, pk int32, node string) error {
	_, err := s.pool.Exec(ctx, `UPDATE agents SET mesh_node_id = $2
		WHERE id = $1 AND mesh_node_id IS DISTINCT FROM $2 AND ($2 <> '' OR coalesce(mesh_node_id, '') = '')`, pk, node)
	if err != nil {
		return fmt.Errorf("set mesh node: %w", err)
	}
	return nil
}

// SetChocoInstalled stores whether chocolatey is on the machine.
func (s *Service) SetChocoInstalled(ctx context.Context, pk int32, installed bool) error {
	_, err := s.pool.Exec(ctx, `UPDATE agents SET choco_installed = $2 WHERE id = $1 AND choco_installed <> $2`, pk, installed)
	if err != nil {
		return fmt.Errorf("set choco: %w", err)
	}
	return nil
}

// ChocoInstalled says whether chocolatey is known to be on the machine.
func (s *Service) ChocoInstalled(ctx context.Context, pk int32) (bool, error) {
	var installed bool
	if err := s.pool.QueryRow(ctx, `SELECT choco_installed FROM agents WHERE id = $1`, pk).Scan(&installed); err != nil {
		return false, fmt.Errorf("read choco: %w", err)
	}
	return installed, nil
}

// SetNeedsReboot stores whether the machine waits for a restart.
func (s *Service) SetNeedsReboot(ctx context.Context, pk int32, needs bool) error {
	_, err := s.pool.Exec(ctx, `UPDATE agents SET needs_reboot = $2 WHERE id = $1 AND needs_reboot <> $2`, pk, needs)
	if err != nil {
		return fmt.Errorf("set needs reboot: %w", err)
	}
	return nil
}

// OwnsHistory refuses a history row that is not the agent's.
func (s *Service) OwnsHistory(ctx context.Context, pk int32, historyID int64) error {
	var own bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM agent_history WHERE id = $1 AND agent_id = $2)`, historyID, pk).Scan(&own)
	if err != nil {
		return fmt.Errorf("find history: %w", err)
	}
	if !own {
		return fault.NotFound("AgentHistory")
	}
	return nil
}

// FinishChoco completes the package installation that a pending action waits for. installed judges the output for the
// package's name.
func (s *Service) FinishChoco(ctx context.Context, pk int32, actionID int64, output string, installed func(name string) bool) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		var raw json.RawMessage
		err := tx.QueryRow(ctx, `SELECT coalesce(details, '{}') FROM pending_actions WHERE id = $1 AND agent_id = $2 FOR UPDATE`, actionID, pk).Scan(&raw)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound("PendingAction")
		}
		if err != nil {
			return err
		}
		var details struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(raw, &details); err != nil {
			return fmt.Errorf("decode details: %w", err)
		}
		_, err = tx.Exec(ctx, `UPDATE pending_actions SET status = 'completed',
			details = coalesce(details, '{}') || jsonb_build_object('output', $2::text, 'installed', $3::bool) WHERE id = $1`,
			actionID, output, installed(details.Name))
		return err
	})
	if err != nil {
		return fmt.Errorf("finish package installation: %w", err)
	}
	return nil
}

// Finished is the outcome of a command or script that a history row waits for: one of the two results is set.
type Finished struct {
	HistoryID     int64
	AgentPK       int32
	Results       *string
	ScriptResults json.RawMessage
}

// FinishedRow is a history row that has its outcome, with what is to follow from it.
type FinishedRow struct {
	HistoryID     int64
	AgentPK       int32
	Type          string
	CustomField   *int32
	AllOutput     bool
	SaveToNote    bool
	StartedByUser string
}

const finishQuery = `UPDATE agent_history h SET results = coalesce(n.results, h.results), script_results = coalesce(n.script, h.script_results)
	FROM unnest($1::bigint[], $2::int[], $3::text[], $4::jsonb[]) AS n (id, agent, results, script)
	WHERE h.id = n.id AND h.agent_id = n.agent
	RETURNING h.id, h.agent_id, h.type, h.custom_field_id, h.collector_all_output, h.save_to_agent_note, h.username`

// FinishHistory stores outcomes in the caller's transaction and returns the rows it found: those of the agents that sent
// them. Each history row may occur once.
func (s *Service) FinishHistory(ctx context.Context, tx pgx.Tx, batch []Finished) ([]FinishedRow, error) {
	ids, pks := make([]int64, len(batch)), make([]int32, len(batch))
	results, scripts := make([]*string, len(batch)), make([]*string, len(batch))
	for i, f := range batch {
		ids[i], pks[i], results[i] = f.HistoryID, f.AgentPK, f.Results
		if len(f.ScriptResults) > 0 {
			text := string(f.ScriptResults)
			scripts[i] = &text
		}
	}
	return postgres.Collect(ctx, tx, pgx.RowToStructByPos[FinishedRow], "finish history", finishQuery, ids, pks, results, scripts)
}

// TaskRun is a run of a task as the history keeps it.
type TaskRun struct {
	AgentPK int32
	Name    string
	Results json.RawMessage
	At      time.Time
}

// AddTaskRuns adds the history rows of task runs in the caller's transaction.
func (s *Service) AddTaskRuns(ctx context.Context, tx pgx.Tx, runs []TaskRun) error {
	if len(runs) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"agent_history"}, []string{"agent_id", "type", "command", "script_results", "time"},
		pgx.CopyFromSlice(len(runs), func(i int) ([]any, error) {
			return []any{runs[i].AgentPK, "task_run", runs[i].Name, string(runs[i].Results), runs[i].At}, nil
		}))
	if err != nil {
		return fmt.Errorf("add task runs: %w", err)
	}
	return nil
}

// OutputNote is the output of a script that was asked to become a note.
type OutputNote struct {
	AgentPK  int32
	Username string // who started the script
	Text     string
}

// AddOutputNotes adds notes in the caller's transaction.
func (s *Service) AddOutputNotes(ctx context.Context, tx pgx.Tx, notes []OutputNote) error {
	if len(notes) == 0 {
		return nil
	}
	pks, users, texts := make([]int32, len(notes)), make([]string, len(notes)), make([]string, len(notes))
	for i, n := range notes {
		pks[i], users[i], texts[i] = n.AgentPK, n.Username, n.Text
	}
	_, err := tx.Exec(ctx, `INSERT INTO notes (agent_id, user_id, note)
		SELECT n.agent, (SELECT u.id FROM users u WHERE u.username = n.username), n.text
		FROM unnest($1::int[], $2::text[], $3::text[]) WITH ORDINALITY AS n (agent, username, text, place) ORDER BY n.place`, pks, users, texts)
	if err != nil {
		return fmt.Errorf("add output notes: %w", err)
	}
	return nil
}
