package agents

import (
	"context"
	"fmt"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Selection picks agents for an action; zero values do not narrow.
type Selection struct {
	ClientID       *int32
	SiteID         *int32
	AgentIDs       []string // nil: not by id
	MonitoringType string
	Plat           string
}

// Target is a picked agent.
type Target struct {
	PK        int32
	AgentID   string
	Hostname  string
	Plat      string
	Goarch    string
	Version   string
	Connected bool
}

// Select returns the agents of the scope that the selection picks, by id.
func (s *Service) Select(ctx context.Context, scope access.Scope, sel Selection) ([]Target, error) {
	rows, err := s.q.SelectTargets(ctx, s.pool, agentsdb.SelectTargetsParams{
		Everything: scope.All, Clients: orEmpty(scope.Clients), Sites: orEmpty(scope.Sites), ClientID: sel.ClientID,
		SiteID: sel.SiteID, AgentIds: sel.AgentIDs, MonitoringType: sel.MonitoringType, Plat: sel.Plat,
	})
	if err != nil {
		return nil, fmt.Errorf("select agents: %w", err)
	}
	out := make([]Target, len(rows))
	for i, r := range rows {
		out[i] = Target{PK: r.ID, AgentID: r.AgentID, Hostname: r.Hostname, Plat: r.Plat, Goarch: deref(r.Goarch),
			Version: r.Version, Connected: r.Connected}
	}
	return out, nil
}

// HistoryTarget is the agent of a history row that waits to be sent.
type HistoryTarget struct {
	HistoryID int64
	PK        int32
	AgentID   string
	Plat      string
	Command   string
}

// HistoryTargets returns the agents of history rows; rows of agents that are gone are left out.
func (s *Service) HistoryTargets(ctx context.Context, ids []int64) ([]HistoryTarget, error) {
	rows, err := s.q.ListBulkTargets(ctx, s.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("list bulk targets: %w", err)
	}
	out := make([]HistoryTarget, len(rows))
	for i, r := range rows {
		out[i] = HistoryTarget{HistoryID: r.ID, PK: r.AgentPk, AgentID: r.AgentID, Plat: r.Plat, Command: deref(r.Command)}
	}
	return out, nil
}

// ApprovedUpdates returns the approved Windows updates that are not installed, by agent id.
func (s *Service) ApprovedUpdates(ctx context.Context, agentIDs []string) (map[string][]string, error) {
	rows, err := s.q.ListApprovedUpdates(ctx, s.pool, agentIDs)
	if err != nil {
		return nil, fmt.Errorf("list approved updates: %w", err)
	}
	out := make(map[string][]string, len(rows))
	for _, r := range rows {
		out[r.AgentID] = r.Guids
	}
	return out, nil
}
