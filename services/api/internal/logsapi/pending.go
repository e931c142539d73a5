package logsapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/cursor"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

func (h handlers) registerPending(r *rest.Router) {
	rest.Handle(r, operation(http.MethodGet, "/logs/pendingactions/", "listPendingActions", "List what agents will do later", access.ListPendingActions), h.listPending)
	cancel := operation(http.MethodDelete, "/logs/pendingactions/{pk}/", "cancelPendingAction", "Cancel what an agent would do later", access.ManagePendingActions,
		http.StatusBadRequest, http.StatusNotFound)
	cancel.Scope = rest.ScopeAgent
	rest.Handle(r, cancel, h.cancel)
	rest.Handle(r, operation(http.MethodGet, "/v1/pending-actions", "browsePendingActions", "Read what agents will do later, newest first", access.ListPendingActions, http.StatusBadRequest), h.browsePending)
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
	AgentID     string          `json:"agent_id"`
}

func toPending(p agents.PendingAction) PendingAction {
	return PendingAction{
		ID: p.ID, Due: p.Due(), Description: p.Description(), Hostname: p.Hostname, Client: p.Client, Site: p.Site,
		EntryTime: rest.At(p.Entered), ActionType: p.ActionType, Status: p.Status, Details: orNull(p.Details), Agent: p.AgentPK, AgentID: p.AgentID,
	}
}

// listPending writes the list as it is read: the contract does not page it.
func (h handlers) listPending(ctx context.Context, c *rest.Call, _ *struct{}) (rest.Stream[PendingAction], error) {
	scope := c.Principal.Scope
	return func(yield func(PendingAction, error) bool) {
		stopped := false
		err := h.Agents.ForEachPending(ctx, scope, func(p agents.PendingAction) error {
			if !yield(toPending(p), nil) {
				stopped = true
				return context.Canceled
			}
			return nil
		})
		if err != nil && !stopped {
			yield(PendingAction{}, err)
		}
	}, nil
}

type pendingPath struct {
	PK int64 `path:"pk"`
}

func (h handlers) cancel(ctx context.Context, c *rest.Call, in *pendingPath) (string, error) {
	return h.Actions.Cancel(ctx, c.Principal.Scope, in.PK)
}

type browsePendingInput struct {
	Status string `query:"status" rule:"choices=pending|completed"`
	Agent  string `query:"agent" rule:"max=255" doc:"agent id"`
	Client int32  `query:"client"`
	Site   int32  `query:"site"`
	Limit  int32  `query:"limit" default:"50" rule:"min=1,max=200"`
	Cursor int64  `query:"cursor" rule:"min=0" doc:"next_cursor of the page before; the filters must be the same"`
}

// PendingWindow is a page of pending actions.
type PendingWindow struct {
	Items      []PendingAction `json:"items"`
	NextCursor *string         `json:"next_cursor"`
}

func (h handlers) browsePending(ctx context.Context, c *rest.Call, in *browsePendingInput) (PendingWindow, error) {
	if in.Cursor < 0 {
		return PendingWindow{}, cursor.Refused()
	}
	limit := int(in.Limit)
	rows, err := h.Agents.PendingPage(ctx, c.Principal.Scope, agents.PendingFilter{
		Status: in.Status, AgentID: in.Agent, ClientID: in.Client, SiteID: in.Site,
	}, in.Cursor, limit+1)
	if err != nil {
		return PendingWindow{}, err
	}
	out := PendingWindow{}
	if len(rows) > limit {
		rows = rows[:limit]
		out.NextCursor = text(number(rows[limit-1].ID))
	}
	out.Items = make([]PendingAction, len(rows))
	for i, p := range rows {
		out.Items[i] = toPending(p)
	}
	return out, nil
}
