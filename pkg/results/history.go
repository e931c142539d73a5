package results

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/proto/events"
)

// ErrHistory marks the outcome of a command or script that cannot be understood.
var ErrHistory = errors.New("history result is not valid")

// scriptResults is what is stored of a script's outcome, and nothing else of what the agent sent.
type scriptResults struct {
	ID            int64       `json:"id"`
	Stdout        string      `json:"stdout"`
	Stderr        string      `json:"stderr"`
	Retcode       int64       `json:"retcode"`
	ExecutionTime json.Number `json:"execution_time"`
}

// HistoryResult is the decoded outcome of a command (Results) or a script.
type HistoryResult struct {
	Results *string
	Script  json.RawMessage
	stdout  string
}

// DecodeHistory reads the body of a history result (agent-protocol.md §4.8): one of the two keys, whose texts lose NUL.
// Errors wrap ErrHistory and never quote the input.
func DecodeHistory(body []byte, historyID int64) (*HistoryResult, error) {
	var raw struct {
		Results *string `json:"results"`
		Script  *struct {
			Stdout        *string      `json:"stdout"`
			Stderr        *string      `json:"stderr"`
			Retcode       *json.Number `json:"retcode"`
			ExecutionTime *json.Number `json:"execution_time"`
		} `json:"script_results"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, fmt.Errorf("%w: not the expected JSON object", ErrHistory)
	}
	if raw.Results == nil && raw.Script == nil {
		return nil, fmt.Errorf("%w: neither results nor script_results", ErrHistory)
	}
	out := &HistoryResult{}
	if raw.Results != nil {
		text := withoutNUL(*raw.Results)
		out.Results = &text
	}
	if s := raw.Script; s != nil {
		sr := scriptResults{ID: historyID, ExecutionTime: "0"}
		if s.Stdout != nil {
			sr.Stdout = withoutNUL(*s.Stdout)
		}
		if s.Stderr != nil {
			sr.Stderr = withoutNUL(*s.Stderr)
		}
		if s.Retcode != nil {
			code, err := s.Retcode.Int64()
			if err != nil {
				return nil, fmt.Errorf("%w: retcode is not an integer", ErrHistory)
			}
			sr.Retcode = code
		}
		if s.ExecutionTime != nil && *s.ExecutionTime != "" {
			if _, err := s.ExecutionTime.Float64(); err != nil || len(*s.ExecutionTime) > 100 {
				return nil, fmt.Errorf("%w: execution_time is not a number", ErrHistory)
			}
			sr.ExecutionTime = *s.ExecutionTime
		}
		encoded, err := json.Marshal(sr)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", ErrHistory, "script_results cannot be stored")
		}
		out.Script, out.stdout = encoded, sr.Stdout
	}
	return out, nil
}

// withoutNUL drops the character that Postgres cannot hold.
func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// HistoryHandler applies outcomes of commands and scripts. The reference of a message is the history row's key.
type HistoryHandler struct {
	History History
}

type pendingOutcome struct {
	index  int
	result *HistoryResult
	agent  string
}

// Apply implements Handler: the history rows, then what they were started for: a custom field, a note.
func (h HistoryHandler) Apply(ctx context.Context, tx pgx.Tx, batch []Message) (Report, error) {
	out := Report{Dropped: map[int]error{}, Poison: map[int]error{}}
	type key struct {
		id int64
		pk int32
	}
	pending := map[key]pendingOutcome{}
	var order []key
	for i, m := range batch {
		id, err := strconv.ParseInt(m.Ref, 10, 64)
		if err != nil {
			out.Poison[i] = fmt.Errorf("the row it is for, %q, is not the id of a row of the history", m.Ref)
			continue
		}
		r, err := DecodeHistory(m.Body, id)
		if err != nil {
			out.Poison[i] = err
			continue
		}
		k := key{id, m.AgentPK}
		if _, again := pending[k]; !again {
			order = append(order, k)
		}
		pending[k] = pendingOutcome{i, r, m.AgentID} // the last outcome of a row counts
	}
	finished := make([]agents.Finished, len(order))
	for i, k := range order {
		r := pending[k].result
		finished[i] = agents.Finished{HistoryID: k.id, AgentPK: k.pk, Results: r.Results, ScriptResults: r.Script}
	}
	rows, err := h.History.FinishHistory(ctx, tx, finished)
	if err != nil {
		return out, err
	}
	var found []customfields.Found
	var notes []agents.OutputNote
	for _, row := range rows {
		k := key{row.HistoryID, row.AgentPK}
		p := pending[k]
		delete(pending, k)
		out.Facts = append(out.Facts, finishedFact(p.agent, row, batch[p.index]))
		if p.result.Script == nil {
			continue
		}
		if row.CustomField != nil {
			found = append(found, customfields.Found{AgentPK: row.AgentPK, FieldID: *row.CustomField, Text: tasks.Collected(p.result.stdout, row.AllOutput)})
		}
		if row.SaveToNote {
			notes = append(notes, agents.OutputNote{AgentPK: row.AgentPK, Username: row.StartedByUser, Text: p.result.stdout})
		}
	}
	for _, p := range pending {
		out.Dropped[p.index] = fmt.Errorf("%w: the history row is not the agent's", ErrHistory)
	}
	if err := customfields.StoreFound(ctx, tx, found); err != nil {
		return out, err
	}
	return out, h.History.AddOutputNotes(ctx, tx, notes)
}

func finishedFact(agentID string, row agents.FinishedRow, m Message) bus.Fact {
	what := "command"
	if row.Type == agents.ScriptRun {
		what = "script"
	}
	return events.Finished(agentID, m.Received, events.Result{HistoryID: row.HistoryID, What: what})
}
