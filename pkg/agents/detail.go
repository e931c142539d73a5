package agents

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/agents/inventory"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// AlertTemplate is an alert template with the names and counts that its contract form shows.
type AlertTemplate = agentsdb.GetAlertTemplateRow

// Detail is everything about one agent (rest-1.md §2 AgentDetail).
type Detail struct {
	agentsdb.GetDetailRow
	Status        Status
	Summary       inventory.Summary // with the platform's fallback texts
	TimeZone      string            // effective
	PatchPolicies []PatchPolicy     // the agent's own: none or one
	PatchPolicy   *PatchPolicy      // effective
	Applied       AppliedPolicies
	CustomFields  []customfields.Value
	AlertTemplate *AlertTemplate
}

// Detail reads one agent by its key. The caller has checked the scope with Find.
func (s *Service) Detail(ctx context.Context, pk int32) (*Detail, error) {
	row, err := s.q.GetDetail(ctx, s.pool, pk)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound(Model)
	}
	if err != nil {
		return nil, fmt.Errorf("get agent: %w", err)
	}
	d := &Detail{GetDetailRow: row, TimeZone: row.DefaultTimeZone, Summary: inventory.Summary{
		CPUModel: row.CpuModel, Graphics: row.Graphics, LocalIPs: row.LocalIPS, MakeModel: row.MakeModel,
		PhysicalDisks: row.PhysicalDisks,
	}}
	d.Status = StatusAt(s.now(), row.AgentPresence.LastSeen, row.Agent.OfflineTime, row.Agent.OverdueTime)
	if zone := deref(row.Agent.TimeZone); zone != "" {
		d.TimeZone = zone
	}
	if len(row.CpuModel) == 0 {
		d.Summary = inventory.Fallback(row.Agent.Plat)
	}
	if d.Applied, err = s.applied(ctx, &row); err != nil {
		return nil, err
	}
	if err := s.patchPolicies(ctx, d); err != nil {
		return nil, err
	}
	values, err := customfields.Values(ctx, s.pool, customfields.Agent, []int32{pk})
	if err != nil {
		return nil, err
	}
	d.CustomFields = values[pk]
	if row.Agent.AlertTemplateID != nil {
		template, err := s.q.GetAlertTemplate(ctx, s.pool, *row.Agent.AlertTemplateID)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("get alert template: %w", err)
		}
		if err == nil {
			d.AlertTemplate = &template
		}
	}
	return d, nil
}

func (s *Service) patchPolicies(ctx context.Context, d *Detail) error {
	ids := []int32{}
	for _, p := range d.Applied.nearestFirst() {
		ids = append(ids, p.ID)
	}
	rows, err := s.q.ListPatchPolicies(ctx, s.pool, agentsdb.ListPatchPoliciesParams{AgentID: &d.Agent.ID, PolicyIds: ids})
	if err != nil {
		return fmt.Errorf("list patch policies: %w", err)
	}
	var own *PatchPolicy
	for i := range rows {
		if rows[i].AgentID != nil && own == nil {
			own = &rows[i]
			d.PatchPolicies = rows[i : i+1]
		}
	}
	if own == nil {
		// Rows restored from elsewhere may lack theirs: the agent then behaves as with the defaults.
		own = &PatchPolicy{
			AgentID: &d.Agent.ID, Critical: inherit, Important: inherit, Moderate: inherit, Low: inherit, Other: inherit,
			RunTimeHour: 3, RunTimeFrequency: inherit, RunTimeDays: []int32{}, RunTimeDay: 1, RebootAfterInstall: inherit,
			ReprocessFailedInherit: true, ReprocessFailedTimes: 5,
		}
	}
	d.PatchPolicy = effectivePatchPolicy(own, d.Applied, rows)
	return nil
}
