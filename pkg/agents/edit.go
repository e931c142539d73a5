package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
	"github.com/gueencode/gueenrmm/proto/events"
)

// Row is the stored agent row, the form in which edits see and audit rows show it.
type Row = agentsdb.Agent

// Edit is a partial change of one agent. The functions change what they are given; nil changes nothing.
type Edit struct {
	Agent        func(*Row)
	PatchPolicy  func(*PatchPolicy)
	CustomFields []customfields.Input
}

// Edit applies the three parts of a change in one transaction: all of it or nothing (rest-1.md Annex D lists the
// reference's partial saves as safe to improve). Field formats are checked before; here are the rules that depend on the
// resulting row: the shell must suit the platform, and a new site must be inside the actor's scope.
func (s *Service) Edit(ctx context.Context, actor *access.Principal, ref Ref, edit Edit) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.editRow(ctx, tx, actor, ref, edit.Agent, edit.CustomFields); err != nil {
			return err
		}
		if edit.PatchPolicy == nil {
			return nil
		}
		return s.editPatchPolicy(ctx, tx, actor, ref, edit.PatchPolicy)
	})
	if err != nil {
		return err
	}
	s.tell(events.RowChanged(ref.AgentID, s.now()))
	return nil
}

func (s *Service) editRow(ctx context.Context, tx pgx.Tx, actor *access.Principal, ref Ref, change func(*Row), values []customfields.Input) error {
	before, err := s.q.GetAgentForUpdate(ctx, tx, ref.PK)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound(Model)
	}
	if err != nil {
		return fmt.Errorf("edit agent: read: %w", err)
	}
	after := before
	if change != nil {
		change(&after)
	}
	if field, message := shellProblem(after.Plat, after.DefaultShell, after.DefaultShellCustom); field != "" {
		return fault.InvalidField(field, message)
	}
	if after.SiteID != before.SiteID {
		if _, _, err := s.requireSite(ctx, tx, actor.Scope, after.SiteID); err != nil {
			return err
		}
	}
	after.ModifiedBy = &actor.Username
	err = s.q.UpdateAgent(ctx, tx, agentsdb.UpdateAgentParams{
		ID: ref.PK, MaintenanceMode: after.MaintenanceMode, BlockPolicyInheritance: after.BlockPolicyInheritance,
		OverdueEmailAlert: after.OverdueEmailAlert, OverdueTextAlert: after.OverdueTextAlert,
		OverdueDashboardAlert: after.OverdueDashboardAlert, PolicyID: after.PolicyID, SiteID: after.SiteID,
		MonitoringType: after.MonitoringType, Description: after.Description, OfflineTime: after.OfflineTime,
		OverdueTime: after.OverdueTime, CheckInterval: after.CheckInterval, TimeZone: after.TimeZone,
		DefaultShell: after.DefaultShell, DefaultShellCustom: after.DefaultShellCustom, ModifiedBy: after.ModifiedBy,
	})
	if err != nil {
		return fmt.Errorf("edit agent: %w", err)
	}
	had, has, err := customfields.Enter(ctx, tx, customfields.Agent, ref.PK, values)
	if err != nil {
		return err
	}
	// The stamps of the edit itself are no change.
	before.ModifiedBy, before.ModifiedTime = after.ModifiedBy, after.ModifiedTime
	return s.audit.Change(ctx, tx, audit.Object{
		Type: "agent", Name: after.Hostname, Before: withValues(auditForm(before), had), After: withValues(auditForm(after), has),
		Agent: after.Hostname, AgentID: after.AgentID, Secrets: has.Secrets(),
	})
}

func (s *Service) editPatchPolicy(ctx context.Context, tx pgx.Tx, actor *access.Principal, ref Ref, change func(*PatchPolicy)) error {
	before, err := s.q.GetPatchPolicyForUpdate(ctx, tx, &ref.PK)
	if errors.Is(err, pgx.ErrNoRows) {
		insert := agentsdb.InsertPatchPolicyParams{AgentID: &ref.PK, RunTimeDays: []int32{}, CreatedBy: &actor.Username}
		if err := s.q.InsertPatchPolicy(ctx, tx, insert); err != nil {
			return fmt.Errorf("edit patch policy: add: %w", err)
		}
		before, err = s.q.GetPatchPolicyForUpdate(ctx, tx, &ref.PK)
	}
	if err != nil {
		return fmt.Errorf("edit patch policy: read: %w", err)
	}
	after := before
	change(&after)
	err = s.q.UpdatePatchPolicy(ctx, tx, agentsdb.UpdatePatchPolicyParams{
		ID: before.ID, Critical: after.Critical, Important: after.Important, Moderate: after.Moderate, Low: after.Low,
		Other: after.Other, RunTimeHour: after.RunTimeHour, RunTimeFrequency: after.RunTimeFrequency,
		RunTimeDays: after.RunTimeDays, RunTimeDay: after.RunTimeDay, RebootAfterInstall: after.RebootAfterInstall,
		ReprocessFailedInherit: after.ReprocessFailedInherit, ReprocessFailed: after.ReprocessFailed,
		ReprocessFailedTimes: after.ReprocessFailedTimes, EmailIfFail: after.EmailIfFail, ModifiedBy: &actor.Username,
	})
	if err != nil {
		return fmt.Errorf("edit patch policy: %w", err)
	}
	return s.audit.Change(ctx, tx, audit.Object{
		Type: "winupdatepolicy", Name: ref.Hostname, Before: patchAuditForm(before), After: patchAuditForm(after),
	})
}

