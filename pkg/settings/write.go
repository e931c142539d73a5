package settings

import (
	"context"
	"fmt"
)

// write stores every editable column; the statement lists them so that a column added to the table is added here or the
// round-trip test fails.
func write(ctx context.Context, db execer, c Core, by string) error {
	_, err := db.Exec(ctx, `
		UPDATE core_settings SET modified_by = $1, modified_time = now(),
		  email_alert_recipients = $2, sms_alert_recipients = $3, twilio_number = $4, twilio_account_sid = $5,
		  twilio_auth_token = $6, smtp_from_email = $7, smtp_from_name = $8, smtp_host = $9, smtp_host_user = $10,
		  smtp_host_password = $11, smtp_port = $12, smtp_requires_auth = $13, default_time_zone = $14,
		  check_history_prune_days = $15, resolved_alerts_prune_days = $16, agent_history_prune_days = $17,
		  debug_log_prune_days = $18, audit_log_prune_days = $19, report_history_prune_days = $20, agent_debug_level = $21,
		  clear_faults_days = $22, mesh_token = $23, mesh_username = $24, mesh_site = $25, mesh_device_group = $26,
		  mesh_company_name = $27, sync_mesh_with_trmm = $28, agent_auto_update = $29, workstation_policy_id = $30,
		  server_policy_id = $31, alert_template_id = $32, date_format = $33, open_ai_token = $34, open_ai_model = $35,
		  enable_server_scripts = $36, enable_server_webterminal = $37, notify_on_info_alerts = $38,
		  notify_on_warning_alerts = $39, block_local_user_logon = $40, sso_enabled = $41, default_shell_windows = $42,
		  default_shell_windows_custom = $43, default_shell_linux = $44, default_shell_linux_custom = $45,
		  default_shell_darwin = $46, default_shell_darwin_custom = $47, terminal_mode = $48
		WHERE id = 1`,
		by,
		c.EmailAlertRecipients, c.SMSAlertRecipients, c.TwilioNumber, c.TwilioAccountSID, c.TwilioAuthToken,
		c.SMTPFromEmail, c.SMTPFromName, c.SMTPHost, c.SMTPHostUser, c.SMTPHostPassword, c.SMTPPort,
		c.SMTPRequiresAuth, c.DefaultTimeZone, c.CheckHistoryPruneDays, c.ResolvedAlertsPruneDays,
		c.AgentHistoryPruneDays, c.DebugLogPruneDays, c.AuditLogPruneDays, c.ReportHistoryPruneDays, c.AgentDebugLevel,
		c.ClearFaultsDays, c.MeshToken, c.MeshUsername, c.MeshSite, c.MeshDeviceGroup, c.MeshCompanyName,
		c.SyncMeshWithTRMM, c.AgentAutoUpdate, c.WorkstationPolicy, c.ServerPolicy, c.AlertTemplate, c.DateFormat,
		c.OpenAIToken, c.OpenAIModel, c.EnableServerScripts, c.EnableServerWebterminal, c.NotifyOnInfoAlerts,
		c.NotifyOnWarningAlerts, c.BlockLocalUserLogon, c.SSOEnabled, c.DefaultShellWindows,
		c.DefaultShellWindowsCustom, c.DefaultShellLinux, c.DefaultShellLinuxCustom, c.DefaultShellDarwin,
		c.DefaultShellDarwinCustom, c.TerminalMode)
	if err != nil {
		return fmt.Errorf("write core settings: %w", err)
	}
	return nil
}
