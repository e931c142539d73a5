package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Kinds of history rows (rest-1.md §1.17).
const (
	ScriptRun  = "script_run"
	CommandRun = "cmd_run"
)

// History is one command or script that was sent to an agent; results arrive later.
type History struct {
	ID                 int64
	Time               time.Time
	Type               string
	Command            *string
	Username           string
	Results            *string
	ScriptResults      json.RawMessage
	CollectorAllOutput bool
	SaveToAgentNote    bool
	AgentPK            int32
	ScriptID           *int32
	CustomFieldID      *int32
	ScriptName         *string
	AgentID            string // set by ScriptHistory
}

// NewHistory is what one or many history rows start with.
type NewHistory struct {
	Type               string
	Command            string
	Username           string
	ScriptID           *int32
	CustomFieldID      *int32
	CollectorAllOutput bool
	SaveToAgentNote    bool
}

const historyColumns = `h.id, h.time, h.type, h.command, h.username, h.results, h.script_results, h.collector_all_output,
  h.save_to_agent_note, h.agent_id, h.script_id, h.custom_field_id, s.name, a.agent_id`

const historyOfScope = `SELECT ` + historyColumns + `
FROM agent_history h
JOIN agents a ON a.id = h.agent_id
JOIN sites si ON si.id = a.site_id
LEFT JOIN scripts s ON s.id = h.script_id
WHERE ($1 OR si.client_id = ANY ($2) OR si.id = ANY ($3))`

// ForEachHistory calls f for every row of one agent (pk), or of every agent of the scope when pk is 0, by id. Results can be
// long, so the rows are handed on one by one and never all in memory; f must not keep the pointer.
func (s *Service) ForEachHistory(ctx context.Context, scope access.Scope, pk int32, f func(*History) error) error {
	query, args := historyOfScope, []any{scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites)}
	if pk != 0 {
		query, args = query+" AND h.agent_id = $4", append(args, pk)
	}
	return s.eachHistory(ctx, f, query+" ORDER BY h.id", args...)
}

func (s *Service) eachHistory(ctx context.Context, f func(*History) error, query string, args ...any) error {
	rows, err := s.pool.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("list history: %w", err)
	}
	defer rows.Close()
	var h History
	for rows.Next() {
		h = History{}
		err := rows.Scan(&h.ID, &h.Time, &h.Type, &h.Command, &h.Username, &h.Results, &h.ScriptResults, &h.CollectorAllOutput,
			&h.SaveToAgentNote, &h.AgentPK, &h.ScriptID, &h.CustomFieldID, &h.ScriptName, &h.AgentID)
		if err != nil {
			return fmt.Errorf("scan history: %w", err)
		}
		if err := f(&h); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list history: %w", err)
	}
	return nil
}

// ScriptHistoryFilter narrows script runs; zero values do not filter, except that Limit is nil for no limit.
type ScriptHistoryFilter struct {
	Start, End time.Time // both or none
	ScriptName string
	Limit      *int32
}

// ForEachScriptRun calls f for the script runs of the scope, newest first.
func (s *Service) ForEachScriptRun(ctx context.Context, scope access.Scope, filter ScriptHistoryFilter, f func(*History) error) error {
	query := historyOfScope + " AND h.type = 'script_run'"
	args := []any{scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites)}
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	if !filter.Start.IsZero() && !filter.End.IsZero() {
		query += " AND h.time >= " + bind(filter.Start) + " AND h.time <= " + bind(filter.End)
	}
	if filter.ScriptName != "" {
		query += " AND s.name = " + bind(filter.ScriptName)
	}
	query += " ORDER BY h.time DESC, h.id DESC"
	if filter.Limit != nil {
		query += " LIMIT " + bind(*filter.Limit)
	}
	return s.eachHistory(ctx, f, query, args...)
}

// AddHistory stores one row per agent in one statement and returns their ids by agent key. The id travels in the command,
// so that the agent's result finds its row.
func (s *Service) AddHistory(ctx context.Context, tx pgx.Tx, n NewHistory, agentPKs ...int32) (map[int32]int64, error) {
	rows, err := s.q.InsertHistory(ctx, tx, agentsdb.InsertHistoryParams{
		Type: n.Type, Command: &n.Command, Username: n.Username, ScriptID: n.ScriptID, CustomFieldID: n.CustomFieldID,
		CollectorAllOutput: n.CollectorAllOutput, SaveToAgentNote: n.SaveToAgentNote, AgentIds: agentPKs,
	})
	if err != nil {
		return nil, fmt.Errorf("add history: %w", err)
	}
	ids := make(map[int32]int64, len(rows))
	for _, r := range rows {
		ids[r.AgentID] = r.ID
	}
	return ids, nil
}

// SetScriptResults fills in the results of a run that happened on the server itself.
func (s *Service) SetScriptResults(ctx context.Context, id int64, results json.RawMessage) error {
	if err := s.q.SetScriptResults(ctx, s.pool, agentsdb.SetScriptResultsParams{ID: id, ScriptResults: results}); err != nil {
		return fmt.Errorf("set script results: %w", err)
	}
	return nil
}