// Delete removes an agent and all that hangs on it (domain.md Appendix B); its token is refused at once and the bus
// disconnects it. Telling the machine to uninstall itself comes before and is not part of this.
func (s *Service) Delete(ctx context.Context, ref Ref) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := s.q.GetAgentForUpdate(ctx, tx, ref.PK)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFound(Model)
		}
		if err != nil {
			return fmt.Errorf("delete agent: read: %w", err)
		}
		if _, err := s.q.DeleteAgent(ctx, tx, ref.PK); err != nil {
			return fmt.Errorf("delete agent: %w", err)
		}
		return s.audit.Change(ctx, tx, audit.Object{
			Type: "agent", Name: ref.Hostname, Before: auditForm(before), Agent: ref.Hostname, AgentID: ref.AgentID,
		})
	})
	if err != nil {
		return err
	}
	s.tell(events.Removed(ref.AgentID, ref.ClientID, ref.SiteID, s.now()))
	return nil
}

// MaintenanceTarget is one client or one site.
type MaintenanceTarget struct {
	ClientID *int32
	SiteID   *int32
}

// SetMaintenance switches maintenance mode of the agents of a client or site, as far as the scope reaches, and returns how
// many there are. It is not audited (rest-1.md §5.5).
func (s *Service) SetMaintenance(ctx context.Context, scope access.Scope, target MaintenanceTarget, on bool) (int, error) {
	rows, err := s.q.SetMaintenance(ctx, s.pool, agentsdb.SetMaintenanceParams{
		Enabled: on, ClientID: target.ClientID, SiteID: target.SiteID, Everything: scope.All,
		Clients: orEmpty(scope.Clients), Sites: orEmpty(scope.Sites),
	})
	if err != nil {
		return 0, fmt.Errorf("set maintenance mode: %w", err)
	}
	facts := make([]bus.Fact, len(rows))
	for i, r := range rows {
		facts[i] = events.RowChanged(r.AgentID, s.now())
	}
	s.tell(facts...)
	return len(rows), nil
}

// MoveToSite re-points the agents of some sites to another one, in the caller's transaction. The names that lists show and
// search follow by the schema's triggers.
func (s *Service) MoveToSite(ctx context.Context, tx pgx.Tx, from []int32, to int32) error {
	if _, err := tx.Exec(ctx, `UPDATE agents SET site_id = $2 WHERE site_id = ANY ($1)`, from, to); err != nil {
		return fmt.Errorf("move agents to site: %w", err)
	}
	return nil
}

// auditForm is the agent as audit rows show it: every column, without the wide inventory.
func auditForm(a Row) map[string]any {
	return map[string]any{
		"id": a.ID, "agent_id": a.AgentID, "hostname": a.Hostname, "plat": a.Plat, "goarch": a.Goarch,
		"operating_system": a.OperatingSystem, "public_ip": a.PublicIP, "total_ram": a.TotalRam, "boot_time": a.BootTime,
		"logged_in_username": a.LoggedInUsername, "last_logged_in_user": a.LastLoggedInUser, "monitoring_type": a.MonitoringType,
		"description": a.Description, "mesh_node_id": a.MeshNodeID, "overdue_email_alert": a.OverdueEmailAlert,
		"overdue_text_alert": a.OverdueTextAlert, "overdue_dashboard_alert": a.OverdueDashboardAlert,
		"offline_time": a.OfflineTime, "overdue_time": a.OverdueTime, "check_interval": a.CheckInterval,
		"needs_reboot": a.NeedsReboot, "choco_installed": a.ChocoInstalled, "patches_last_installed": a.PatchesLastInstalled,
		"time_zone": a.TimeZone, "maintenance_mode": a.MaintenanceMode, "block_policy_inheritance": a.BlockPolicyInheritance,
		"alert_template": a.AlertTemplateID, "site": a.SiteID, "policy": a.PolicyID, "default_shell": a.DefaultShell,
		"default_shell_custom": a.DefaultShellCustom, "created_by": a.CreatedBy, "created_time": utc(a.CreatedTime),
		"modified_by": a.ModifiedBy, "modified_time": utc(a.ModifiedTime),
	}
}

// withValues adds the custom values that an edit names to the form of its audit row.
func withValues(form map[string]any, values customfields.Named) map[string]any {
	if len(values) > 0 {
		form["custom_fields"] = values
	}
	return form
}

func patchAuditForm(p PatchPolicy) map[string]any {
	return map[string]any{
		"id": p.ID, "agent": p.AgentID, "policy": p.PolicyID, "critical": p.Critical, "important": p.Important,
		"moderate": p.Moderate, "low": p.Low, "other": p.Other, "run_time_hour": p.RunTimeHour,
		"run_time_frequency": p.RunTimeFrequency, "run_time_days": p.RunTimeDays, "run_time_day": p.RunTimeDay,
		"reboot_after_install": p.RebootAfterInstall, "reprocess_failed_inherit": p.ReprocessFailedInherit,
		"reprocess_failed": p.ReprocessFailed, "reprocess_failed_times": p.ReprocessFailedTimes, "email_if_fail": p.EmailIfFail,
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
