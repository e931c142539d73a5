package coreapi

import (
	"context"

	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

type settingsBody struct {
	EmailAlertRecipients      rest.Field[[]string] `json:"email_alert_recipients" rule:"null,max=1000,item.pattern=email"`
	SMSAlertRecipients        rest.Field[[]string] `json:"sms_alert_recipients" rule:"null,max=1000,item.max=255"`
	TwilioNumber              rest.Field[string]   `json:"twilio_number" rule:"null,blank,max=255"`
	TwilioAccountSID          rest.Field[string]   `json:"twilio_account_sid" rule:"null,blank,max=255"`
	TwilioAuthToken           rest.Field[string]   `json:"twilio_auth_token" rule:"null,blank,max=255"`
	SMTPFromEmail             rest.Field[string]   `json:"smtp_from_email" rule:"null,blank,max=255"`
	SMTPFromName              rest.Field[string]   `json:"smtp_from_name" rule:"null,blank,max=255,pattern=name"`
	SMTPHost                  rest.Field[string]   `json:"smtp_host" rule:"null,blank,max=255,pattern=name"`
	SMTPHostUser              rest.Field[string]   `json:"smtp_host_user" rule:"null,blank,max=255"`
	SMTPHostPassword          rest.Field[string]   `json:"smtp_host_password" rule:"null,blank,max=255"`
	SMTPPort                  rest.Field[int32]    `json:"smtp_port" rule:"null,min=0"`
	SMTPRequiresAuth          rest.Field[bool]     `json:"smtp_requires_auth"`
	DefaultTimeZone           rest.Field[string]   `json:"default_time_zone" rule:"pattern=timezone"`
	CheckHistoryPruneDays     rest.Field[int32]    `json:"check_history_prune_days" rule:"min=0"`
	ResolvedAlertsPruneDays   rest.Field[int32]    `json:"resolved_alerts_prune_days" rule:"min=0"`
	AgentHistoryPruneDays     rest.Field[int32]    `json:"agent_history_prune_days" rule:"min=0"`
	DebugLogPruneDays         rest.Field[int32]    `json:"debug_log_prune_days" rule:"min=0"`
	AuditLogPruneDays         rest.Field[int32]    `json:"audit_log_prune_days" rule:"min=0"`
	ReportHistoryPruneDays    rest.Field[int32]    `json:"report_history_prune_days" rule:"min=0"`
	AgentDebugLevel           rest.Field[string]   `json:"agent_debug_level" rule:"choices=info|warning|error|critical"`
	ClearFaultsDays           rest.Field[int32]    `json:"clear_faults_days"`
	MeshToken                 rest.Field[string]   `json:"mesh_token" rule:"null,blank,max=255"`
	MeshUsername              rest.Field[string]   `json:"mesh_username" rule:"null,blank,max=255"`
	MeshSite                  rest.Field[string]   `json:"mesh_site" rule:"null,blank,max=255"`
	MeshDeviceGroup           rest.Field[string]   `json:"mesh_device_group" rule:"null,blank,max=255,pattern=name"`
	MeshCompanyName           rest.Field[string]   `json:"mesh_company_name" rule:"null,blank,max=255,pattern=name"`
	SyncMeshWithTRMM          rest.Field[bool]     `json:"sync_mesh_with_trmm"`
	AgentAutoUpdate           rest.Field[bool]     `json:"agent_auto_update"`
	WorkstationPolicy         rest.Field[int32]    `json:"workstation_policy" rule:"null,ref=policy"`
	ServerPolicy              rest.Field[int32]    `json:"server_policy" rule:"null,ref=policy"`
	AlertTemplate             rest.Field[int32]    `json:"alert_template" rule:"null,ref=alert_template"`
	DateFormat                rest.Field[string]   `json:"date_format" rule:"max=30,blank,pattern=name"`
	OpenAIToken               rest.Field[string]   `json:"open_ai_token" rule:"null,blank,max=255"`
	OpenAIModel               rest.Field[string]   `json:"open_ai_model" rule:"max=255,blank,pattern=name"`
	EnableServerScripts       rest.Field[bool]     `json:"enable_server_scripts"`
	EnableServerWebterminal   rest.Field[bool]     `json:"enable_server_webterminal"`
	NotifyOnInfoAlerts        rest.Field[bool]     `json:"notify_on_info_alerts"`
	NotifyOnWarningAlerts     rest.Field[bool]     `json:"notify_on_warning_alerts"`
	BlockLocalUserLogon       rest.Field[bool]     `json:"block_local_user_logon"`
	DefaultShellWindows       rest.Field[string]   `json:"default_shell_windows" rule:"choices=cmd|powershell|custom"`
	DefaultShellWindowsCustom rest.Field[string]   `json:"default_shell_windows_custom" rule:"blank,max=512,pattern=name"`
	DefaultShellLinux         rest.Field[string]   `json:"default_shell_linux" rule:"choices=bash|custom"`
	DefaultShellLinuxCustom   rest.Field[string]   `json:"default_shell_linux_custom" rule:"blank,max=512,pattern=name"`
	DefaultShellDarwin        rest.Field[string]   `json:"default_shell_darwin" rule:"choices=bash|custom"`
	DefaultShellDarwinCustom  rest.Field[string]   `json:"default_shell_darwin_custom" rule:"blank,max=512,pattern=name"`
	TerminalMode              rest.Field[string]   `json:"terminal_mode" rule:"choices=new|legacy"`
}

type updateSettingsInput struct {
	Body settingsBody
}

func (h handlers) updateSettings(ctx context.Context, _ *rest.Call, in *updateSettingsInput) (string, error) {
	if err := h.Settings.Update(ctx, in.Body.apply); err != nil {
		return "", err
	}
	return "ok", nil
}

// apply writes what was sent. Single sign-on is switched on its own routes and not here.
func (b *settingsBody) apply(c *settings.Core) {
	if b.EmailAlertRecipients.Set {
		c.EmailAlertRecipients = listOf(b.EmailAlertRecipients)
	}
	if b.SMSAlertRecipients.Set {
		c.SMSAlertRecipients = listOf(b.SMSAlertRecipients)
	}
	b.TwilioNumber.ApplyNull(&c.TwilioNumber)
	b.TwilioAccountSID.ApplyNull(&c.TwilioAccountSID)
	b.TwilioAuthToken.ApplyNull(&c.TwilioAuthToken)
	b.SMTPFromEmail.ApplyNull(&c.SMTPFromEmail)
	b.SMTPFromName.ApplyNull(&c.SMTPFromName)
	b.SMTPHost.ApplyNull(&c.SMTPHost)
	b.SMTPHostUser.ApplyNull(&c.SMTPHostUser)
	b.SMTPHostPassword.ApplyNull(&c.SMTPHostPassword)
	b.SMTPPort.ApplyNull(&c.SMTPPort)
	b.SMTPRequiresAuth.Apply(&c.SMTPRequiresAuth)
	b.DefaultTimeZone.Apply(&c.DefaultTimeZone)
	b.CheckHistoryPruneDays.Apply(&c.CheckHistoryPruneDays)
	b.ResolvedAlertsPruneDays.Apply(&c.ResolvedAlertsPruneDays)
	b.AgentHistoryPruneDays.Apply(&c.AgentHistoryPruneDays)
	b.DebugLogPruneDays.Apply(&c.DebugLogPruneDays)
	b.AuditLogPruneDays.Apply(&c.AuditLogPruneDays)
	b.ReportHistoryPruneDays.Apply(&c.ReportHistoryPruneDays)
	b.AgentDebugLevel.Apply(&c.AgentDebugLevel)
	b.ClearFaultsDays.Apply(&c.ClearFaultsDays)
	b.MeshToken.ApplyNull(&c.MeshToken)
	b.MeshUsername.ApplyNull(&c.MeshUsername)
	b.MeshSite.ApplyNull(&c.MeshSite)
	b.MeshDeviceGroup.ApplyNull(&c.MeshDeviceGroup)
	b.MeshCompanyName.ApplyNull(&c.MeshCompanyName)
	b.SyncMeshWithTRMM.Apply(&c.SyncMeshWithTRMM)
	b.AgentAutoUpdate.Apply(&c.AgentAutoUpdate)
	b.WorkstationPolicy.ApplyNull(&c.WorkstationPolicy)
	b.ServerPolicy.ApplyNull(&c.ServerPolicy)
	b.AlertTemplate.ApplyNull(&c.AlertTemplate)
	b.DateFormat.Apply(&c.DateFormat)
	b.OpenAIToken.ApplyNull(&c.OpenAIToken)
	b.OpenAIModel.Apply(&c.OpenAIModel)
	b.EnableServerScripts.Apply(&c.EnableServerScripts)
	b.EnableServerWebterminal.Apply(&c.EnableServerWebterminal)
	b.NotifyOnInfoAlerts.Apply(&c.NotifyOnInfoAlerts)
	b.NotifyOnWarningAlerts.Apply(&c.NotifyOnWarningAlerts)
	b.BlockLocalUserLogon.Apply(&c.BlockLocalUserLogon)
	b.DefaultShellWindows.Apply(&c.DefaultShellWindows)
	b.DefaultShellWindowsCustom.Apply(&c.DefaultShellWindowsCustom)
	b.DefaultShellLinux.Apply(&c.DefaultShellLinux)
	b.DefaultShellLinuxCustom.Apply(&c.DefaultShellLinuxCustom)
	b.DefaultShellDarwin.Apply(&c.DefaultShellDarwin)
	b.DefaultShellDarwinCustom.Apply(&c.DefaultShellDarwinCustom)
	b.TerminalMode.Apply(&c.TerminalMode)
}
