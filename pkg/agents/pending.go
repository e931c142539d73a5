package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Kinds of pending actions that agents start (rest-1.md §1.17).
const (
	SchedReboot = "schedreboot"
	AgentUpdate = "agentupdate"
)

// PendingAction is something an agent will do later.
type PendingAction struct {
	ID         int64
	AgentPK    int32
	AgentID    string // only when it was read by itself or for several agents
	Hostname   string
	Client     string
	Site       string
	Entered    time.Time
	ActionType *string
	Status     string
	Details    json.RawMessage
}

type actionDetails struct {
	Time    string `json:"time"`
	Version string `json:"version"`
	Name    string `json:"name"`

	TaskName string `json:"taskname"`
}

// Due says when the action happens, in the contract's words (rest-1.md §2 PendingAction).
func (p PendingAction) Due() string {
	switch deref(p.ActionType) {
	case SchedReboot:
		return p.details().Time
	case AgentUpdate:
		return "Next update cycle"
	case "chocoinstall":
		return "ASAP"
	default:
		return "On next checkin"
	}
}

// Description says what the action is; nil for an action without a type.
func (p PendingAction) Description() *string {
	text := deref(p.ActionType)
	switch text {
	case "":
		return nil
	case SchedReboot:
		text = "Device pending reboot"
	case AgentUpdate:
		text = "Agent update to " + p.details().Version
	case "chocoinstall":
		text = p.details().Name + " software install"
	}
	return &text
}

// details reads what texts need; details of another shape give empty texts.
func (p PendingAction) details() actionDetails {
	var d actionDetails
	if err := json.Unmarshal(p.Details, &d); err != nil {
		return actionDetails{}
	}
	return d
}

// PendingActions returns the actions of one agent. Scheduled reboots whose time has passed in the agent's zone are marked
// as completed first (domain.md §2.5).
func (s *Service) PendingActions(ctx context.Context, pk int32) ([]PendingAction, error) {
	if err := s.q.CompletePastReboots(ctx, s.pool, pk); err != nil {
		return nil, fmt.Errorf("complete past reboots: %w", err)
	}
	rows, err := s.q.ListPendingActions(ctx, s.pool, pk)
	if err != nil {
		return nil, fmt.Errorf("list pending actions: %w", err)
	}
	out := make([]PendingAction, len(rows))
	for i, r := range rows {
		out[i] = PendingAction{
			ID: r.ID, AgentPK: r.AgentID, Hostname: r.Hostname, Client: r.Client, Site: r.Site, Entered: r.EntryTime,
			ActionType: r.ActionType, Status: r.Status, Details: r.Details,
		}
	}
	return out, nil
}

// AddPendingAction stores an action of an agent.
func (s *Service) AddPendingAction(ctx context.Context, pk int32, actionType string, details any) error {
	raw, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("add pending action: encode details: %w", err)
	}
	_, err = s.q.InsertPendingAction(ctx, s.pool, agentsdb.InsertPendingActionParams{AgentID: pk, ActionType: &actionType, Details: raw})
	if err != nil {
		return fmt.Errorf("add pending action: %w", err)
	}
	return nil
}

// ReplaceUpdateActions replaces the agents' pending updates by new ones, in the caller's transaction; details by agent key.
func (s *Service) ReplaceUpdateActions(ctx context.Context, tx pgx.Tx, details map[int32]any) error {
	type entry struct {
		Agent   int32 `json:"agent"`
		Details any   `json:"details"`
	}
	entries, pks := make([]entry, 0, len(details)), make([]int32, 0, len(details))
	for pk, d := range details {
		entries, pks = append(entries, entry{pk, d}), append(pks, pk)
	}
	raw, err := json.Marshal(entries)
	if err != nil {
		return fmt.Errorf("replace update actions: encode: %w", err)
	}
	if err := s.q.ReplaceUpdateActions(ctx, tx, agentsdb.ReplaceUpdateActionsParams{AgentIds: pks, Vals: raw}); err != nil {
		return fmt.Errorf("replace update actions: %w", err)
	}
	return nil
}
