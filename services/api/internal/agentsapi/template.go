package agentsapi

import (
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// AlertTemplate is an alert template as the detail of an agent shows it (rest-1.md §2).
type AlertTemplate struct {
	ID                 int32  `json:"id"`
	AgentSettings      bool   `json:"agent_settings"`
	CheckSettings      bool   `json:"check_settings"`
	TaskSettings       bool   `json:"task_settings"`
	CoreSettings       any    `json:"core_settings"` // true, or the list of recipients that counts
	DefaultTemplate    bool   `json:"default_template"`
	ActionName         string `json:"action_name"`
	ResolvedActionName string `json:"resolved_action_name"`
	AppliedCount       int32  `json:"applied_count"`
	AuditCols
	Name                        string   `json:"name"`
	IsActive                    bool     `json:"is_active"`
	ActionType                  string   `json:"action_type"`
	ActionArgs                  []string `json:"action_args"`
	ActionEnvVars               []string `json:"action_env_vars"`
	ActionTimeout               int32    `json:"action_timeout"`
	ResolvedActionType          string   `json:"resolved_action_type"`
	ResolvedActionArgs          []string `json:"resolved_action_args"`
	ResolvedActionEnvVars       []string `json:"resolved_action_env_vars"`
	ResolvedActionTimeout       int32    `json:"resolved_action_timeout"`
	EmailRecipients             []string `json:"email_recipients"`
	TextRecipients              []string `json:"text_recipients"`
	EmailFrom                   *string  `json:"email_from"`
	AgentEmailOnResolved        *bool    `json:"agent_email_on_resolved"`
	AgentTextOnResolved         *bool    `json:"agent_text_on_resolved"`
	AgentAlwaysEmail            *bool    `json:"agent_always_email"`
	AgentAlwaysText             *bool    `json:"agent_always_text"`
	AgentAlwaysAlert            *bool    `json:"agent_always_alert"`
	AgentPeriodicAlertDays      *int32   `json:"agent_periodic_alert_days"`
	AgentScriptActions          *bool    `json:"agent_script_actions"`
	CheckEmailAlertSeverity     []string `json:"check_email_alert_severity"`
	CheckTextAlertSeverity      []string `json:"check_text_alert_severity"`
	CheckDashboardAlertSeverity []string `json:"check_dashboard_alert_severity"`
	CheckEmailOnResolved        *bool    `json:"check_email_on_resolved"`
	CheckTextOnResolved         *bool    `json:"check_text_on_resolved"`
	CheckAlwaysEmail            *bool    `json:"check_always_email"`
	CheckAlwaysText             *bool    `json:"check_always_text"`
	CheckAlwaysAlert            *bool    `json:"check_always_alert"`
	CheckPeriodicAlertDays      *int32   `json:"check_periodic_alert_days"`
	CheckScriptActions          *bool    `json:"check_script_actions"`
	TaskEmailAlertSeverity      []string `json:"task_email_alert_severity"`
	TaskTextAlertSeverity       []string `json:"task_text_alert_severity"`
	TaskDashboardAlertSeverity  []string `json:"task_dashboard_alert_severity"`
	TaskEmailOnResolved         *bool    `json:"task_email_on_resolved"`
	TaskTextOnResolved          *bool    `json:"task_text_on_resolved"`
	TaskAlwaysEmail             *bool    `json:"task_always_email"`
	TaskAlwaysText              *bool    `json:"task_always_text"`
	TaskAlwaysAlert             *bool    `json:"task_always_alert"`
	TaskPeriodicAlertDays       *int32   `json:"task_periodic_alert_days"`
	TaskScriptActions           *bool    `json:"task_script_actions"`
	ExcludeWorkstations         *bool    `json:"exclude_workstations"`
	ExcludeServers              *bool    `json:"exclude_servers"`
	Action                      *int32   `json:"action"`
	ActionRest                  *int32   `json:"action_rest"`
	ResolvedAction              *int32   `json:"resolved_action"`
	ResolvedActionRest          *int32   `json:"resolved_action_rest"`
	ExcludedSites               []int32  `json:"excluded_sites"`
	ExcludedClients             []int32  `json:"excluded_clients"`
	ExcludedAgents              []int32  `json:"excluded_agents"`
}

func toTemplate(t *agents.AlertTemplate) *AlertTemplate {
	if t == nil {
		return nil
	}
	out := &AlertTemplate{
		ID: t.ID, DefaultTemplate: t.IsDefault, AppliedCount: t.AppliedCount, ActionName: t.ActionScript, ResolvedActionName: t.ResolvedScript,
		AuditCols: AuditCols{t.CreatedBy, rest.AtPtr(t.CreatedTime), t.ModifiedBy, rest.AtPtr(t.ModifiedTime)},
		Name:      t.Name, IsActive: t.IsActive, ActionType: t.ActionType, ActionArgs: listOf(t.ActionArgs),
		ActionEnvVars: listOf(t.ActionEnvVars), ActionTimeout: t.ActionTimeout, ResolvedActionType: t.ResolvedActionType,
		ResolvedActionArgs: listOf(t.ResolvedActionArgs), ResolvedActionEnvVars: listOf(t.ResolvedActionEnvVars),
		ResolvedActionTimeout: t.ResolvedActionTimeout, EmailRecipients: listOf(t.EmailRecipients),
		TextRecipients: listOf(t.TextRecipients), EmailFrom: t.EmailFrom,
		AgentEmailOnResolved: t.AgentEmailOnResolved, AgentTextOnResolved: t.AgentTextOnResolved, AgentAlwaysEmail: t.AgentAlwaysEmail,
		AgentAlwaysText: t.AgentAlwaysText, AgentAlwaysAlert: t.AgentAlwaysAlert, AgentPeriodicAlertDays: t.AgentPeriodicAlertDays,
		AgentScriptActions: t.AgentScriptActions, CheckEmailAlertSeverity: listOf(t.CheckEmailAlertSeverity),
		CheckTextAlertSeverity: listOf(t.CheckTextAlertSeverity), CheckDashboardAlertSeverity: listOf(t.CheckDashboardAlertSeverity),
		CheckEmailOnResolved: t.CheckEmailOnResolved, CheckTextOnResolved: t.CheckTextOnResolved, CheckAlwaysEmail: t.CheckAlwaysEmail,
		CheckAlwaysText: t.CheckAlwaysText, CheckAlwaysAlert: t.CheckAlwaysAlert, CheckPeriodicAlertDays: t.CheckPeriodicAlertDays,
		CheckScriptActions: t.CheckScriptActions, TaskEmailAlertSeverity: listOf(t.TaskEmailAlertSeverity),
		TaskTextAlertSeverity: listOf(t.TaskTextAlertSeverity), TaskDashboardAlertSeverity: listOf(t.TaskDashboardAlertSeverity),
		TaskEmailOnResolved: t.TaskEmailOnResolved, TaskTextOnResolved: t.TaskTextOnResolved, TaskAlwaysEmail: t.TaskAlwaysEmail,
		TaskAlwaysText: t.TaskAlwaysText, TaskAlwaysAlert: t.TaskAlwaysAlert, TaskPeriodicAlertDays: t.TaskPeriodicAlertDays,
		TaskScriptActions: t.TaskScriptActions, ExcludeWorkstations: t.ExcludeWorkstations, ExcludeServers: t.ExcludeServers,
		Action: t.ActionID, ActionRest: t.ActionRestID, ResolvedAction: t.ResolvedActionID, ResolvedActionRest: t.ResolvedActionRestID,
		ExcludedSites: listOf(t.ExcludedSites), ExcludedClients: listOf(t.ExcludedClients), ExcludedAgents: listOf(t.ExcludedAgents),
	}
	if t.ActionType == "rest" {
		out.ActionName = t.ActionURL
	}
	if t.ResolvedActionType == "rest" {
		out.ResolvedActionName = t.ResolvedURL
	}
	out.AgentSettings = changed(t.AgentEmailOnResolved, t.AgentTextOnResolved, t.AgentAlwaysEmail, t.AgentAlwaysText, t.AgentAlwaysAlert, t.AgentPeriodicAlertDays)
	out.CheckSettings = changed(t.CheckEmailOnResolved, t.CheckTextOnResolved, t.CheckAlwaysEmail, t.CheckAlwaysText, t.CheckAlwaysAlert,
		t.CheckPeriodicAlertDays, t.CheckEmailAlertSeverity, t.CheckTextAlertSeverity, t.CheckDashboardAlertSeverity)
	out.TaskSettings = changed(t.TaskEmailOnResolved, t.TaskTextOnResolved, t.TaskAlwaysEmail, t.TaskAlwaysText, t.TaskAlwaysAlert,
		t.TaskPeriodicAlertDays, t.TaskEmailAlertSeverity, t.TaskTextAlertSeverity, t.TaskDashboardAlertSeverity)
	switch {
	case t.EmailFrom != nil && *t.EmailFrom != "":
		out.CoreSettings = true
	case len(t.EmailRecipients) > 0:
		out.CoreSettings = t.EmailRecipients
	default:
		out.CoreSettings = listOf(t.TextRecipients)
	}
	return out
}

// changed says whether a group of settings differs from the defaults of the model.
func changed(first, second, alwaysEmail, alwaysText, alwaysAlert *bool, days *int32, lists ...[]string) bool {
	for _, b := range []*bool{first, second} {
		if b != nil && *b {
			return true
		}
	}
	for _, b := range []*bool{alwaysEmail, alwaysText, alwaysAlert} {
		if b != nil {
			return true
		}
	}
	for _, l := range lists {
		if len(l) > 0 {
			return true
		}
	}
	return days != nil && *days != 0
}
