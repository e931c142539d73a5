package agents

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents/inventory"
)

// nobody is what agents report as current user when no one is logged in.
const nobody = "None"

// CheckCounts are the maintained counters of an agent's checks.
type CheckCounts struct {
	Total, Passing, Failing, Warning, Info, Pending int32
}

// HasFailing says whether anything fails above the level of information (rest-1.md §2 CheckCounts).
func (c CheckCounts) HasFailing() bool { return c.Failing > 0 || c.Warning > 0 }

// TableRow is one row of the contract's agent table (rest-1.md §2 AgentRow).
type TableRow struct {
	PK                     int32
	AgentID                string
	Hostname               string
	TemplateName           *string
	TemplateEmail          *bool
	TemplateText           *bool
	TemplateAlert          *bool
	Site                   string
	Client                 string
	MonitoringType         string
	Description            *string
	NeedsReboot            bool
	PendingActions         int64
	OverdueText            bool
	OverdueEmail           bool
	OverdueDashboard       bool
	LastSeen               *time.Time
	BootTime               *float64
	Checks                 CheckCounts
	Maintenance            bool
	BlockPolicyInheritance bool
	PolicyID               *int32
	Plat                   string
	Goarch                 *string
	PatchesPending         bool
	Version                string
	OperatingSystem        *string
	PublicIP               *string
	Summary                inventory.Summary
	CustomFields           json.RawMessage // a JSON array, as the contract shows it

	Status     Status
	LoggedUser *string // as the table shows it
	Italic     bool
}

// ShortRow is one row of the short list (rest-1.md §2 AgentHostname).
type ShortRow struct {
	PK       int32
	AgentID  string
	Hostname string
	Client   string
	Site     string
}

// ListFilter narrows the contract's list; zero values do not filter.
type ListFilter struct {
	MonitoringType string
	SiteID         int32
	ClientID       int32
}

// The derived inventory texts are stored, the wide JSON is not read: a whole fleet costs one pass over narrow columns.
const tableQuery = `
SELECT a.id, a.agent_id, a.hostname, t.name, t.agent_always_email, t.agent_always_text, t.agent_always_alert, si.name, cl.name,
  a.monitoring_type, a.description, a.needs_reboot, coalesce(pa.n, 0), a.overdue_text_alert, a.overdue_email_alert,
  a.overdue_dashboard_alert, p.last_seen, a.boot_time, c.total, c.passing, c.failing, c.warning, c.info, a.maintenance_mode,
  a.block_policy_inheritance, a.policy_id, a.plat, a.goarch, wu.agent_id IS NOT NULL, p.version, a.operating_system, a.public_ip,
  inv.cpu_model, inv.graphics, inv.local_ips, inv.make_model, inv.physical_disks, inv.serial_number, cf.list,
  a.offline_time, a.overdue_time, a.logged_in_username, a.last_logged_in_user
FROM agents a
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_check_counts c ON c.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id
LEFT JOIN alert_templates t ON t.id = a.alert_template_id
LEFT JOIN (SELECT agent_id, count(*) AS n FROM pending_actions WHERE status = 'pending' GROUP BY agent_id) pa ON pa.agent_id = a.id
LEFT JOIN (SELECT DISTINCT agent_id FROM win_updates WHERE action = 'approve' AND NOT installed) wu ON wu.agent_id = a.id
LEFT JOIN (
  SELECT v.agent_id, json_agg(json_build_object('id', v.id, 'field', v.field_id, 'agent', v.agent_id, 'value',
    CASE f.type WHEN 'multiple' THEN to_json(v.multiple_value) WHEN 'checkbox' THEN to_json(v.bool_value)
      ELSE to_json(v.string_value) END) ORDER BY v.id) AS list
  FROM agent_custom_fields v JOIN custom_fields f ON f.id = v.field_id GROUP BY v.agent_id) cf ON cf.agent_id = a.id
WHERE `

const shortQuery = `
SELECT a.id, a.agent_id, a.hostname, cl.name, si.name
FROM agents a JOIN sites si ON si.id = a.site_id JOIN clients cl ON cl.id = si.client_id
WHERE `

