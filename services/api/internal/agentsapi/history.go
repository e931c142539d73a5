package agentsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// AgentHistory is one command or script that was sent to an agent (rest-1.md §2).
type AgentHistory struct {
	ID                 int64           `json:"id"`
	Time               rest.Time       `json:"time"`
	Type               string          `json:"type"`
	Command            *string         `json:"command"`
	Username           string          `json:"username"`
	Results            *string         `json:"results"`
	ScriptResults      json.RawMessage `json:"script_results"`
	CollectorAllOutput bool            `json:"collector_all_output"`
	SaveToAgentNote    bool            `json:"save_to_agent_note"`
	Agent              int32           `json:"agent"`
	Script             *int32          `json:"script"`
	CustomField        *int32          `json:"custom_field"`
	ScriptName         *string         `json:"script_name,omitempty"` // omitted without a script (rest-1.md §1.7)
}

// ScriptHistory is one script run.
type ScriptHistory struct {
	ID            int64           `json:"id"`
	Time          rest.Time       `json:"time"`
	Username      string          `json:"username"`
	Script        *int32          `json:"script"`
	ScriptResults json.RawMessage `json:"script_results"`
	Agent         int32           `json:"agent"`
	ScriptName    *string         `json:"script_name,omitempty"`
	AgentID       string          `json:"agent_id"`
}

// PendingAction is something an agent will do later (rest-1.md §2).
type PendingAction struct {
	ID          int64           `json:"id"`
	Due         string          `json:"due"`
	Description *string         `json:"description"`
	Hostname    string          `json:"hostname"`
	Client      string          `json:"client"`
	Site        string          `json:"site"`
	EntryTime   rest.Time       `json:"entry_time"`
	ActionType  *string         `json:"action_type"`
	Status      string          `json:"status"`
	Details     json.RawMessage `json:"details"`
	Agent       int32           `json:"agent"`
}

func (h handlers) registerHistory(r *rest.Router) {
	rest.Handle(r, one(http.MethodGet, "history/", "listAgentHistory", "List what was sent to an agent", access.ListAgentHistory), h.historyOfAgent)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/agents/history/", ID: "listHistory", Tag: "agents", Summary: "List what was sent to all agents",
		Auth: rest.AuthUser, Permission: access.ListAgentHistory, Scope: rest.ScopeList,
	}, h.history)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/agents/scripthistory/", ID: "listScriptHistory", Tag: "agents", Summary: "List script runs, newest first",
		Auth: rest.AuthUser, Permission: access.ListAgentHistory, Scope: rest.ScopeList,
	}, h.scriptHistory)
	rest.Handle(r, one(http.MethodGet, "pendingactions/", "listAgentPendingActions", "List what an agent will do later", access.ListPendingActions), h.pending)
}

func toHistory(r *agents.History) AgentHistory {
	return AgentHistory{
		ID: r.ID, Time: rest.At(r.Time), Type: r.Type, Command: r.Command, Username: r.Username, Results: r.Results,
		ScriptResults: orNull(r.ScriptResults), CollectorAllOutput: r.CollectorAllOutput, SaveToAgentNote: r.SaveToAgentNote,
		Agent: r.AgentPK, Script: r.ScriptID, CustomField: r.CustomFieldID, ScriptName: r.ScriptName,
	}
}

func (h handlers) historyOfAgent(ctx context.Context, c *rest.Call, in *agentPath) (rest.Stream[AgentHistory], error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	return h.historyStream(ctx, c, ref.PK), nil
}

func (h handlers) history(ctx context.Context, c *rest.Call, _ *struct{}) (rest.Stream[AgentHistory], error) {
	return h.historyStream(ctx, c, 0), nil
}

func (h handlers) historyStream(ctx context.Context, c *rest.Call, pk int32) rest.Stream[AgentHistory] {
	return streamed(func(take func(*agents.History) error) error {
		return h.Agents.ForEachHistory(ctx, c.Principal.Scope, pk, take)
	}, toHistory)
}

type scriptHistoryInput struct {
	Start      *time.Time `query:"start" doc:"together with end"`
	End        *time.Time `query:"end" doc:"extended by one day"`
	ScriptName string     `query:"scriptname" doc:"exact"`
	Limit      *int32     `query:"limit" rule:"min=0"`
}

func (h handlers) scriptHistory(ctx context.Context, c *rest.Call, in *scriptHistoryInput) (rest.Stream[ScriptHistory], error) {
	filter := agents.ScriptHistoryFilter{ScriptName: in.ScriptName, Limit: in.Limit}
	if in.Start != nil && in.End != nil {
		filter.Start, filter.End = *in.Start, in.End.AddDate(0, 0, 1)
	}
	return streamed(func(take func(*agents.History) error) error {
		return h.Agents.ForEachScriptRun(ctx, c.Principal.Scope, filter, take)
	}, func(r *agents.History) ScriptHistory {
		return ScriptHistory{
			ID: r.ID, Time: rest.At(r.Time), Username: r.Username, Script: r.ScriptID, ScriptResults: orNull(r.ScriptResults),
			Agent: r.AgentPK, ScriptName: r.ScriptName, AgentID: r.AgentID,
		}
	}), nil
}

func (h handlers) pending(ctx context.Context, c *rest.Call, in *agentPath) ([]PendingAction, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	list, err := h.Agents.PendingActions(ctx, ref.PK)
	if err != nil {
		return nil, err
	}
	out := make([]PendingAction, len(list))
	for i, p := range list {
		out[i] = PendingAction{
			ID: p.ID, Due: p.Due(), Description: p.Description(), Hostname: p.Hostname, Client: p.Client, Site: p.Site,
			EntryTime: rest.At(p.Entered), ActionType: p.ActionType, Status: p.Status, Details: orNull(p.Details), Agent: p.AgentPK,
		}
	}
	return out, nil
}