// where returns the conditions of a contract list over a, si; site wins over client (rest-1.md §5.1).
func (f ListFilter) where(scope access.Scope) (string, []any) {
	conditions := []string{"($1 OR si.client_id = ANY ($2) OR si.id = ANY ($3))"}
	args := []any{scope.All, orEmpty(scope.Clients), orEmpty(scope.Sites)}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	if f.MonitoringType != "" {
		add("a.monitoring_type = $%d", f.MonitoringType)
	}
	switch {
	case f.SiteID != 0:
		add("a.site_id = $%d", f.SiteID)
	case f.ClientID != 0:
		add("si.client_id = $%d", f.ClientID)
	}
	return strings.Join(conditions, " AND ") + " ORDER BY a.id", args
}

// ForEachTableRow calls fn for every agent of the scope, by id. Rows come from one query and are handed on as they arrive;
// fn must not keep the pointer.
func (s *Service) ForEachTableRow(ctx context.Context, scope access.Scope, filter ListFilter, fn func(*TableRow) error) error {
	where, args := filter.where(scope)
	rows, err := s.pool.Query(ctx, tableQuery+where, args...)
	if err != nil {
		return fmt.Errorf("list agents: %w", err)
	}
	defer rows.Close()
	now, fallback := s.now(), fallbacks()
	var r TableRow
	var offline, overdue int32
	var user, lastUser *string
	for rows.Next() {
		r = TableRow{}
		err := rows.Scan(&r.PK, &r.AgentID, &r.Hostname, &r.TemplateName, &r.TemplateEmail, &r.TemplateText, &r.TemplateAlert,
			&r.Site, &r.Client, &r.MonitoringType, &r.Description, &r.NeedsReboot, &r.PendingActions, &r.OverdueText,
			&r.OverdueEmail, &r.OverdueDashboard, &r.LastSeen, &r.BootTime, &r.Checks.Total, &r.Checks.Passing,
			&r.Checks.Failing, &r.Checks.Warning, &r.Checks.Info, &r.Maintenance, &r.BlockPolicyInheritance, &r.PolicyID,
			&r.Plat, &r.Goarch, &r.PatchesPending, &r.Version, &r.OperatingSystem, &r.PublicIP, &r.Summary.CPUModel,
			&r.Summary.Graphics, &r.Summary.LocalIPs, &r.Summary.MakeModel, &r.Summary.PhysicalDisks, &r.Summary.SerialNumber,
			&r.CustomFields, &offline, &overdue, &user, &lastUser)
		if err != nil {
			return fmt.Errorf("scan agent: %w", err)
		}
		if len(r.Summary.CPUModel) == 0 {
			r.Summary = fallback[r.Plat]
		}
		r.Status = StatusAt(now, r.LastSeen, offline, overdue)
		r.LoggedUser, r.Italic = shownUser(r.Status, user, lastUser)
		if err := fn(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list agents: %w", err)
	}
	return nil
}

// ForEachShortRow calls fn for every agent of the scope, by id; fn must not keep the pointer.
func (s *Service) ForEachShortRow(ctx context.Context, scope access.Scope, filter ListFilter, fn func(*ShortRow) error) error {
	where, args := filter.where(scope)
	rows, err := s.pool.Query(ctx, shortQuery+where, args...)
	if err != nil {
		return fmt.Errorf("list agent names: %w", err)
	}
	defer rows.Close()
	var r ShortRow
	for rows.Next() {
		if err := rows.Scan(&r.PK, &r.AgentID, &r.Hostname, &r.Client, &r.Site); err != nil {
			return fmt.Errorf("scan agent name: %w", err)
		}
		if err := fn(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list agent names: %w", err)
	}
	return nil
}

// shownUser is the user that the table shows: with nobody logged in, the last one, in italics, of a machine that is online,
// and a dash of one that is not (rest-1.md §2 AgentRow).
func shownUser(status Status, current, last *string) (shown *string, italic bool) {
	if deref(current) != nobody {
		return current, false
	}
	if status == Online {
		return last, true
	}
	dash := "-"
	return &dash, false
}

// fallbacks are the summaries of agents that have not reported their inventory.
func fallbacks() map[string]inventory.Summary {
	return map[string]inventory.Summary{
		Windows: inventory.Fallback(Windows), Linux: inventory.Fallback(Linux), Darwin: inventory.Fallback(Darwin),
	}
}
